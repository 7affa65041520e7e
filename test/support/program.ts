import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { patient } from './patience.js';

/** How a program ended. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program whose streams are pipes, and what it has printed. Disposing it leaves no process behind. */
export class Program implements AsyncDisposable {
  readonly child: ChildProcessWithoutNullStreams;
  /** Settles when the program ended and everything it printed was read. */
  readonly ended: Promise<ProgramEnd>;
  stdout: Buffer = Buffer.alloc(0);
  stderr = '';
  readonly #waiting = new Set<() => void>();
  #gone = false;

  constructor(
    file: string,
    args: readonly string[],
    options: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string; readonly input?: string | Buffer } = {},
  ) {
    this.child = spawn(file, [...args], { env: options.env, cwd: options.cwd, stdio: 'pipe' });
    this.child.stdout.on('data', (chunk: Buffer) =>
      this.#change(() => (this.stdout = Buffer.concat([this.stdout, chunk]))),
    );
    this.child.stderr.on('data', (chunk: Buffer) => this.#change(() => (this.stderr += chunk.toString())));
    // The program may end without having read its input.
    this.child.stdin.on('error', () => undefined);
    if (options.input !== undefined) this.child.stdin.end(options.input);
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      this.#change(() => (this.#gone = true));
      return { code: code as number | null, signal: signal as NodeJS.Signals | null };
    });
  }

  get text(): string {
    return this.stdout.toString();
  }

  /** Settles with the match as soon as stdout has it; rejects when the program ends before. */
  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    return await this.until(() => pattern.exec(this.text) ?? undefined, `showing ${pattern}`);
  }

  /** Settles with what `look` finds in the output, as soon as it does; rejects when the program ends before, or never does. */
  async until<Found>(look: () => Found | undefined, what: string): Promise<Found> {
    const awaited = new Promise<Found>((resolve, reject) => {
      const check = (): void => {
        const found = look();
        if (found !== undefined) resolve(found);
        else if (this.#gone) reject(new Error(`The program ended without ${what}:\n${this.text}\n${this.stderr}`));
        else return;
        this.#waiting.delete(check);
      };
      this.#waiting.add(check);
      check();
    });
    return await patient(awaited, () => `The program is not ${what}, but printed:\n${this.text}\n${this.stderr}`);
  }

  type(text: string): void {
    this.child.stdin.write(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#gone) this.child.kill('SIGKILL');
    await this.ended;
  }

  #change(change: () => void): void {
    change();
    for (const check of this.#waiting) check();
  }
}
