/** The card that says all about one quote: shown beside it by pointer or focus, kept by a click or Enter. */

import { bar, byId, make } from "./dom.js";
import { classOf, percent, signOf, toneBar, toneOf } from "./words.js";

const [SHOW, HIDE] = [120, 250]; // milliseconds; between quote and card the pointer may leave both for a moment
const GAP = 8; // pixels between quote and card

const quoteOf = (event) => event.target.closest?.(".quote") ?? null;

/** The page's one card. `onShow` is called with the quote's number, and with null when the card closes. */
export class Card {
  constructor(root, onShow) {
    this._card = byId("card");
    this._onShow = onShow;
    this._answer = null;
    this._shown = null; // the element of the quote it is about
    this._kept = false;
    this._timer = 0;
    this._pointer = ""; // where it was last
    this._quiet = false; // whether the focus comes back to a quote whose card was just closed
    this._listenToPointer(root);
    this._listenToKeys(root);
  }

  /** Close, and be about another answer's quotes from now on. */
  about(answer) {
    this.close();
    this._answer = answer;
  }

  /** Close the card; back: put the focus on its quote, if it is in the card. */
  close(back = false) {
    clearTimeout(this._timer);
    const quote = this._shown;
    if (!quote) return;
    const inside = this._card.contains(document.activeElement);
    this._shown = null;
    this._kept = false;
    this._card.hidden = true;
    quote.classList.remove("shown");
    quote.removeAttribute("aria-describedby");
    this._onShow(null);
    if (back && inside) this._focusQuietly(quote);
  }

  _listenToPointer(root) {
    root.addEventListener("pointerover", (event) => {
      const quote = quoteOf(event);
      if (quote && !this._kept && this._moved(event)) this._soon(() => this._show(quote, event), SHOW);
    });
    root.addEventListener("pointerout", () => this._leave());
    root.addEventListener("click", (event) => quoteOf(event) && this._keep(quoteOf(event), event));
    this._card.addEventListener("pointerenter", () => clearTimeout(this._timer));
    this._card.addEventListener("pointerleave", () => this._leave());
    byId("card-close").addEventListener("click", () => this.close(true));
    const follow = ({ clientX, clientY }) => (this._pointer = `${clientX} ${clientY}`);
    document.addEventListener("pointermove", follow);
    document.addEventListener("pointerdown", (event) => {
      follow(event);
      if (!this._card.contains(event.target) && !quoteOf(event)) this.close();
    });
  }

