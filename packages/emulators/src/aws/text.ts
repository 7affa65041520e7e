/** A member of a request or a template as text: what is no text is written as JSON, and what is missing is empty. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}
