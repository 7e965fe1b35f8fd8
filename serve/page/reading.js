/** What the server found in a text, in one shape, whichever way it was asked. */

import { charactersOf } from "./places.js";
import { STANCES } from "./words.js";

/** What is asked, and how the answer to it is read, for each kind of text. */
export const KINDS = {
  article: {
    address: "v1/article",
    body: (text) => ({ text }),
    read: (_, answer) => answer,
  },
  quotes: {
    address: "v1/stance",
    body: (text) => ({ quotes: linesOf(text).map((line) => ({ text: line.text })) }),
    read: ofLines,
  },
};

/** Return the lines that are not blank, each with its place in Unicode characters. */
function linesOf(text) {
  let start = 0;
  return text
    .split("\n")
    .map((line) => {
      const end = start + charactersOf(line);
      const found = { text: line, start, end };
      start = end + 1;
      return found;
    })
    .filter((line) => line.text.trim());
}

/** Return the answer about single quotes in the shape of one about an article; what was not asked is null. */
function ofLines(text, answer) {
  const quotes = linesOf(text).map((line, number) => {
    const { error = null, ...result } = answer.results[number];
    const { id, ...stance } = result;
    return {
      ...line,
      outer: { start: line.start, end: line.end },
      is_quote: null,
      speakers: [],
      mention: null,
      cue: null,
      utterance: number,
      stance: error ? null : stance,
      error,
    };
  });
  const utterances = quotes.map(({ stance, error }, number) => ({ quotes: [number], speakers: [], stance, error }));
  return { model: answer.model, pointer: null, offsets: "unicode characters", quotes, utterances, rejected: [] };
}

/** Return how often each label occurs among quotes: the stances first, then what else a model says. */
export function countLabels(quotes) {
  const counts = new Map(STANCES.map((label) => [label, 0]));
  for (const { stance } of quotes) {
    if (stance) counts.set(stance.label, (counts.get(stance.label) ?? 0) + 1);
  }
  return counts;
}

/**
 * Return the speakers, who has most quotes first, nobody (name: null) last.
 *
 * Each has the numbers of its quotes and the mean tone of its statements, in which the pieces of one count once; null
 * where nothing has a tone.
 */
export function bySpeaker(answer) {
  const found = new Map();
  const entry = (speaker) => {
    if (!found.has(speaker.name)) found.set(speaker.name, { ...speaker, quotes: [], tones: [] });
    return found.get(speaker.name);
  };
  const speakersOf = (each) => (each.speakers.length ? each.speakers : [{ name: null, title: null }]);
  answer.quotes.forEach((quote, number) => speakersOf(quote).forEach((speaker) => entry(speaker).quotes.push(number)));
  for (const utterance of answer.utterances) {
    const tone = utterance.stance?.tone ?? null;
    if (tone !== null) speakersOf(utterance).forEach((speaker) => entry(speaker).tones.push(tone));
  }
  const mean = (tones) => (tones.length ? tones.reduce((sum, tone) => sum + tone, 0) / tones.length : null);
  return [...found.values()]
    .map(({ tones, ...speaker }) => ({ ...speaker, tone: mean(tones) }))
    .sort((one, other) => (one.name === null) - (other.name === null) || other.quotes.length - one.quotes.length);
}
