/** A stream of random numbers that is the same for the same seed, on every machine. */
export interface Random {
  /** 0 ≤ x < 1. */
  next(): number;
  /** A whole number, 0 ≤ x < `limit`. */
  below(limit: number): number;
  /** An independent stream, known by its name: drawing from one never moves another. */
  fork(name: string): Random;
}

/** Makes a repeatable random stream (the sfc32 generator, seeded through FNV-1a and a few discarded rounds). */
export function createRandom(seed: number | string): Random {
  const name = String(seed);
  let a = fnv1a(name);
  let b = fnv1a(`${name}/b`);
  let c = fnv1a(`${name}/c`);
  let d = 1;
  const draw = (): number => {
    const t = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    c |= 0;
    return (t >>> 0) / 4_294_967_296;
  };
  for (let round = 0; round < 15; round += 1) draw();
  return {
    next: draw,
    below: (limit) => Math.floor(draw() * limit),
    fork: (child) => createRandom(`${name}/${child}`),
  };
}

function fnv1a(text: string): number {
  let hash = 0x811c_9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x0100_0193);
  }
  return hash | 0;
}
