/** How words are compared. */
export interface NearMissOptions {
  /** What of a word a person goes by, such as its letters without the dashes. Words are compared whole and by this. */
  readonly plain?: (word: string) => string;
}

/**
 * The words that may have been meant, the nearest first and each once. Letters are to be added, removed, changed, or
 * exchanged with the next: a word is near by one of these, or by as many as two fifths of its letters, as long as a
 * letter stays. Upper and lower case are the same.
 *
 * What is typed may be of any length; the work grows with the square of the words' lengths.
 */
export function nearMisses(typed: string, words: Iterable<string>, options: NearMissOptions = {}): readonly string[] {
  const spellings = [(word: string) => word, ...(options.plain ? [options.plain] : [])].map(
    (spelling) => (word: string) => spelling(word).toLowerCase(),
  );
  return [...new Set(words)]
    .map((word) => ({
      word,
      distance: Math.min(...spellings.map((spelling) => nearDistance(spelling(typed), spelling(word)))),
    }))
    .filter(({ distance }) => distance < Infinity)
    .toSorted((a, b) => a.distance - b.distance)
    .map(({ word }) => word);
}

/** The distance of what was typed from a word, `Infinity` when it is too far to have been meant. */
function nearDistance(typed: string, word: string): number {
  const longer = Math.max(typed.length, word.length);
  const allowed = Math.min(Math.max(1, Math.floor(word.length * 0.4)), longer - 1);
  // So many letters are added or removed at least.
  if (longer - Math.min(typed.length, word.length) > allowed) return Infinity;
  const distance = alignmentDistance(typed, word);
  return distance <= allowed ? distance : Infinity;
}

/** Optimal string alignment distance. */
function alignmentDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1));
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, beforeLast[column - 2]! + 1);
      }
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length]!;
}
