import { SessionsError } from '../errors.js';
import type { TerminalSize } from './types.js';

/** Longest text of a field that is no bulk data: a command may be 64 KiB. */
const longestText = 131_072;

/** The error of a frame that is not as the protocol says. `what` completes "A frame …". */
export function violated(what: string, cause?: unknown): SessionsError {
  return new SessionsError('HAWSER_SESSIONS_PROTOCOL_VIOLATED', `A frame ${what}.`, { cause });
}

/** A JSON object of a frame whose fields are taken one by one, each under its rule; fields nobody asks for are ignored. */
export class Fields {
  readonly #frame: string;
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(frame: string, value: unknown) {
    this.#frame = frame;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw violated(`"${frame}" holds no JSON object`);
    this.#values = value as Record<string, unknown>;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#values, name) && this.#values[name] !== undefined;
  }

  text(name: string, pattern?: RegExp): string {
    const value = this.#get(name);
    if (typeof value !== 'string' || value.length > longestText || pattern?.test(value) === false)
      throw this.#wrong(name);
    return value;
  }

  textOrNull(name: string, pattern?: RegExp): string | null {
    return this.#get(name) === null ? null : this.text(name, pattern);
  }

  /** A whole number between the two, at most 2^53 − 1. */
  count(name: string, least: number = 0, most: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.#get(name);
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > most)
      throw this.#wrong(name);
    return value;
  }

  countOrNull(name: string, least: number, most: number): number | null {
    return this.#get(name) === null ? null : this.count(name, least, most);
  }

  flag(name: string): boolean {
    const value = this.#get(name);
    if (typeof value !== 'boolean') throw this.#wrong(name);
    return value;
  }

  oneOf<T extends string>(name: string, among: readonly T[]): T {
    const value = among.find((candidate) => candidate === this.#get(name));
    if (value === undefined) throw this.#wrong(name);
    return value;
  }

  texts(name: string, most: number): readonly string[] {
    const value = this.#get(name);
    if (!Array.isArray(value) || value.length > most || !value.every((item) => typeof item === 'string'))
      throw this.#wrong(name);
    return value;
  }

  size(name: string): TerminalSize {
    const size = new Fields(`${this.#frame}.${name}`, this.#get(name));
    return { cols: size.count('cols', 1, 1000), rows: size.count('rows', 1, 1000) };
  }

  sizeOrNull(name: string): TerminalSize | null {
    return this.#get(name) === null ? null : this.size(name);
  }

  #get(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
  }

  #wrong(name: string): SessionsError {
    return violated(`"${this.#frame}" has no valid "${name}"`);
  }
}
