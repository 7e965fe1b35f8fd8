/** The page: from a text in the form, by way of waiting, to what was found in it. */

import { ask, Trouble } from "./ask.js";
import { Compose } from "./compose.js";
import { byId } from "./dom.js";
import { KINDS } from "./reading.js";
import { Result } from "./result.js";
import { Wait } from "./wait.js";

let running = new AbortController();

const compose = new Compose(read);
const wait = new Wait(() => running.abort());
const result = new Result(() => {
  running.abort();
  result.hide();
  compose.show();
});

async function read() {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  const kind = KINDS[compose.kind];
  const text = compose.text.toWellFormed?.() ?? compose.text;
  byId("compose").hidden = true;
  wait.show("The server is reading …");
  try {
    const waiting = (trouble) => wait.countdown(trouble, signal);
    const answer = await ask(kind.address, kind.body(text), { key: compose.key, signal, waiting });
    wait.hide();
    await result.show(text, kind.read(text, answer), signal);
  } catch (error) {
    wait.hide();
    result.hide();
    compose.show(signal.aborted ? null : troubleOf(error));
  }
}

function troubleOf(error) {
  if (error instanceof Trouble) return error;
  return new Trouble("The page can't show this answer", String(error));
}
