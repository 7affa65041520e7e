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

/** Letters to be added, removed, changed, or exchanged with the next. */
function difference(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let line = 1; line <= a.length; line++) {
    const next = [line];
    for (let column = 1; column <= b.length; column++) {
      const same = a[line - 1] === b[column - 1];
      let least = Math.min(row[column]! + 1, next[column - 1]! + 1, row[column - 1]! + (same ? 0 : 1));
      if (line > 1 && column > 1 && a[line - 1] === b[column - 2] && a[line - 2] === b[column - 1]) {
        least = Math.min(least, before[column - 2]! + 1);
      }
      next.push(least);
    }
    before = row;
    row = next;
  }
  return row[b.length]!;
}
