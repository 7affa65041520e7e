import type { LogLine } from '../hub/types.js';

/**
 * Tells lines of a log from those that a new connection repeats.
 *
 * The Hub's buffer may have lost its beginning meanwhile, and several lines may share a time. While the repeated lines
 * are those of before, one by one, they are counted off; where the beginning is lost, what is older than the newest
 * line that was given is left out, and of the lines of that very time as many as were given.
 */
export class ReplayFilter {
  #first: LogLine | undefined;
  #given = 0;
  #newest = '';
  /** Lines that were given with the newest time. */
  #atNewest: string[] = [];
  #toSkip = 0;
  #isFirstOfConnection = true;
  #repeated: string[] = [];

  /** A connection begins: what comes may be old. */
  connected(): void {
    this.#isFirstOfConnection = true;
    this.#toSkip = 0;
    this.#repeated = [...this.#atNewest];
  }

  /** Whether this line was not given before. */
  isNew(line: LogLine): boolean {
    if (this.#isFirstOfConnection) {
      this.#isFirstOfConnection = false;
      if (this.#first && isSame(this.#first, line)) this.#toSkip = this.#given;
    }
    if (this.#toSkip > 0) {
      this.#toSkip -= 1;
      if (this.#toSkip === 0) this.#repeated = [];
      return false;
    }
    if (this.#isRepeated(line)) return false;
    this.#first ??= line;
    this.#given += 1;
    if (line.timestamp > this.#newest) {
      this.#newest = line.timestamp;
      this.#atNewest = [];
    }
    if (line.timestamp === this.#newest) this.#atNewest.push(line.line);
    return true;
  }

  #isRepeated({ timestamp, line }: LogLine): boolean {
    if (this.#repeated.length === 0) return false;
    if (timestamp < this.#newest) return true;
    if (timestamp > this.#newest) {
      this.#repeated = [];
      return false;
    }
    const at = this.#repeated.indexOf(line);
    if (at === -1) return false;
    this.#repeated.splice(at, 1);
    return true;
  }
}

function isSame(a: LogLine, b: LogLine): boolean {
  return a.timestamp === b.timestamp && a.line === b.line;
}
