import { CliError } from '../errors.js';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Reads `KEY=VALUE`, once for each; the last of one name wins. */
export function readPairs(words: readonly string[], what: string): Record<string, string> {
  return Object.fromEntries(words.map((word) => pairOf(word, what)));
}

/** Reads `KEY=VALUE`, and `KEY` as the person's own variable of that name. */
export function readVariables(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      if (word.includes('=')) return variableOf(pairOf(word, 'variable'));
      const value = environment[word];
      if (value !== undefined) return variableOf([word, value]);
      throw new CliError('HAWSER_EXEC_SETTING', `Your environment has no ${word} to pass on.`, {
        hint: `Set it, or give a value: --env ${word}=VALUE`,
      });
    }),
  );
}

/** Reads `KEY=NAME`, and `KEY` as both: a variable, and the secret it is set to. */
export function readSecretNames(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => variableOf(word.includes('=') ? pairOf(word, 'secret') : [word, word])),
  );
}

function pairOf(word: string, what: string): [string, string] {
  const at = word.indexOf('=');
  if (at > 0) return [word.slice(0, at), word.slice(at + 1)];
  throw new CliError('HAWSER_EXEC_SETTING', `'${word}' sets no ${what}.`);
}

function variableOf([name, value]: [string, string]): [string, string] {
  if (NAME.test(name)) return [name, value];
  throw new CliError('HAWSER_EXEC_SETTING', `'${name}' is no name of a variable.`, {
    hint: 'Names are made of letters, digits and _, and begin with no digit.',
  });
}
