/** What is shown while the server reads: how long already, when a busy one is asked again, and the way out. */

import { byId } from "./dom.js";
import { count } from "./words.js";

/** The panel of the page that waits; `onCancel` is called when the reader has waited enough. */
export class Wait {
  constructor(onCancel) {
    this._timer = 0;
    byId("cancel").addEventListener("click", onCancel);
  }

  /** Show that something is read, with the seconds that it takes. */
  show(words) {
    const started = performance.now();
    this._every(() => {
      const seconds = Math.floor((performance.now() - started) / 1000);
      byId("wait-words").textContent = seconds ? `${words} ${count(seconds, "second")}` : words;
    });
    byId("now").hidden = true;
    byId("wait").hidden = false;
    byId("status").textContent = words;
    byId("cancel").focus();
  }

  /** Count down to the time when the server wants to be asked again. Throws AbortError when cancelled before. */
  async countdown(trouble, signal) {
    const words = byId("status").textContent;
    const until = performance.now() + 1000 * trouble.wait;
    byId("status").textContent = `${trouble.title}. It is asked again in ${count(trouble.wait, "second")}.`;
    byId("now").hidden = false;
    await new Promise((resume, fail) => {
      byId("now").onclick = resume;
      signal.addEventListener("abort", () => fail(signal.reason), { once: true });
      this._every(() => {
        const left = Math.ceil((until - performance.now()) / 1000);
        byId("wait-words").textContent = `${trouble.title}. Asking again in ${count(Math.max(left, 0), "second")}.`;
        if (left <= 0) resume();
      });
    });
    this.show(words);
  }

  hide() {
    clearInterval(this._timer);
    byId("wait").hidden = true;
  }

  _every(tell) {
    clearInterval(this._timer);
    this._timer = setInterval(tell, 250);
    tell();
  }
}
