/** Gives what was found as a file: JSON as the server answered, CSV with a row a quote. */

import { make } from "./dom.js";

const FORMULA = /^[\s\u200b\ufeff]*[=+\-@\uff0b\uff0d\uff1d\uff20]/; // what a spreadsheet would calculate, full-width signs too

const COLUMNS = {
  start: (quote) => quote.start,
  end: (quote) => quote.end,
  text: (quote) => quote.text,
  is_quote: (quote) => quote.is_quote,
  speakers: (quote) => quote.speakers.map((speaker) => speaker.name).join("; "),
  titles: (quote) => quote.speakers.map((speaker) => speaker.title ?? "").join("; "),
  speaker_confidence: (quote) => quote.speakers.length ? Math.min(...quote.speakers.map((each) => each.confidence)) : null,
  mention: (quote) => quote.mention?.text,
  cue: (quote) => quote.cue?.text,
  utterance: (quote) => quote.utterance,
  stance: (quote) => quote.stance?.label,
  conciliatory: (quote) => quote.stance?.probabilities.conciliatory,
  hostile: (quote) => quote.stance?.probabilities.hostile,
  neutral: (quote) => quote.stance?.probabilities.neutral,
  tone: (quote) => quote.stance?.tone,
  uncertain: (quote) => quote.stance?.uncertain,
  error: (quote) => quote.error?.detail,
};

/** Return the quotes as CSV (RFC 4180), with the mark that makes spreadsheets read UTF-8. */
export function csvOf(answer) {
  const rows = answer.quotes.map((quote) => Object.values(COLUMNS).map((of) => cell(of(quote))));
  return `\ufeff${[Object.keys(COLUMNS), ...rows].map((row) => `${row.join(",")}\r\n`).join("")}`;
}

/** Return the answer as JSON to be read by people, too. */
export const jsonOf = (answer) => `${JSON.stringify(answer, null, 2)}\n`;

/** Save a text under a name where the browser saves files. */
export function save(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // it is read after the click
}

/** Return a cell. Numbers stay numbers; words that would be a formula get an apostrophe in front. */
function cell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
