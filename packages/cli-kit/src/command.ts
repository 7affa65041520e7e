import { Command, Config, toConfiguredId } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import { cutAtDashes } from './argv.js';
import { createCleanups } from './cleanups.js';
import { createContext } from './context.js';
import type { Context } from './context.js';
import { isHawserError, toFailure } from './errors/contract.js';
import type { Failure } from './errors/contract.js';
import { exitCodes } from './errors/exit-codes.js';
import { failureEnvelope } from './errors/render.js';
import type { FailureEnvelope, SuccessEnvelope } from './errors/render.js';
import { toUsageError } from './errors/usage.js';
import { CliKitError } from './errors.js';
import { parseFilled } from './fill-flags.js';
import type { HostConfig } from './fill-flags.js';
import { globalFlags } from './flags.js';
import { listenForInterrupts } from './interrupt.js';
import type { Interrupts } from './interrupt.js';
import { Out } from './output/out.js';
import { createRedactor } from './redact.js';
import type { Redactor } from './redact.js';
import { showFailure } from './report.js';
import { usageLine } from './usage-line.js';

/** What a command gets to work with. */
export interface Work<C extends typeof Command> extends Context {
  readonly args: Interfaces.InferredArgs<C['args']>;
  readonly flags: Interfaces.InferredFlags<typeof globalFlags & C['flags']>;
  /** The words behind the first `--`, untouched; only for commands that declare `static rest`. */
  readonly rest: readonly string[];
}

/** What a command answers with. */
export interface Result<D> {
  /** What `--json` prints. */
  readonly data: D;
  /** What people see; made only when they do. Without it they see nothing but what was said on the way. */
  readonly text?: string | (() => string | Promise<string>);
  /** More warnings for the envelope of `--json`, and for stderr. */
  readonly warnings?: readonly string[];
  /** Default 0. A command that hands on a remote exit code sets it. */
  readonly exitCode?: number;
}

/** The answer of a command that has said everything while it ran: nothing more is printed. */
export interface Told {
  readonly told: true;
  readonly exitCode?: number;
}

/** The words behind `--`. */
export interface Rest {
  /** What they are called when they are missing, e.g. `COMMAND`. */
  readonly name: string;
  readonly required?: boolean;
  /**
   * The exit code is that of the command behind `--`. Our own failures end with 125 then, so that a 1 or 2 never looks
   * like ours.
   */
  readonly passesExitCode?: boolean;
}

