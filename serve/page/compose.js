/** The form: the text, what kind it is, how long it may be, the key, and what went wrong. */

import { Trouble } from "./ask.js";
import { byId, make } from "./dom.js";
import { textOf } from "./file.js";
import { charactersOf } from "./places.js";
import { count } from "./words.js";

const KEY = "detente-key"; // in the storage of this tab

const LABELS = {
  article: ["Read the article", "Text of the article", "Paste an article, or drop a text file here."],
  quotes: ["Read the quotes", "Quotes, one a line", "Paste quotes, one a line, or drop a text file here."],
};

/** The form of the page; `onRead` is called with no argument when the text is to be read. */
export class Compose {
  constructor(onRead) {
    this._onRead = onRead;
    this._most = Infinity; // characters
    this._key = byId("key");
    this._key.value = sessionStorage.getItem(KEY) ?? "";
    byId("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this._submit();
    });
    byId("form").addEventListener("change", () => this._tell());
    byId("text").addEventListener("input", () => this._tell());
    byId("text").addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this._submit();
    });
    byId("open").addEventListener("click", () => byId("file").click());
    byId("file").addEventListener("change", (event) => this._open(event.target.files[0]));
    byId("sample").addEventListener("click", () => this._sample());
    this._drop();
    this._tell();
    this._settings();
  }

  get text() {
    return byId("text").value;
  }

  get kind() {
    return byId("form").elements.kind.value;
  }

  get key() {
    return this._key.value.trim();
  }

  /** Show the form, with what went wrong if anything did. */
  show(trouble = null) {
    byId("compose").hidden = false;
    this.complain(trouble);
    if (trouble?.key) {
      byId("key-field").hidden = false;
      this._key.focus();
    } else if (trouble) byId("read").focus();
    else byId("text").focus();
  }

  /** Say what went wrong beside the form; null: nothing. */
  complain(trouble) {
    const box = byId("trouble");
    box.hidden = trouble === null;
    box.replaceChildren(...(trouble ? [make("strong", {}, trouble.title), make("span", {}, trouble.advice)] : []));
    box.scrollIntoView({ block: "nearest" });
  }

  _submit() {
    this._tell();
    const length = charactersOf(this.text);
    if (!this.text.trim()) {
      this.show(new Trouble("There is no text yet", "Paste an article, open a file, or try the sample."));
      byId("text").focus();
    } else if (this.kind === "article" && length > this._most) {
      const most = count(this._most, "character");
      this.show(new Trouble("The text is too long", `It has ${count(length, "character")}, and ${most} are read at once. Ask in parts.`));
    } else {
      sessionStorage.setItem(KEY, this.key);
      this.complain(null);
      this._onRead();
    }
  }

  _tell() {
    const [button, label, placeholder] = LABELS[this.kind];
    byId("read").textContent = button;
    byId("text-label").textContent = label;
    byId("text").placeholder = placeholder;
    const most = this.kind === "article" && this._most < Infinity ? ` of ${this._most.toLocaleString("en")}` : "";
    byId("count").textContent = `${charactersOf(this.text).toLocaleString("en")}${most} characters`;
  }

  _put(text) {
    byId("text").value = text;
    this.complain(null);
    this._tell();
  }

  async _open(file) {
    if (!file) return;
    try {
      this._put(await textOf(file));
      byId("text").focus();
    } catch (error) {
      this.complain(error instanceof Trouble ? error : new Trouble(`${file.name} could not be opened`, String(error)));
    }
    byId("file").value = "";
  }

  async _sample() {
    try {
      const response = await fetch("page/sample.txt");
      byId("form").elements.kind.value = "article";
      this._put(await response.text());
      this._submit();
    } catch {
      this.complain(new Trouble("The server does not answer", "The sample comes from there, too: try again in a moment."));
    }
  }

  async _settings() {
    const { keys, characters } = await fetch("page/settings.json").then((response) => response.json());
    this._most = characters;
    byId("key-field").hidden = !keys;
    byId("docs").hidden = keys; // they need one too
    this._tell();
  }

  _drop() {
    const files = (event) => event.dataTransfer?.types.includes("Files");
    document.addEventListener("dragover", (event) => {
      if (!files(event)) return;
      event.preventDefault();
      byId("compose").classList.add("over");
    });
    document.addEventListener("dragleave", (event) => {
      if (event.relatedTarget === null) byId("compose").classList.remove("over");
    });
    document.addEventListener("drop", (event) => {
      if (!files(event)) return;
      event.preventDefault(); // the browser would leave the page for the file
      byId("compose").classList.remove("over");
      if (!byId("compose").hidden) this._open(event.dataTransfer.files[0]);
    });
  }
}
