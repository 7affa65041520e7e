import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SessionsError } from '@hawser/k8s-sessions';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Reads one process's settings out of its environment, and tells all that is wrong at once. Nothing read is repeated in a
 * message.
 */
export class Settings {
  readonly #env: Env;
  readonly #problems: string[] = [];

  constructor(env: Env) {
    this.#env = env;
  }

  /** What a name stands for; an empty one is as good as none. */
  text(name: string): string | undefined;
  text(name: string, otherwise: string): string;
  text(name: string, otherwise?: string): string | undefined {
    return this.#env[`HAWSER_SESSIONS_${name}`]?.trim() || otherwise;
  }

  required(name: string, what: string): string {
    const value = this.text(name);
    if (value === undefined) this.#problems.push(`HAWSER_SESSIONS_${name} is missing: ${what}.`);
    return value ?? '';
  }

  number(name: string, otherwise: number, { max = Number.MAX_SAFE_INTEGER }: { readonly max?: number } = {}): number {
    const value = this.text(name);
    if (value === undefined) return otherwise;
    if (/^\d+$/.test(value) && Number(value) <= max) return Number(value);
    this.#problems.push(`HAWSER_SESSIONS_${name} is no whole number up to ${max}.`);
    return otherwise;
  }

  claim(name: string, otherwise: boolean): boolean {
    const value = this.text(name);
    if (value === undefined) return otherwise;
    if (value === 'true' || value === 'false') return value === 'true';
    this.#problems.push(`HAWSER_SESSIONS_${name} is neither true nor false.`);
    return otherwise;
  }

  oneOf<Word extends string>(name: string, words: readonly Word[], otherwise: Word): Word {
    const value = this.text(name, otherwise);
    const word = words.find((candidate) => candidate === value);
    if (word === undefined) this.#problems.push(`HAWSER_SESSIONS_${name} is none of ${words.join(', ')}.`);
    return word ?? otherwise;
  }

  list(name: string): readonly string[] {
    return (this.text(name) ?? '').split(',').flatMap((word) => word.trim() || []);
  }

  url(name: string, what: string): string {
    const value = this.required(name, what);
    if (value !== '' && !URL.canParse(value)) this.#problems.push(`HAWSER_SESSIONS_${name} is no address.`);
    return value;
  }

  /** The text of a file that a setting names. */
  file(name: string, what: string): string {
    const path = this.required(name, what);
    return path === '' ? '' : this.#read(path, name);
  }

  /** Every file of a mounted Secret, by name. */
  folder(name: string): Readonly<Record<string, string>> {
    const folder = this.text(name);
    if (folder === undefined) return {};
    try {
      const files = readdirSync(folder).filter((file) => !file.startsWith('..'));
      return Object.fromEntries(files.map((file) => [file, readFileSync(join(folder, file), 'utf8').trim()]));
    } catch (error) {
      this.#problems.push(
        `The folder of HAWSER_SESSIONS_${name} cannot be read (${(error as NodeJS.ErrnoException).code}).`,
      );
      return {};
    }
  }

  /** Adds what another check found. */
  problem(text: string): void {
    this.#problems.push(text);
  }

  /**
   * Ends the reading.
   *
   * @throws SessionsError `HAWSER_SESSIONS_BAD_INPUT` naming every problem.
   */
  check(): void {
    if (this.#problems.length > 0)
      throw new SessionsError('HAWSER_SESSIONS_BAD_INPUT', this.#problems.join('\n'), {
        hint: 'Set what is named; docs/reference/environment.md lists all there is.',
      });
  }

  #read(path: string, name: string): string {
    try {
      return readFileSync(path, 'utf8').trim();
    } catch (error) {
      this.#problems.push(
        `A file of HAWSER_SESSIONS_${name} cannot be read (${(error as NodeJS.ErrnoException).code}).`,
      );
      return '';
    }
  }
}