/**
 * The base of every command. A command states `summary`, `args` and `flags`, and does its `work`; parsing, `--json`,
 * `--quiet`, `--debug`, Ctrl-C, clean-up, secrets and the rendering of errors are done here.
 *
 * Exit codes: 0 done; 1 and 2 as the error says; 130 after Ctrl-C, 143 after SIGTERM, 129 after a hang-up, 141 when
 * nobody reads our output any more.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- what a command says of its lines, its schema is made of
export abstract class HawserCommand<C extends typeof Command, D, L = never> extends Command {
  /** Of a command that goes on: what each line of `--json` holds. A type alone, of which its schema is made. */
  declare protected readonly line?: L;
  static override enableJsonFlag: boolean = true;
  static override baseFlags: typeof globalFlags = globalFlags;
  /** Set by commands that take another command behind `--`; state `usage` too, so that help shows it. */
  static rest?: Rest;
  /**
   * The exit code is that of the command which the first argument is or names. Our own failures end with 125 then, so
   * that a 1 or 2 never looks like ours; without any argument they end as everywhere.
   */
  static passesExitCode?: boolean;

  /**
   * Runs a command. A configuration that this version of oclif has loaded is taken as it is; the original would load
   * it, and with it all plugins, once more.
   */
  static override async run<T extends Command>(
    this: new (argv: string[], config: Config) => T,
    argv?: string[],
    options?: Interfaces.LoadOptions,
  ): Promise<ReturnType<T['run']>> {
    const isLoaded = options instanceof Config;
    if (!argv || !isLoaded) return super.run.call(this, argv, options) as ReturnType<T['run']>;
    // What `super.run` does with a configuration it has loaded; protected, and no name of ours.
    return (new this(argv, options) as unknown as { _run(): ReturnType<T['run']> })['_run']();
  }

  readonly #redactor: Redactor = createRedactor(process.env);
  #interrupts: Interrupts | undefined;
  #handsOnExitCode = false;

  /** What the command does. It throws errors of the contract, and returns soon after `signal` aborts. */
  protected abstract work(work: Work<C>): Promise<Result<D> | Told>;

  /** Says that a command is deprecated, where it is; the original looks it up for every command, which takes its time. */
  protected override async init(): Promise<void> {
    if (this.ctor.deprecateAliases || this.ctor.state === 'deprecated') await super.init();
  }

  /** Parses, works, tidies up and renders. */
  override async run(): Promise<SuccessEnvelope | undefined> {
    const { args, flags, rest } = await this.#parse();
    const out = new Out({
      json: this.jsonEnabled(),
      quiet: flags['quiet'] === true,
      debug: flags['debug'] === true,
      redactor: this.#redactor,
      environment: process.env,
      streams: process,
    });
    const interrupts = listenForInterrupts((by) => out.debug(`stopping because of ${by}`));
    this.#interrupts = interrupts;
    const cleanups = createCleanups();
    let result: Result<D> | Told;
    try {
      const work = this.work({
        ...createContext({
          flags,
          out,
          interrupts,
          writer: {
            tool: this.ctor.plugin?.name ?? this.config.name,
            version: this.ctor.plugin?.version ?? this.config.version,
          },
          onEnd: (cleanup) => cleanups.add(cleanup),
          plugins: () => this.config.plugins.values(),
        }),
        args: args as Work<C>['args'],
        flags: flags as Work<C>['flags'],
        rest,
      });
      result = await Promise.race([work, interrupts.insisted]);
    } finally {
      for (const thrown of await cleanups.run()) out.debug(`clean-up failed: ${String(thrown)}`);
      interrupts.release();
    }
    process.exitCode = result.exitCode ?? interrupts.exitCode ?? 0;
    if ('told' in result) return undefined;
    for (const warning of result.warnings ?? []) await out.warn(warning);
    const text = !out.json && (typeof result.text === 'function' ? await result.text() : result.text);
    if (text) out.data(text);
    return { ok: true, data: result.data, warnings: out.warnings };
  }

  override toErrorJson(thrown: unknown): FailureEnvelope {
    return failureEnvelope(this.#failure(thrown));
  }

  override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(this.#redactor.value(json))}\n`);
  }

  protected override async catch(thrown: unknown): Promise<void> {
    const failure = this.#failure(thrown);
    process.exitCode = failure.exitCode;
    // Whoever has closed our stdout has what he wanted.
    if (this.#interrupts?.first === 'SIGPIPE') return;
    const debug = cutAtDashes(this.argv).own.includes('--debug');
    await showFailure(failure, { json: this.jsonEnabled(), debug, redactor: this.#redactor });
  }

  async #parse(): Promise<{ args: object; flags: Record<string, unknown>; rest: readonly string[] }> {
    const command = this.ctor as typeof HawserCommand;
    const { own, rest } = command.rest ? cutAtDashes(this.argv) : { own: this.argv, rest: undefined };
    this.#handsOnExitCode =
      (command.rest?.passesExitCode === true && rest !== undefined) ||
      (command.passesExitCode === true && own.some((word) => !word.startsWith('-')));
    const { args, flags, metadata } = await this.parse(
      {
        strict: command.strict,
        enableJsonFlag: command.enableJsonFlag,
        baseFlags: command.baseFlags,
        // Else a missing argument would be read from standard input …
        args: mapValues(command.args, (arg) => ({ ...arg, ignoreStdin: true })),
        // … and a repeatable flag would eat the arguments behind it.
        flags: mapValues(command.flags ?? {}, (flag) =>
          flag.type === 'option' && flag.multiple ? { ...flag, multipleNonGreedy: true } : flag,
        ),
      },
      own,
    );
    if (command.rest?.required && !rest?.length) {
      throw new CliKitError('HAWSER_CLI_USAGE', `${command.rest.name} is missing: put it behind --.`, {
        hint: this.#usageHint(),
        details: { usage: this.#usage() },
      });
    }
    return { args, flags: { ...flags, ...(await this.#filled(flags, metadata)) }, rest: rest ?? [] };
  }

  /** What the person's files say of flags that neither the command line nor a variable gave. */
  async #filled(
    flags: Readonly<Record<string, unknown>>,
    metadata: Interfaces.ParserOutput['metadata'],
  ): Promise<Readonly<Record<string, unknown>>> {
    const { fillFlags } = this.config as Config & HostConfig;
    if (!fillFlags) return {};
    const definitions = { ...this.ctor.baseFlags, ...this.ctor.flags };
    const filled = await fillFlags({
      command: this.ctor.id,
      flags: Object.keys(definitions),
      isGiven: (name) => flags[name] !== undefined && metadata.flags[name]?.setFromDefault !== true,
    });
    return parseFilled(filled, definitions);
  }

  #failure(thrown: unknown): Failure {
    const interrupts = this.#interrupts;
    const stopped = interrupts?.exitCode ?? (isClosedPrompt(thrown) ? exitCodes.SIGINT : undefined);
    if (stopped !== undefined) {
      const message = interrupts?.first === 'SIGTERM' ? 'Stopped, as asked.' : 'Cancelled.';
      return { code: 'HAWSER_CLI_CANCELLED', message, exitCode: stopped, details: {}, thrown };
    }
    const command = this.ctor as typeof HawserCommand;
    const usageError = toUsageError(thrown, {
      usage: this.#usage(),
      hint: this.#usageHint(),
      flags: [...Object.keys({ ...command.baseFlags, ...command.flags }), 'json', 'help'],
    });
    const failure = toFailure(usageError ?? thrown);
    if (!this.#handsOnExitCode) return failure;
    const own = isHawserError(thrown) ? thrown.runExitCode : undefined;
    return { ...failure, exitCode: own ?? exitCodes.neverRan };
  }

  #usage(): string {
    return `${this.config.bin} ${usageLine(this.ctor, toConfiguredId(this.ctor.id, this.config))}`;
  }

  #usageHint(): string {
    return `Usage: ${this.#usage()}\n${this.config.bin} ${toConfiguredId(this.ctor.id, this.config)} --help says more.`;
  }
}

/** Ctrl-C at a question arrives as an error of the question library, not as a signal. */
function isClosedPrompt(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'ExitPromptError';
}

function mapValues<T>(record: Readonly<Record<string, T>>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
