import { nearMisses } from '@hawser/near-miss';
import { CliKitError } from '../errors.js';

/** What the parser of oclif throws, known by its fields: two copies of oclif may meet in one process. */
interface ParserError extends Error {
  readonly flags?: readonly string[];
  readonly args?: readonly (string | { readonly name: string })[];
}

/** What a command takes, as far as a usage error needs it. */
export interface CommandShape {
  readonly usage: string;
  readonly hint: string;
  readonly flags: readonly string[];
}

/**
 * Turns an error of oclif's parser into a usage error in our words; `undefined` for every other error.
 */
export function toUsageError(thrown: unknown, command: CommandShape): CliKitError | undefined {
  if (!isParserError(thrown)) return undefined;
  return new CliKitError('HAWSER_CLI_USAGE', say(thrown), {
    hint: suggest(thrown, command) + command.hint,
    details: { usage: command.usage },
    cause: thrown,
  });
}

function isParserError(thrown: unknown): thrown is ParserError {
  if (!(thrown instanceof Error)) return false;
  // What a flag of ours throws about its value arrives with words of the parser around it.
  return 'parse' in thrown || /^(Flag --\S+ |Parsing --\S+ \n)/.test(thrown.message);
}

function say(error: ParserError): string {
  const words = error.args?.map((arg) => (typeof arg === 'string' ? arg : arg.name.toUpperCase()));
  if (error.flags) return `There is no flag ${list(error.flags)} here.`;
  if (words && error.message.startsWith('Missing'))
    return `${list(words)} ${words.length === 1 ? 'is' : 'are'} missing.`;
  if (words) return `Nothing is expected after the arguments, but there is ${list(words.map((word) => `'${word}'`))}.`;
  return error.message
    .replace(/\s*See more help with --help/, '')
    .replace(/^Parsing (--\S+) \n\t/, '$1: ')
    .replace(/^.*Missing required flag (\S+)$/s, '--$1 is missing.')
    .replace(/^The following errors? occurred:\s*/, '');
}

function suggest(error: ParserError, command: CommandShape): string {
  const typed = error.flags?.[0];
  const flags = command.flags.map((flag) => `--${flag}`);
  const [meant] = typed ? nearMisses(typed, flags) : [];
  return meant ? `Did you mean ${meant}?\n` : '';
}

function list(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
