/** The element of the page with this id. The page and its script are built together: one that is missing is a mistake in the page. */
export function part<T extends Element = HTMLElement>(id: string): T {
  const found = document.querySelector<T>(`#${id}`);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

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
