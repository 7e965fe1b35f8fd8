/** Places in a text: the server counts Unicode characters, JavaScript's strings count UTF-16 units. */

/** Return a function from the number of a character to its place in the string. */
export function placesIn(text) {
  const at = new Uint32Array(text.length + 1);
  let number = 0;
  for (let place = 0; place < text.length; number++) {
    at[number] = place;
    place += text.codePointAt(place) > 0xffff ? 2 : 1;
  }
  at[number] = text.length;
  const last = number;
  return (character) => at[Math.max(0, Math.min(character, last))];
}

/** Return how many Unicode characters a text has. */
export function charactersOf(text) {
  let pairs = 0;
  for (let place = 0; place < text.length; place++) {
    const unit = text.charCodeAt(place);
    const next = text.charCodeAt(place + 1);
    if (unit >= 0xd800 && unit < 0xdc00 && next >= 0xdc00 && next < 0xe000) pairs++;
  }
  return text.length - pairs;
}
