import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import type { Context } from '@hawser/cli-kit';

/** How one verb of a setup ended. */
export interface VerbEnd {
  readonly exitCode: number;
  /** What it said under `data`, with --json. */
  readonly data: unknown;
  /** What it complained of, with --json. */
  readonly error?: { readonly code?: string; readonly message?: string; readonly hint?: string };
}

/** Words to run: of this very program, or of another. */
export interface Verb {
  readonly program?: string;
  readonly argv: readonly string[];
}

/** Runs verbs of this very program, so that a setup is exactly what a person could have typed. */
export class VerbRunner {
  readonly #bin: string;
  readonly #context: Pick<Context, 'signal' | 'onEnd'>;

  constructor(bin: string, context: Pick<Context, 'signal' | 'onEnd'>) {
    this.#bin = bin;
    this.#context = context;
  }

  /** For programs: nothing is asked, and the answer is read. */
  async ask(verb: Verb): Promise<VerbEnd> {
    const child = this.#spawn(verb, ['ignore', 'pipe', 'ignore']);
    let printed = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (printed += text));
    const exitCode = await this.#untilEnd(child);
    return { exitCode, ...parse(printed) };
  }

  /** For people: it may ask, and what it says is talk. */
  async show(verb: Verb): Promise<VerbEnd> {
    const child = this.#spawn(verb, ['inherit', 2, 'inherit']);
    return { exitCode: await this.#untilEnd(child), data: undefined };
  }

  #spawn({ program, argv }: Verb, stdio: StdioOptions): ChildProcess {
    return program === undefined
      ? spawn(process.execPath, [this.#bin, ...argv], { stdio })
      : spawn(program, [...argv], { stdio });
  }

  async #untilEnd(child: ChildProcess): Promise<number> {
    const stop = (): void => void child.kill('SIGTERM');
    const { signal, onEnd } = this.#context;
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    // A program that is not there never ran: as a shell says it.
    const ended = (once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>).catch(
      (): [number, null] => [127, null],
    );
    onEnd(async () => {
      if (child.exitCode === null && child.signalCode === null) {
        stop();
        await ended;
      }
    });
    const [code] = await ended;
    signal.removeEventListener('abort', stop);
    return code ?? 1;
  }
}

function parse(printed: string): Pick<VerbEnd, 'data' | 'error'> {
  try {
    const { data, error } = JSON.parse(printed.trim().split('\n').at(-1) ?? '') as VerbEnd;
    return { data, ...(error ? { error } : {}) };
  } catch {
    return { data: undefined };
  }
}
