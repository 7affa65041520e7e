import { CliKitError } from '@hawser/cli-kit/start';
import type { CreateSessionRequest, TerminalSize } from '@hawser/k8s-sessions/protocol';
import { readPairs, readVariables } from '../exec/pairs.js';
import { quoted } from '../exec/words.js';
import type { CreateFlags } from './flags.js';

/** The words of a new session. */
export interface SessionWords {
  /** Before `--`: one command for a shell. */
  readonly words: readonly string[];
  /** Behind `--`: a program and its exact arguments. */
  readonly rest: readonly string[];
}

/**
 * What is asked of the service.
 *
 * @throws CliKitError HAWSER_CLI_USAGE for no command, or two, or a size that is none
 */
export function requestOf(
  { words, rest }: SessionWords,
  flags: Omit<CreateFlags, 'url' | 'local'>,
  environment: Readonly<Record<string, string | undefined>>,
): CreateSessionRequest {
  const size = flags.size === undefined ? terminalSize() : readSize(flags.size);
  return {
    ...commandOf(words, rest),
    ...(flags.source !== undefined && { code_url: flags.source }),
    ...(flags.checksum !== undefined && { code_checksum_sha256: flags.checksum }),
    ...(flags.install !== undefined && { install_cmd: flags.install }),
    ...(flags.prompt !== undefined && { prompt: flags.prompt }),
    ...(flags.env && { env: readVariables(flags.env, environment) }),
    ...(flags.label && { labels: readPairs(flags.label, 'label') }),
    ...(flags.deadline !== undefined && { deadline_seconds: flags.deadline / 1000 }),
    ...(flags.idle !== undefined && { idle_seconds: flags.idle / 1000 }),
    ...(flags.egress && { egress: flags.egress }),
    ...(flags.keep && { exit_on_job: false }),
    ...(size && { size }),
  };
}

function commandOf(
  words: readonly string[],
  rest: readonly string[],
): { readonly command: string } | { readonly argv: readonly string[] } {
  const [command = '', ...more] = words;
  if (rest.length > 0) {
    if (words.length === 0) return { argv: rest };
    throw usage(`There are two commands: ${quoted(words)} before --, and another behind it.`, 'Give one of them.');
  }
  if (more.length > 0) {
    throw usage(
      `${quoted(words)} are ${words.length} words: it is not clear which are quoted where.`,
      `Give them as they are: hawser sessions run -- ${quoted(words)}`,
    );
  }
  if (command.trim() !== '') return { command };
  throw usage('COMMAND is missing.', 'Quote it: hawser sessions run "echo hello"');
}

function readSize(text: string): TerminalSize {
  const [, cols = '', rows = ''] = /^(\d{1,4})x(\d{1,4})$/u.exec(text) ?? [];
  const isGood = [cols, rows].every((count) => Number(count) >= 1 && Number(count) <= 1000);
  if (isGood) return { cols: Number(cols), rows: Number(rows) };
  throw usage(`'${text}' is no size of a terminal.`, 'Write it like --size 120x40; both are at most 1000.');
}

function terminalSize(): TerminalSize | undefined {
  const { columns, rows, isTTY } = process.stdout;
  return isTTY && columns > 0 && rows > 0 ? { cols: Math.min(columns, 1000), rows: Math.min(rows, 1000) } : undefined;
}

function usage(message: string, hint: string): CliKitError {
  return new CliKitError('HAWSER_CLI_USAGE', message, { hint: `${hint}\nhawser sessions run --help says more.` });
}
