import { spawn, type IPty } from '@lydell/node-pty';
import { patient } from './patience.js';

/**
 * A program in a real terminal of its own, and what that terminal shows. The last words of a program that ends may be
 * lost (node-pty closes the terminal before it has read everything): wait for them while the program still lives.
 */
export class Terminal implements Disposable {
  readonly exited: Promise<{ readonly exitCode: number; readonly signal?: number }>;
  screen = '';
  readonly #pty: IPty;
  readonly #waiting = new Set<() => void>();
  #gone = false;

  constructor(
    file: string,
    args: readonly string[],
    options: {
      readonly size?: { readonly columns: number; readonly rows: number };
      readonly env?: NodeJS.ProcessEnv;
      readonly cwd?: string;
    } = {},
  ) {
    const { size = { columns: 80, rows: 24 }, env = process.env, cwd = process.cwd() } = options;
    this.#pty = spawn(file, [...args], { cols: size.columns, rows: size.rows, env, cwd });
    this.#pty.onData((text) => {
      this.screen += text;
      this.#check();
    });
    this.exited = new Promise((resolve) => {
      this.#pty.onExit((exit) => {
        this.#gone = true;
        this.#check();
        resolve(exit);
      });
    });
  }

  /** Settles with the match as soon as the screen has shown it; rejects when the program ends before, or never does. */
  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    const shown = new Promise<RegExpExecArray>((resolve, reject) => {
      const check = (): void => {
        const match = pattern.exec(this.screen);
        if (match) resolve(match);
        else if (this.#gone) reject(new Error(`The program ended without showing ${pattern}:\n${this.screen}`));
        else return;
        this.#waiting.delete(check);
      };
      this.#waiting.add(check);
      check();
    });
    return await patient(shown, () => `The terminal does not show ${pattern}, but:\n${this.screen}`);
  }

  type(text: string): void {
    this.#pty.write(text);
  }

  resize(size: { readonly columns: number; readonly rows: number }): void {
    this.#pty.resize(size.columns, size.rows);
  }

  /** Closes the terminal under the program, as a closed window or a lost connection does. */
  hangUp(): void {
    (this.#pty as IPty & { destroy(): void }).destroy();
  }

  /** Hanging up ends whatever still runs in the terminal. */
  [Symbol.dispose](): void {
    this.hangUp();
  }

  #check(): void {
    for (const check of this.#waiting) check();
  }
}
