/**
 * The element of the page with this id, of a kind where that matters. The page and its script are built together: one that
 * is missing is a mistake in the page.
 */
export function part(id: string): HTMLElement;
export function part<T extends HTMLElement>(id: string, kind: new () => T): T;
export function part(id: string, kind: new () => HTMLElement = HTMLElement): HTMLElement {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no #${id}, or it is of another kind`);
  return found;
}

/** Lets a button do something, instead of what it did before. */
export function onPress(button: HTMLElement, run: () => void): void {
  presses.get(button)?.abort();
  const press = new AbortController();
  presses.set(button, press);
  button.addEventListener('click', run, { signal: press.signal });
}

const presses = new WeakMap<HTMLElement, AbortController>();

/** Makes an element with attributes and children; `false` leaves an attribute out, `true` writes it without a value. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | boolean>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== false) element.setAttribute(name, value === true ? '' : value);
  element.append(...children);
  return element;
}

/** Writes a text where it differs: screen readers and layout are left alone otherwise. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
