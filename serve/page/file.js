/** Reads the text files that are opened or dropped. */

import { Trouble } from "./ask.js";

const LARGEST = 4 * 1024 * 1024; // bytes: more than any article, and read in an instant

/** Return the text of a file. Throws Trouble for what is no plain text. */
export async function textOf(file) {
  if (/\.x?html?$/i.test(file.name) || file.type === "text/html") {
    throw new Trouble(`${file.name} is HTML`, "This page reads plain text: copy the article's text, or run `detente article` on the file.");
  }
  if (file.size > LARGEST) throw new Trouble(`${file.name} is too large`, "This page reads files of up to 4 MB.");
  const bytes = new Uint8Array(await file.arrayBuffer());
  try {
    const text = new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes);
    if (!text.includes("\0")) return text;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  throw new Trouble(`${file.name} is no plain text`, "Save it as text in UTF-8, or copy the article's text.");
}

/** Return the encoding that a byte order mark tells of, or UTF-8. */
function encodingOf([first, second]) {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
}
