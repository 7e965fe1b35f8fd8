/** Makes elements. Text only ever becomes text: nothing here, or anywhere on the page, reads it as HTML. */

/** Return the element of the page with an id. */
export const byId = (id) => document.getElementById(id);

/** Return a new element. Attributes that are null or false are left out; children are elements or text. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Return a bar that is filled from one share of its width to another, both in [0, 1]. */
export function bar(from, to, kind) {
  const fill = make("span", { class: `fill ${kind}` });
  fill.style.insetInlineStart = `${100 * from}%`;
  fill.style.inlineSize = `${100 * (to - from)}%`;
  return make("span", { class: "bar", "aria-hidden": "true" }, fill);
}

/** Let the browser draw, and take what the reader does, before the work goes on. */
export const breathe = () => new Promise((resume) => setTimeout(resume));
