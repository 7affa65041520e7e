/** Memory in MiB that each number of CPU units may have. Amazon ECS developer guide, "Fargate task size". */
const sizes: readonly (readonly [cpu: number, memory: readonly number[]])[] = [
  [256, [512, 1024, 2048]],
  [512, steps(1, 4, 1)],
  [1024, steps(2, 8, 1)],
  [2048, steps(4, 16, 1)],
  [4096, steps(8, 30, 1)],
  [8192, steps(16, 60, 4)],
  [16384, steps(32, 120, 8)],
];

/** A pair that Fargate takes. */
export interface FargateSize {
  /** CPU units: 1,024 are one virtual CPU. */
  readonly cpu: number;
  /** MiB. */
  readonly memory: number;
}

/**
 * The pair that Fargate takes for what was asked: the least memory of a CPU, the least CPU for a memory, or the pair
 * itself. `undefined` when there is none.
 */
export function fargateSize(wanted: {
  readonly cpu?: number | undefined;
  readonly memory?: number | undefined;
}): FargateSize | undefined {
  for (const [cpu, memories] of sizes) {
    if (wanted.cpu !== undefined && wanted.cpu !== cpu) continue;
    const memory = wanted.memory === undefined ? memories[0] : memories.find((size) => size === wanted.memory);
    if (memory !== undefined) return { cpu, memory };
  }
  return undefined;
}

function steps(fromGib: number, toGib: number, stepGib: number): readonly number[] {
  const list: number[] = [];
  for (let gib = fromGib; gib <= toGib; gib += stepGib) list.push(gib * 1024);
  return list;
}