  _listenToKeys(root) {
    root.addEventListener("focusin", (event) => {
      if (quoteOf(event) && !this._kept && !this._quiet) this._show(quoteOf(event));
    });
    root.addEventListener("focusout", () => this._leave());
    root.addEventListener("keydown", (event) => {
      if (quoteOf(event) && (event.key === "Enter" || event.key === " ")) {
        event.preventDefault();
        this._keep(quoteOf(event));
      }
    });
    this._card.addEventListener("keydown", (event) => {
      if (event.key !== "Tab") return;
      event.preventDefault(); // the card stands at the end of the page, but is read in the middle of it
      if (event.shiftKey || event.target.closest("button")) this.close(true);
      else byId("card-close").focus();
    });
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.close(true));
  }

  /** Return whether a mouse came to where it is, rather than what is below it. */
  _moved({ pointerType, clientX, clientY }) {
    return pointerType === "mouse" && this._pointer !== `${clientX} ${clientY}`;
  }

  _soon(what, milliseconds) {
    clearTimeout(this._timer);
    this._timer = setTimeout(what, milliseconds);
  }

  _leave() {
    if (!this._kept) this._soon(() => this.close(), HIDE);
    else clearTimeout(this._timer);
  }

  _focusQuietly(quote) {
    this._quiet = true;
    quote.focus({ preventScroll: true });
    this._quiet = false;
  }

  _keep(quote, event) {
    if (this._kept && this._shown === quote) {
      this.close();
      return;
    }
    this._show(quote, event);
    this._kept = true;
    quote.scrollIntoView({ block: "nearest" });
    this._card.focus({ preventScroll: true });
  }

  _show(quote, event) {
    clearTimeout(this._timer);
    if (this._shown === quote) return;
    this.close();
    this._shown = quote;
    const number = Number(quote.dataset.number);
    byId("card-title").replaceChildren(...titleOf(this._answer.quotes[number]));
    byId("card-body").replaceChildren(...bodyOf(this._answer, number));
    this._card.className = `card ${classOf(this._answer.quotes[number].stance?.label)}`;
    this._card.hidden = false;
    quote.classList.add("shown");
    quote.setAttribute("aria-describedby", "card");
    this._put(quote, event);
    this._onShow(number);
  }

  /** Put the card below the line that is pointed at, above it where there is no room; never beyond the window. */
  _put(quote, event) {
    const lines = [...quote.getClientRects()];
    const pointed = (line) => event && line.top <= event.clientY && event.clientY <= line.bottom;
    const line = lines.find(pointed) ?? lines[0];
    const { offsetWidth: width, offsetHeight: height } = this._card;
    const room = document.documentElement.clientWidth - width - GAP;
    const left = Math.max(GAP, Math.min(event?.clientX ? event.clientX - width / 3 : line.left, room));
    const below = line.bottom + GAP + height <= window.innerHeight || line.top < height + GAP;
    const top = below ? line.bottom + GAP : line.top - GAP - height;
    this._card.style.setProperty("--left", `${left + window.scrollX}px`);
    this._card.style.setProperty("--top", `${top + window.scrollY}px`);
  }
}

function titleOf({ stance }) {
  if (!stance) return ["This quote could not be read"];
  const sign = make("span", { class: "sign", "aria-hidden": "true" }, signOf(stance.label));
  return [sign, make("span", { class: "label" }, stance.label), stance.uncertain ? ", but uncertain" : ""];
}

/** Return what the card says of a quote below its title. */
function bodyOf(answer, number) {
  const quote = answer.quotes[number];
  const stance = quote.stance ? stanceRows(quote.stance) : make("p", {}, quote.error.detail);
  return [stance, factsOf(answer, quote)];
}

function stanceRows({ probabilities, tone }) {
  const rows = Object.entries(probabilities).map(([label, share]) =>
    make("li", {}, make("span", {}, label), bar(0, share, classOf(label)), make("b", {}, percent(share))),
  );
  if (tone !== null) rows.push(make("li", {}, make("span", {}, "tone"), toneBar(tone), make("b", {}, toneOf(tone))));
  return make("ul", { class: "shares" }, ...rows);
}

function factsOf(answer, quote) {
  const list = make("dl");
  const fact = (term, ...words) => list.append(make("div", {}, make("dt", {}, term), make("dd", {}, ...words)));
  for (const { name, title: role, confidence } of quote.speakers) {
    fact("Speaker", make("b", {}, name), role ? `, ${role}` : "", aside(confidence));
  }
  if (quote.is_quote !== null && !quote.speakers.length) fact("Speaker", "nobody is named; none is guessed");
  if (quote.mention) fact("Named as", `“${quote.mention.text}”`, aside(quote.mention.confidence));
  if (quote.cue) fact("Cue", `“${quote.cue.text}”`, aside(quote.cue.confidence));
  if (quote.is_quote !== null) fact("Is a quote", `${percent(quote.is_quote)} sure`);
  const { quotes: pieces, stance } = answer.utterances[quote.utterance];
  if (pieces.length > 1 && stance) {
    const place = pieces.indexOf(answer.quotes.indexOf(quote)) + 1;
    fact("Statement", `piece ${place} of ${pieces.length}; together ${stance.label}, tone ${toneOf(stance.tone)}`);
  }
  if (quote.stance?.windows > 1) fact("Read in", `${quote.stance.windows} parts, for its length`);
  return list;
}

const aside = (share) => make("span", { class: "share" }, ` ${percent(share)} sure`);
