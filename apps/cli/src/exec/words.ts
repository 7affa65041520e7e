import { CliKitError } from '@hawser/cli-kit/start';
import { nearMisses } from '@hawser/near-miss';

/** A command as a shell takes it, or as an exact list of words. */
export type CommandWords = { readonly command: string } | { readonly argv: readonly string[] };

/**
 * What is to be run: the one argument is a shell's command, the words behind `--` are exact. `verbs` are the words that
 * have a meaning of their own behind `hawser exec`.
 *
 * @throws CliKitError HAWSER_CLI_USAGE for several words without quotes, a word that is nearly a verb, or none at all
 */
export function readWords(words: readonly string[], rest: readonly string[], verbs: readonly string[]): CommandWords {
  const [command = '', ...more] = words;
  if (rest.length > 0) {
    if (words.length === 0) return { argv: rest };
    throw usage(`There are two commands: ${quoted(words)} before --, and another behind it.`, 'Give one of them.');
  }
  if (command.trim() === '') throw usage('COMMAND is missing.', 'Quote it: hawser exec "echo hello"');
  if (more.length > 0) {
    throw usage(
      `${quoted(words)} are ${words.length} words: it is not clear which are quoted where.`,
      `Quote them, for a shell: hawser exec ${doubleQuoted(words.join(' '))}\nor give them as they are: hawser exec -- ${quoted(words)}`,
    );
  }
  const [verb] = /\s/.test(command) ? [] : nearMisses(command, verbs);
  if (verb === undefined) return { command };
  const what = verb === command ? 'is a verb, which stands first' : 'looks like a mistyped verb';
  throw new CliKitError('HAWSER_CLI_USAGE', `'${command}' ${what}.`, {
    hint: `Did you mean hawser exec ${verb}?\nTo run a program of that name: hawser exec -- ${command}`,
    details: { suggestion: `hawser exec ${verb}` },
  });
}

/** Words as a shell would take them back. */
export function quoted(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}

function doubleQuoted(text: string): string {
  return /["$`\\!]/.test(text) ? quoted([text]) : `"${text}"`;
}

function usage(message: string, hint: string): CliKitError {
  return new CliKitError('HAWSER_CLI_USAGE', message, { hint: `${hint}\nhawser exec --help says more.` });
}
