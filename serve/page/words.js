/** How stances, shares and tones are said. */

import { bar } from "./dom.js";

/** The stances in the order in which they are told; a model of somebody's own may have other labels. */
export const STANCES = ["conciliatory", "hostile", "neutral"];

const SIGNS = { conciliatory: "▲", hostile: "▼", neutral: "●" };
const REASONS = {
  scare: "scare quotes",
  title: "a title",
  nickname: "a nickname",
  headline: "a headline",
  inner: "inside another quote",
};

/** Return the sign that stands beside a label's colour. */
export const signOf = (label) => SIGNS[label] ?? "◆";

/** Return the CSS class of a label: a stance, or "other". */
export const classOf = (label) => (label in SIGNS ? label : "other");

/** Return why a string is no quote, in words. */
export const reasonOf = (rejected) => REASONS[rejected.reason] ?? rejected.reason;

/** Return a number of things: "1 quote", "1,200 quotes". */
export const count = (number, one, many = `${one}s`) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

/** Return a share in [0, 1] as a percentage that never claims certainty. */
export function percent(share) {
  if (share > 0.99 && share < 1) return "99%";
  if (share > 0 && share < 0.01) return "1%";
  return `${Math.round(100 * share)}%`;
}

/** Return a tone in [-1, 1] with its sign. */
export function toneOf(tone) {
  if (tone === null) return "–";
  const rounded = Math.abs(tone).toFixed(2);
  if (rounded === "0.00") return rounded;
  return `${tone < 0 ? "−" : "+"}${rounded}`;
}

/** Return a bar that goes from the middle to the right for conciliatory tones, to the left for hostile ones. */
export function toneBar(tone) {
  const end = 0.5 + tone / 2;
  const element = bar(Math.min(0.5, end), Math.max(0.5, end), tone < 0 ? "hostile" : "conciliatory");
  element.classList.add("tone");
  return element;
}

/** Return who speaks: "A", "A and B", or null where nobody is named. */
export const namesOf = (quote) =>
  quote.speakers.length ? new Intl.ListFormat("en").format(quote.speakers.map((speaker) => speaker.name)) : null;
