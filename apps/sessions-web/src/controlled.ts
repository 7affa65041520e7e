/** What Control makes of a character: `@` to `_` and `a` to `z` lose all but their five low bits (ECMA-48 C0). */
export function controlled(data: string): string {
  return /^[@-_a-z]$/i.test(data) ? String.fromCharCode(data.toUpperCase().charCodeAt(0) & 31) : data;
}
