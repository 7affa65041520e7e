import type { CreateSessionRequest, EgressProfile, SizeMode, TerminalSize } from '../protocol/types.js';
import type { ControllerSettings } from './options.js';
import { Problem } from './problem.js';

/** A request to create a session, with every default filled in. */
export interface WantedSession {
  readonly command: string | null;
  readonly argv: readonly string[] | null;
  readonly prompt: string | null;
  readonly env: Readonly<Record<string, string>>;
  readonly source: { readonly url: string; readonly checksumSha256?: string } | null;
  readonly installCommand: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly size: TerminalSize;
  readonly sizeMode: SizeMode;
  readonly egress: EgressProfile;
  readonly exitOnJob: boolean;
  readonly deadlineMs: number;
  readonly idleMs: number;
  readonly wait: CreateSessionRequest['wait'];
}

/** Most of everything that a request may hold. Lengths in characters. */
export const createLimits = {
  command: 131_072,
  prompt: 524_288,
  url: 4096,
  argv: 1024,
  env: 256,
  envValue: 131_072,
  labels: 32,
  labelName: 63,
  labelValue: 256,
} as const;

const known: ReadonlySet<string> = new Set([
  'code_url',
  'code_checksum_sha256',
  'command',
  'argv',
  'prompt',
  'install_cmd',
  'env',
  'size',
  'size_mode',
  'deadline_seconds',
  'idle_seconds',
  'exit_on_job',
  'egress',
  'labels',
  'wait',
] satisfies readonly (keyof CreateSessionRequest)[]);

/**
 * Reads the body of `POST /api/sessions`.
 *
 * @throws Problem `invalid_request`, with everything that is wrong under `details.problems`
 */
export function readCreateRequest(
  body: Readonly<Record<string, unknown>>,
  settings: ControllerSettings,
): WantedSession {
  const read = new Reader(body);
  for (const name of Object.keys(body)) if (!known.has(name)) read.wrong(name, 'is no field of this request');
  const command = read.text('command', createLimits.command);
  const argv = read.texts('argv', createLimits.argv, createLimits.command);
  if ((command === undefined) === (argv === undefined)) {
    read.wrong('command', 'or argv must be there, and not both');
  }
  if (command !== undefined && command.trim() === '') read.wrong('command', 'is empty');
  if (argv && (argv.length === 0 || argv[0] === '')) read.wrong('argv', 'names no program');
  const url = read.text('code_url', createLimits.url);
  const checksum = read.text('code_checksum_sha256', 64);
  if (checksum !== undefined && !/^(?:[0-9a-f]{64}|[0-9a-f]{40})$/.test(checksum)) {
    read.wrong('code_checksum_sha256', 'must be 64 lower-case hexadecimal digits, or 40 for a commit of git');
  }
  if (checksum !== undefined && url === undefined) read.wrong('code_checksum_sha256', 'goes with code_url only');
  const deadline = read.number('deadline_seconds', 1, settings.maxDeadlineMs / 1000);
  const idle = read.number('idle_seconds', 0, settings.maxDeadlineMs / 1000);
  const wanted: WantedSession = {
    command: command ?? null,
    argv: argv ?? null,
    prompt: read.text('prompt', createLimits.prompt) ?? null,
    env: read.words('env', createLimits.env, /^[A-Za-z_][A-Za-z0-9_]*$/, createLimits.envValue),
    source: url === undefined ? null : { url, ...(checksum !== undefined && { checksumSha256: checksum }) },
    installCommand: read.text('install_cmd', createLimits.command) ?? null,
    labels: read.words('labels', createLimits.labels, /^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/, createLimits.labelValue),
    size: read.size('size') ?? { cols: 80, rows: 24 },
    sizeMode: read.oneOf('size_mode', ['latest', 'smallest-visible', 'fixed']) ?? 'latest',
    egress: read.oneOf('egress', settings.egressAllowed) ?? settings.egress,
    exitOnJob: read.flag('exit_on_job') ?? settings.exitOnJob,
    deadlineMs: deadline === undefined ? settings.deadlineMs : deadline * 1000,
    idleMs: idle === undefined ? settings.idleMs : idle * 1000,
    wait: read.oneOf('wait', ['ready', 'exited']),
  };
  read.done();
  return wanted;
}

/** Reads fields, and collects what is wrong with them. */
class Reader {
  readonly #body: Readonly<Record<string, unknown>>;
  readonly #problems: { path: string; message: string }[] = [];

  constructor(body: Readonly<Record<string, unknown>>) {
    this.#body = body;
  }

  wrong(path: string, message: string): undefined {
    this.#problems.push({ path, message });
    return undefined;
  }

  done(): void {
    const [first] = this.#problems;
    if (!first) return;
    throw new Problem('invalid_request', `${first.path} ${first.message}.`, { details: { problems: this.#problems } });
  }

  text(name: string, most: number): string | undefined {
    const value = this.#body[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'string' || value.length > most)
      return this.wrong(name, `must be text of at most ${most} characters`);
    if (value.includes('\0')) return this.wrong(name, 'must not hold a NUL character');
    return value;
  }

  texts(name: string, most: number, length: number): readonly string[] | undefined {
    const value = this.#body[name];
    if (value === undefined || value === null) return undefined;
    const isGood = (one: unknown): boolean => typeof one === 'string' && one.length <= length && !one.includes('\0');
    if (Array.isArray(value) && value.length <= most && value.every(isGood)) return value as string[];
    return this.wrong(name, `must be a list of at most ${most} texts`);
  }

  words(name: string, most: number, shape: RegExp, length: number): Readonly<Record<string, string>> {
    const value = this.#body[name];
    if (value === undefined || value === null) return {};
    if (typeof value !== 'object' || Array.isArray(value) || Object.keys(value).length > most) {
      this.wrong(name, `must be an object of at most ${most} texts`);
      return {};
    }
    for (const [key, text] of Object.entries(value)) {
      if (!shape.test(key)) this.wrong(`${name}.${key}`, 'has a name that cannot be used');
      else if (typeof text !== 'string' || text.length > length || text.includes('\0')) {
        this.wrong(`${name}.${key}`, `must be text of at most ${length} characters, without NUL`);
      }
    }
    return value as Record<string, string>;
  }

  number(name: string, least: number, most: number): number | undefined {
    const value = this.#body[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'number' && value >= least && value <= most) return value;
    return this.wrong(name, `must be a number from ${least} to ${most}`);
  }

  flag(name: string): boolean | undefined {
    const value = this.#body[name];
    if (value === undefined || value === null) return undefined;
    return typeof value === 'boolean' ? value : this.wrong(name, 'must be true or false');
  }

  oneOf<Value extends string>(name: string, values: readonly Value[]): Value | undefined {
    const value = this.#body[name];
    if (value === undefined || value === null) return undefined;
    return values.find((one) => one === value) ?? this.wrong(name, `must be one of ${values.join(', ')}`);
  }

  size(name: string): TerminalSize | undefined {
    const value = this.#body[name];
    if (value === undefined || value === null) return undefined;
    const { cols, rows } = value as Partial<Record<string, unknown>>;
    const isGood = (count: unknown): count is number =>
      Number.isInteger(count) && Number(count) >= 1 && Number(count) <= 1000;
    if (isGood(cols) && isGood(rows)) return { cols, rows };
    return this.wrong(name, 'must have cols and rows, whole numbers from 1 to 1000');
  }
}
