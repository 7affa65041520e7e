/** Which lines of two texts are the same: pairs of indexes, ascending. */
export type CommonLines = readonly (readonly [before: number, after: number])[];

/** Beyond so many differing lines the middle of the texts is taken as all different: it could not be read anyway. */
const MAX_DISTANCE = 1_000;

/**
 * Finds the lines that two texts have in common, so that as few as possible differ.
 *
 * @see E. W. Myers, An O(ND) Difference Algorithm and Its Variations, 1986
 */
export function commonLines(before: readonly string[], after: readonly string[]): CommonLines {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  const most = Math.min(before.length, after.length) - head;
  while (tail < most && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const inner = shortestPath(before.slice(head, before.length - tail), after.slice(head, after.length - tail));
  return [
    ...Array.from({ length: head }, (_, index) => [index, index] as const),
    ...inner.map(([one, other]) => [one + head, other + head] as const),
    ...Array.from({ length: tail }, (_, index) => [before.length - tail + index, after.length - tail + index] as const),
  ];
}

function shortestPath(before: readonly string[], after: readonly string[]): CommonLines {
  const most = Math.min(before.length + after.length, MAX_DISTANCE);
  // By diagonal (index before minus index after): how far into `before` one gets with so many differences.
  const reach = new Map<number, number>([[1, 0]]);
  const trace: (readonly [number, number])[][] = [];
  for (let distance = 0; distance <= most; distance += 1) {
    trace.push([...reach]);
    for (let diagonal = -distance; diagonal <= distance; diagonal += 2) {
      let at = firstOn(reach, diagonal, distance);
      while (at < before.length && at - diagonal < after.length && before[at] === after[at - diagonal]) at += 1;
      reach.set(diagonal, at);
      if (at >= before.length && at - diagonal >= after.length) return walkBack(trace, before.length, after.length);
    }
  }
  return [];
}

/** How far one is when one comes upon a diagonal. */
function firstOn(reach: ReadonlyMap<number, number>, diagonal: number, distance: number): number {
  return isAddition(reach, diagonal, distance) ? (reach.get(diagonal + 1) ?? -1) : (reach.get(diagonal - 1) ?? -1) + 1;
}

/** Whether one comes upon it by an added line from the diagonal above, or by a removed line from the one below. */
function isAddition(reach: ReadonlyMap<number, number>, diagonal: number, distance: number): boolean {
  if (diagonal === -distance || diagonal === distance) return diagonal === -distance;
  return (reach.get(diagonal - 1) ?? -1) < (reach.get(diagonal + 1) ?? -1);
}

function walkBack(
  trace: readonly (readonly (readonly [number, number])[])[],
  before: number,
  after: number,
): CommonLines {
  const common: (readonly [number, number])[] = [];
  let [one, other] = [before, after];
  for (let distance = trace.length - 1; distance >= 0; distance -= 1) {
    const reach = new Map(trace[distance]);
    const diagonal = one - other;
    const entry = firstOn(reach, diagonal, distance);
    while (one > entry) common.push([(one -= 1), (other -= 1)]);
    if (distance === 0) break;
    if (isAddition(reach, diagonal, distance)) other -= 1;
    else one -= 1;
  }
  return common.toReversed();
}
