import { WalkError } from './errors.js';
import type { Walked, WalkLimits } from './types.js';

/** So many of the largest files are named. */
const named = 3;

/** Counts what is handed out, and holds it to the limits. */
export class Tally {
  readonly #limits: WalkLimits;
  #entries = 0;
  #bytes = 0;
  #largest: readonly { readonly path: string; readonly bytes: number }[] = [];

  constructor(limits: WalkLimits) {
    this.#limits = limits;
  }

  /** Whether an entry is within the limits. Of bytes, it goes on counting after that, so that the largest are known. */
  admits(entry: Walked): boolean {
    if (entry.kind === 'refused' || entry.kind === 'folder' || entry.kind === 'gone') return !this.#isTooLarge();
    this.#entries += 1;
    this.#count(entry.path, entry.bytes ?? 0);
    const { entries: most = Infinity } = this.#limits;
    if (this.#entries > most) {
      this.end();
      throw new WalkError('HAWSER_WALK_TOO_MANY', `There are more than ${most.toLocaleString('en')} files.`, {
        details: { max_entries: most },
      });
    }
    return !this.#isTooLarge();
  }

  /** @throws WalkError HAWSER_WALK_TOO_LARGE when the limit of bytes was passed. */
  end(): void {
    if (!this.#isTooLarge()) return;
    const { bytes: most = Infinity } = this.#limits;
    const names = this.#largest.map(({ path, bytes }) => `${path} (${bytes.toLocaleString('en')} bytes)`).join(', ');
    throw new WalkError(
      'HAWSER_WALK_TOO_LARGE',
      `There are ${this.#bytes.toLocaleString('en')} bytes, and at most ${most.toLocaleString('en')} are taken. The largest: ${names}.`,
      { details: { bytes: this.#bytes, max_bytes: most, largest: this.#largest } },
    );
  }

  #isTooLarge(): boolean {
    return this.#bytes > (this.#limits.bytes ?? Infinity);
  }

  #count(path: string, bytes: number): void {
    this.#bytes += bytes;
    if (this.#limits.bytes === undefined || bytes <= (this.#largest[named - 1]?.bytes ?? -1)) return;
    this.#largest = [...this.#largest, { path, bytes }].toSorted((a, b) => b.bytes - a.bytes).slice(0, named);
  }
}
