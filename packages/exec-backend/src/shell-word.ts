/** One word for a POSIX shell (Shell Command Language, 2.2.2 Single-Quotes). */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
