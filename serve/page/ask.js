/** Asks the server, and says in words what went wrong and what to do about it. */

import { count } from "./words.js";

const [ROUNDS, PATIENCE] = [5, 60]; // how often a busy server is asked again by itself, after how many seconds at most
const UNSAID = 5; // seconds to wait where the server does not say

/** Something that went wrong; wait: seconds after which it may have passed, or null; key: a key is what is missing. */
export class Trouble extends Error {
  constructor(title, advice, { wait = null, key = false } = {}) {
    super(title);
    this.title = title;
    this.advice = advice;
    this.wait = wait;
    this.key = key;
  }
}

/**
 * Return the answer to a body that is posted, asking a busy server again when it says so.
 *
 * `waiting(trouble, signal)` is called in between and returns when it is time. Throws Trouble; AbortError if cancelled.
 */
export async function ask(address, body, { key, signal, waiting }) {
  for (let round = 1; ; round++) {
    try {
      return await askOnce(address, body, key, signal);
    } catch (error) {
      if (!(error instanceof Trouble) || error.wait === null || error.wait > PATIENCE || round > ROUNDS) throw error;
      await waiting(error, signal);
    }
  }
}

async function askOnce(address, body, key, signal) {
  const headers = { "Content-Type": "application/json", ...(key ? { Authorization: `Bearer ${key}` } : {}) };
  try {
    const response = await fetch(address, { method: "POST", headers, body: JSON.stringify(body), signal });
    if (!response.ok) throw troubleOf(response, await problemOf(response), key);
    return await response.json();
  } catch (error) {
    if (error instanceof Trouble || error.name === "AbortError") throw error;
    if (error instanceof SyntaxError) throw new Trouble("The answer could not be read", "Is something else at this address?");
    const advice = "It may have been stopped, or the network is down. Your text is still here: try again in a moment.";
    throw new Trouble("The server does not answer", advice);
  }
}

async function problemOf(response) {
  try {
    return await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return {}; // something between this page and the server
  }
}

function troubleOf(response, problem, key) {
  const detail = problem.detail ? `The server says: ${problem.detail}.` : `The answer was ${response.status}.`;
  switch (response.status) {
    case 401:
      return key
        ? new Trouble("The server does not know this key", "Check it, or ask whoever runs the server.", { key: true })
        : new Trouble("This server wants a key", "Enter yours and ask again.", { key: true });
    case 413:
      return new Trouble("That is too much at once", `${detail} Ask in parts.`);
    case 400:
    case 422:
      return new Trouble("The server can't read this text", detail);
    case 429:
    case 503: {
      const wait = Number.parseInt(response.headers.get("Retry-After"), 10) || UNSAID;
      const title = response.status === 429 ? "More was asked than the server allows" : "The server is busy";
      return new Trouble(title, `${detail} Ask again in ${count(wait, "second")}.`, { wait });
    }
    case 504:
      return new Trouble("It took the server too long", `${detail} Ask again later, or in parts.`);
    default: {
      const id = response.headers.get("X-Request-ID");
      const advice = id ? `Tell whoever runs the server that it was request ${id}.` : "Ask again later.";
      return new Trouble("The server failed on this text", `${detail} ${advice}`);
    }
  }
}
