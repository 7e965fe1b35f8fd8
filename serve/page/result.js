/** What was found in a text, on the page: the summary, the text, the speakers, the strings that are no quotes. */

import { Article } from "./article.js";
import { Card } from "./card.js";
import { byId, make } from "./dom.js";
import { csvOf, jsonOf, save } from "./download.js";
import { bySpeaker, countLabels } from "./reading.js";
import { showSpeakers } from "./speakers.js";
import { classOf, count, reasonOf, signOf } from "./words.js";

const TOLD = "told"; // the name of the highlight of the words that name a speaker; page.css has its colours

/** The part of the page that shows an answer; `onAgain` is called when the reader wants another text. */
export class Result {
  constructor(onAgain) {
    this._answer = null;
    this._article = null;
    this._card = new Card(byId("article"), (number) => this._highlight(number));
    byId("again").addEventListener("click", onAgain);
    byId("csv").addEventListener("click", () => save("detente.csv", csvOf(this._answer), "text/csv"));
    byId("json").addEventListener("click", () => save("detente.json", jsonOf(this._answer), "application/json"));
    byId("rejected-toggle").addEventListener("click", () => this._rejected(byId("rejected").hidden));
  }

  /** Show an answer about a text; stops when the signal says so. */
  async show(text, answer, signal) {
    this._answer = answer;
    this._article = new Article(byId("article"), text, answer);
    this._card.about(answer);
    this._choose(null);
    byId("summary").textContent = summaryOf(answer);
    byId("legend").replaceChildren(...legendOf(answer));
    byId("source").textContent = sourceOf(answer);
    byId("result").hidden = false;
    byId("summary").focus({ preventScroll: true });
    window.scrollTo(0, 0);
    showSpeakers(answer, (speaker) => this._choose(speaker));
    await this._article.build(signal);
    if (signal.aborted) return;
    this._listRejected();
    byId("status").textContent = byId("summary").textContent;
  }

  hide() {
    this._card.close();
    byId("result").hidden = true;
    byId("article").replaceChildren();
  }

  _choose(speaker) {
    byId("article").classList.toggle("chosen", speaker !== null);
    const numbers = new Set(speaker?.quotes);
    this._article.quotes.forEach((element, number) => element.classList.toggle("theirs", numbers.has(number)));
    if (speaker === null) return;
    this._article.quotes[speaker.quotes[0]]?.scrollIntoView({ block: "center" });
    byId("status").textContent = `${count(numbers.size, "quote")} highlighted: ${speaker.name ?? "nobody named"}`;
  }

  /** Mark the words that tell who speaks, where the browser can do so without changing the text. */
  _highlight(number) {
    if (!globalThis.Highlight) return;
    const { mention, cue } = number === null ? {} : this._answer.quotes[number];
    const ranges = [mention, cue].filter(Boolean).map((span) => this._article.rangeOf(span));
    CSS.highlights.set(TOLD, new Highlight(...ranges));
  }

  _listRejected() {
    const { rejected } = this._answer;
    byId("rejected-toggle").hidden = !rejected.length;
    byId("rejected-list").replaceChildren(
      ...rejected.map((string, number) => {
        const button = make("button", { type: "button" }, string.text);
        button.addEventListener("click", () => {
          this._article.rejected[number]?.focus({ preventScroll: true });
          this._article.rejected[number]?.scrollIntoView({ block: "center" });
        });
        return make("li", {}, button, make("small", {}, reasonOf(string)));
      }),
    );
    this._rejected(false);
  }

  _rejected(shown) {
    byId("rejected").hidden = !shown;
    byId("article").classList.toggle("with-rejected", shown);
    byId("rejected-toggle").setAttribute("aria-pressed", String(shown));
    byId("rejected-toggle").textContent = `Not quotes: ${this._answer.rejected.length}`;
  }
}

function summaryOf(answer) {
  const { quotes } = answer;
  if (!quotes.length) return "No quotes found";
  const speakers = bySpeaker(answer).filter((speaker) => speaker.name !== null).length;
  return count(quotes.length, "quote") + (speakers ? ` by ${count(speakers, "speaker")}` : "");
}

function legendOf({ quotes }) {
  const unsure = quotes.filter((quote) => quote.stance?.uncertain).length;
  const unread = quotes.filter((quote) => quote.error).length;
  return [
    ...[...countLabels(quotes)].map(([label, number]) =>
      make("li", { class: `stance ${classOf(label)}` }, signOf(label), ` ${number} ${label}`),
    ),
    unsure ? make("li", { class: "unsure" }, `${unsure} uncertain`) : null,
    unread ? make("li", {}, `${unread} not readable`) : null,
  ].filter(Boolean);
}

function sourceOf({ model, pointer }) {
  const digest = ({ digest }) => (digest ? ` ${digest.slice(0, 12)}` : "");
  const pointed = pointer ? `, quotes and speakers by ${pointer.kind === "model" ? "the pointer" : "rules"}${digest(pointer)}` : "";
  return `Stances by ${model.name}${digest(model)}${pointed}.`;
}
