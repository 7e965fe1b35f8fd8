/** Puts a text on the page with its quotes marked, a little at a time so that the page stays at hand. */

import { breathe, make } from "./dom.js";
import { placesIn } from "./places.js";
import { classOf, namesOf, percent, reasonOf } from "./words.js";

const SLICE = 12; // milliseconds of work between two pauses
const LONGEST_HEADLINE = 120; // characters

/** A text on the page: the elements of its marks, and where in the page its characters stand. */
export class Article {
  /** @param {HTMLElement} root where the text is to stand */
  constructor(root, text, answer) {
    this._root = root;
    this._text = text;
    this._answer = answer;
    this._place = placesIn(text);
    this._nodes = []; // text nodes with the place where each begins
    this.quotes = []; // their elements, by their numbers
    this.rejected = [];
  }

  /** Build the text; stops without a word when the signal says that nobody wants it any more. */
  async build(signal) {
    this._root.replaceChildren();
    const marks = this._marks();
    let next = 0;
    let until = performance.now() + SLICE;
    for (const block of this._blocks(marks)) {
      const inside = [];
      while (next < marks.length && marks[next].start < block.end) inside.push(marks[next++]);
      this._root.append(this._fill(make("p", { class: this._isHeadline(block, inside) && "headline" }), block, inside));
      if (performance.now() > until) {
        await breathe();
        if (signal.aborted) return;
        until = performance.now() + SLICE;
      }
    }
  }

  /** Return the range on the page of a span of characters. */
  rangeOf(span) {
    const range = new Range();
    const [start, end] = [this._place(span.start), this._place(span.end)];
    const from = this._nodeAt(start);
    const to = this._nodeAt(end - 1);
    range.setStart(from.node, start - from.start);
    range.setEnd(to.node, end - to.start);
    return range;
  }

  /** Return the marks from the outer ones in, in the order of the text. Throws when the answer is about another one. */
  _marks() {
    const { quotes, rejected } = this._answer;
    const mark = (found, number, kind) => {
      const [start, end] = [this._place(found.start), this._place(found.end)];
      if (this._text.slice(start, end) !== found.text) throw new Error("the server's answer is about another text");
      return { found, number, kind, start: this._place(found.outer.start), end: this._place(found.outer.end) };
    };
    return [
      ...quotes.map((quote, number) => mark(quote, number, "quote")),
      ...rejected.map((string, number) => mark({ outer: string, ...string }, number, "rejected")),
    ].sort((one, other) => one.start - other.start || other.end - one.end);
  }

  /** Give the stretches of the text between blank lines, or its lines where it has none; no mark is cut. */
  *_blocks(marks) {
    const breaks = /\n[^\S\n]*\n/.test(this._text) ? /\n(?:[^\S\n]*\n)+/g : /\n/g;
    let start = 0;
    let mark = 0;
    let reach = 0; // where the marks that have begun end
    for (const { index, 0: { length } } of this._text.matchAll(breaks)) {
      for (; mark < marks.length && marks[mark].start < index; mark++) reach = Math.max(reach, marks[mark].end);
      if (reach > index) continue;
      if (index > start) yield { start, end: index };
      start = index + length;
    }
    if (start < this._text.length) yield { start, end: this._text.length };
  }

  /** Return whether a block looks like a headline: the first one, short, and no sentence. */
  _isHeadline({ start, end }, marks) {
    const first = !this._nodes.length && !marks.length && end < this._text.length;
    return first && end - start <= LONGEST_HEADLINE && !/[.:]\s*$/.test(this._text.slice(start, end));
  }

  /** Fill an element with a stretch of the text and the marks inside of it. */
  _fill(element, { start, end }, marks) {
    let place = start;
    for (let at = 0; at < marks.length; ) {
      const mark = marks[at++];
      if (mark.start < place || mark.end > end) continue; // it would cut another one
      const inner = [];
      while (at < marks.length && marks[at].start < mark.end) inner.push(marks[at++]);
      this._write(element, place, mark.start);
      element.append(this._fill(this._element(mark), mark, inner));
      place = mark.end;
    }
    this._write(element, place, end);
    return element;
  }

  _write(element, start, end) {
    if (start === end) return;
    const node = document.createTextNode(this._text.slice(start, end));
    this._nodes.push({ node, start });
    element.append(node);
  }

  _element({ found, number, kind }) {
    const element = kind === "quote" ? quoteElement(found, number) : rejectedElement(found);
    (kind === "quote" ? this.quotes : this.rejected)[number] = element;
    return element;
  }

  _nodeAt(place) {
    let [low, high] = [0, this._nodes.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this._nodes[middle].start <= place) low = middle;
      else high = middle - 1;
    }
    return this._nodes[low];
  }
}

function quoteElement(quote, number) {
  const { stance } = quote;
  return make("mark", {
    class: `quote ${stance ? classOf(stance.label) : "unread"}${stance?.uncertain ? " uncertain" : ""}`,
    role: "button",
    tabindex: "0",
    "aria-haspopup": "dialog",
    "aria-label": `${toldOf(quote)}: ${quote.text}`,
    "data-number": String(number),
  });
}

function rejectedElement(string) {
  return make("span", { class: "rejected", "data-reason": reasonOf(string), tabindex: "-1" });
}

/** Return what is to be heard before a quote's words. */
function toldOf({ stance, ...quote }) {
  if (!stance) return "Quote that could not be read";
  const sure = stance.uncertain ? ", uncertain" : "";
  return `${stance.label}, ${percent(stance.probabilities[stance.label])}${sure}, ${namesOf(quote) ?? "nobody named"}`;
}
