import type { Redactor } from '../redact.js';
import { plain, loadStyle, takesColour, isCi, type Style } from './style.js';
import { runStepOnTerminal, type Step } from './steps.js';
import { renderTable, type Column } from './table.js';

/** Where output goes. */
export interface Streams {
  readonly stdout: { readonly isTTY?: boolean; write(text: string): unknown };
  readonly stderr: { readonly isTTY?: boolean; write(text: string): unknown };
}

/** How output is wanted. */
export interface OutOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly debug: boolean;
  readonly redactor: Redactor;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly streams: Streams;
}

/**
 * What a command says. Data goes to stdout, talk to stderr; with `--json` stdout carries JSON and nothing else, with
 * `--quiet` there is no talk. Everything passes the redactor.
 */
export class Out {
  readonly json: boolean;
  readonly #options: OutOptions;
  readonly #warnings: string[] = [];

  constructor(options: OutOptions) {
    this.json = options.json;
    this.#options = options;
  }

  /** Warnings so far, for the envelope of `--json`. */
  get warnings(): readonly string[] {
    return this.#warnings;
  }

  /** Lines of data for people; nothing with `--json`. */
  data(text: string): void {
    if (!this.json) this.#write('stdout', text);
  }

  /** One JSON value on one line of stdout, for commands that tell things while they run; nothing without `--json`. */
  record(value: unknown): void {
    if (this.json) this.#write('stdout', JSON.stringify(this.#options.redactor.value(value)), { clean: true });
  }

  /** A line of talk. */
  say(text: string): void {
    if (!this.json && !this.#options.quiet) this.#write('stderr', text);
  }

  /** Something the person should know that does not stop the command. Shown on stderr, and kept for `--json`. */
  async warn(text: string): Promise<void> {
    this.#warnings.push(this.#options.redactor.text(text));
    if (this.json || this.#options.quiet) return;
    const style = await this.#style('stderr');
    this.#write('stderr', `${style.warn('!')} ${text}`);
  }

  /** A line for whoever looks for a fault; shown with `--debug` only. */
  debug(text: string): void {
    if (this.#options.debug) this.#write('stderr', `debug: ${text}`);
  }

  /** How data for people is coloured. */
  async style(): Promise<Style> {
    return this.json ? plain : this.#style('stdout');
  }

  /** A table of data for people. */
  async table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): Promise<string> {
    return renderTable(rows, columns, await this.style());
  }

  /** Does something that takes a while, telling people what; what it answers is the answer. */
  async step<T>(title: string, work: (step: Step) => Promise<T>): Promise<T> {
    const { quiet, debug, environment, streams, redactor } = this.#options;
    if (this.json || quiet) return work({ progress: () => {} });
    if (streams.stderr.isTTY === true && !isCi(environment) && !debug) {
      return runStepOnTerminal(redactor.text(title), (step) =>
        work({ progress: (text) => step.progress(redactor.text(text)) }),
      );
    }
    this.say(`${title} …`);
    return work({ progress: (text) => this.debug(text) });
  }

  /** This value is meant for the reader, though it may look like a secret: the dummy key of an emulator. */
  show(value: string): void {
    this.#options.redactor.show(value);
  }

  /** From now on this value is taken out of everything that is shown. */
  hide(value: string): void {
    this.#options.redactor.hide(value);
  }

  /** The style for talk. */
  async talkStyle(): Promise<Style> {
    return this.#style('stderr');
  }

  async #style(stream: 'stdout' | 'stderr'): Promise<Style> {
    const { streams, environment } = this.#options;
    return loadStyle(takesColour(streams[stream], environment));
  }

  #write(stream: 'stdout' | 'stderr', text: string, { clean = false } = {}): void {
    this.#options.streams[stream].write(`${clean ? text : this.#options.redactor.text(text)}\n`);
  }
}
