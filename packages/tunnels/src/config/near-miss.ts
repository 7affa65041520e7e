/** The word that was probably meant: at most two letters, and a third of them, differ. */
export function nearMiss(typed: string, words: readonly string[]): string | undefined {
  // What is far longer than any word is no slip of the finger.
  if (typed.length > 64) return undefined;
  let best: { readonly word: string; readonly differs: number } | undefined;
  for (const word of words) {
    const differs = difference(typed.toLowerCase(), word.toLowerCase());
    if (differs <= Math.min(2, Math.ceil(word.length / 3)) && differs < (best?.differs ?? Infinity)) {
      best = { word, differs };
    }
  }
  return best?.word;
}

/** Letters to be added, removed or changed. */
function difference(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let line = 1; line <= a.length; line++) {
    const next = [line];
    for (let column = 1; column <= b.length; column++) {
      const changed = (row[column - 1] ?? 0) + (a[line - 1] === b[column - 1] ? 0 : 1);
      next.push(Math.min((row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1, changed));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
