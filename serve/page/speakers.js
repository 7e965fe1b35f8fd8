/** The table of who speaks, how often and in which tone; a click on a name shows the quotes in the text. */

import { byId, make } from "./dom.js";
import { bySpeaker, countLabels } from "./reading.js";
import { classOf, count, signOf, toneBar, toneOf } from "./words.js";

/** Put the table of an answer on the page; `onChoose` gets a speaker, or null when none is chosen any more. */
export function showSpeakers(answer, onChoose) {
  const speakers = answer.pointer === null || !answer.quotes.length ? [] : bySpeaker(answer);
  const buttons = [];
  const choose = (button, speaker) => {
    const chosen = button.getAttribute("aria-pressed") !== "true";
    for (const each of buttons) each.setAttribute("aria-pressed", String(chosen && each === button));
    onChoose(chosen ? speaker : null);
  };
  const rows = speakers.map((speaker) => {
    const button = make("button", { type: "button", "aria-pressed": "false" }, speaker.name ?? "Nobody named");
    button.addEventListener("click", () => choose(button, speaker));
    buttons.push(button);
    return row(button, speaker, answer);
  });
  byId("jump").hidden = !rows.length;
  byId("speakers").replaceChildren(...(rows.length ? [table(rows)] : []));
}

function table(rows) {
  const head = ["Speaker", "Quotes", "Tone"].map((words) => make("th", { scope: "col" }, words));
  return make(
    "table",
    {},
    make("caption", {}, "Speakers", make("small", {}, "mean tone of what each says, from −1 hostile to +1 conciliatory")),
    make("thead", {}, make("tr", {}, ...head)),
    make("tbody", {}, ...rows),
  );
}

function row(button, { title, quotes, tone }, answer) {
  const counts = countLabels(quotes.map((number) => answer.quotes[number]));
  const signs = [...counts].filter(([, number]) => number).map(([label, number]) => sign(label, number));
  return make(
    "tr",
    {},
    make("th", { scope: "row" }, button, title ? make("small", {}, title) : null),
    make("td", { class: "counts", "aria-label": told(quotes, counts) }, String(quotes.length), make("small", {}, ...signs)),
    make("td", {}, toneOf(tone), tone === null ? null : toneBar(tone)),
  );
}

const sign = (label, number) => make("span", { class: `stance ${classOf(label)}` }, `${signOf(label)}${number} `);

function told(quotes, counts) {
  const parts = [...counts].filter(([, number]) => number).map(([label, number]) => `${number} ${label}`);
  return `${count(quotes.length, "quote")}: ${parts.join(", ")}`;
}
