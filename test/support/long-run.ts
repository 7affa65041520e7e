import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { soak } from './scale.js';
import { root } from './workspace.js';

/** What a long run leaves on record, in units that its name says. */
export type Figures = Readonly<Record<string, number>>;

/** Growth that comes and goes without being a leak: bytes of heap, bytes of the process, descriptors. */
const noise = { heapBytes: 6 << 20, residentBytes: 96 << 20, descriptors: 8 };

interface Sample {
  readonly heapBytes: number;
  readonly residentBytes: number;
  readonly descriptors: number;
}

/** Memory and descriptors of this process, looked at while something goes on for long. */
export class Vitals {
  readonly #samples: Sample[] = [];
  readonly #collect: () => void;

  constructor() {
    setFlagsFromString('--expose-gc');
    this.#collect = runInNewContext('gc') as () => void;
  }

  /** Looks now. What came before the first look is warm-up. */
  sample(): void {
    this.#collect();
    const { heapUsed, rss } = process.memoryUsage();
    this.#samples.push({
      heapBytes: heapUsed,
      residentBytes: rss,
      descriptors: readdirSync('/proc/self/fd').length,
    });
  }

  /** What the last third of the looks has more than the first, by its median, and what of that is more than noise. */
  get growth(): { readonly figures: Figures; readonly grown: readonly string[] } {
    const third = Math.max(1, Math.floor(this.#samples.length / 3));
    const [early, late] = [this.#samples.slice(0, third), this.#samples.slice(-third)];
    const growth = (key: keyof Sample): number => median(late, key) - median(early, key);
    const grown = (Object.keys(noise) as (keyof Sample)[])
      .filter((key) => growth(key) > noise[key])
      .map((key) => `${key}: ${median(early, key)} at first, ${median(late, key)} at last`);
    const figures = {
      'heap growth MiB': mebibytes(growth('heapBytes')),
      'resident growth MiB': mebibytes(growth('residentBytes')),
      'descriptors growth': growth('descriptors'),
    };
    return { figures, grown };
  }
}

/** Writes down what a long run came to, where the page of benchmarks finds it; nothing in `npm test`. */
export function recordLongRun(name: string, size: string, startedMs: number, figures: Figures): void {
  if (soak === 0) return;
  const file = join(root, 'bench/results/soak.json');
  mkdirSync(dirname(file), { recursive: true });
  const known = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { readonly name: string }[]) : [];
  const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
  const runs = [...known.filter((run) => run.name !== name), { name, size, seconds, figures }];
  const sorted = runs.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  writeFileSync(file, `${JSON.stringify(sorted, null, 2)}\n`);
}

function median(samples: readonly Sample[], key: keyof Sample): number {
  const values = samples.map((sample) => sample[key]).toSorted((a, b) => a - b);
  return values[values.length >> 1] ?? 0;
}

function mebibytes(bytes: number): number {
  return Math.round((bytes / 1_048_576) * 10) / 10;
}
