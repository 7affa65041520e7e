import { appendFileSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** From what must be seen to what helps in a search. */
export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Where the plugin notes what it does. */
export type Log = { readonly [Level in LogLevel]: (message: string) => void };

/** How a log is made. */
export interface LogOptions {
  /** Also write here, everything up to `fileLevel`; the folder is made. */
  readonly file: string | undefined;
  readonly fileLevel: LogLevel;
  /** Also talk to the person, everything up to this level. */
  readonly talk: { readonly level: LogLevel; readonly write: (line: string) => void } | undefined;
  /** Never written anywhere, as they are or percent-encoded. */
  readonly secrets: readonly string[];
  readonly maxFileBytes?: number;
  readonly keptFiles?: number;
  readonly now?: () => Date;
}

/** What is shorter is no secret of AWS, and would be found in the middle of words. */
const leastSecret = 8;
/** Limits of the original's log file (session-manager-plugin seelog_unix.xml). */
const maxFileBytes = 30_000_000;
const keptFiles = 5;

/**
 * Makes a log. Lines are `date time LEVEL message`; a full file is moved aside as `FILE.1`, and the oldest of five
 * given up. A file that cannot be written is given up with one line to the person: no session fails for its log.
 */
export function createLog(options: LogOptions): Log {
  const { talk, fileLevel } = options;
  const clean = redactor(options.secrets);
  let file = options.file === undefined ? undefined : new LogFile(options.file, options);
  const write = (level: LogLevel, message: string): void => {
    const text = clean(message);
    if (talk && isWithin(level, talk.level)) talk.write(`session-manager-plugin: ${text}\n`);
    if (!file || !isWithin(level, fileLevel)) return;
    try {
      file.append(`${stamp(options.now?.() ?? new Date())} ${level.toUpperCase()} ${text}\n`);
    } catch (error) {
      file = undefined;
      talk?.write(`session-manager-plugin: no log is written: ${(error as Error).message}\n`);
    }
  };
  return {
    error: (message) => write('error', message),
    warn: (message) => write('warn', message),
    info: (message) => write('info', message),
    debug: (message) => write('debug', message),
  };
}

class LogFile {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #kept: number;
  #bytes: number | undefined;

  constructor(path: string, limits: Pick<LogOptions, 'maxFileBytes' | 'keptFiles'>) {
    this.#path = path;
    this.#maxBytes = limits.maxFileBytes ?? maxFileBytes;
    this.#kept = limits.keptFiles ?? keptFiles;
  }

  append(line: string): void {
    if (this.#bytes === undefined) {
      mkdirSync(dirname(this.#path), { recursive: true });
      this.#bytes = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
    }
    const length = Buffer.byteLength(line);
    if (this.#bytes > 0 && this.#bytes + length > this.#maxBytes) this.#roll();
    // Written at once: a log that is lost with the process says nothing about its end.
    appendFileSync(this.#path, line, { mode: 0o600 });
    this.#bytes += length;
  }

  #roll(): void {
    const name = (index: number): string => (index === 0 ? this.#path : `${this.#path}.${index}`);
    rmSync(name(this.#kept - 1), { force: true });
    for (let index = this.#kept - 1; index > 0; index -= 1) {
      if (statSync(name(index - 1), { throwIfNoEntry: false })) renameSync(name(index - 1), name(index));
    }
    this.#bytes = 0;
  }
}

function isWithin(level: LogLevel, limit: LogLevel): boolean {
  return logLevels.indexOf(level) <= logLevels.indexOf(limit);
}

function redactor(secrets: readonly string[]): (text: string) => string {
  const shapes = [
    ...new Set(
      secrets
        .filter((secret) => secret.length >= leastSecret)
        .flatMap((secret) => [secret, encodeURIComponent(secret)]),
    ),
  ];
  return (text) => shapes.reduce((clean, secret) => clean.replaceAll(secret, '[redacted]'), text);
}

function stamp(date: Date): string {
  return date.toISOString().replace('T', ' ').replace('Z', '');
}
