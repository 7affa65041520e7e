/**
 * Holds what was printed to what a page says: each line of the page is somewhere behind the one before. `…` stands for
 * anything, a line of nothing else for any number of lines. Answers with the first line that was not there.
 */
export function matches(printed: string, said: string): string | undefined {
  const lines = printed.split('\n').map((line) => line.trim());
  let at = 0;
  for (const wanted of said.split('\n').map((line) => line.trim())) {
    if (wanted === '' || wanted === '…') continue;
    const pattern = new RegExp(`^${wanted.split('…').map(escape).join('.*')}$`);
    const found = lines.slice(at).findIndex((line) => pattern.test(line));
    if (found < 0) return wanted;
    at += found + 1;
  }
  return undefined;
}

/** A text as a pattern, in which any space may be wider. */
function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/ +/g, ' +');
}
