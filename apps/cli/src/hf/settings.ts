import { readFile } from 'node:fs/promises';
import { CliError } from '../errors.js';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Reads `--variable KEY=VALUE`. */
export function readVariables(words: readonly string[]): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const word of words) {
    const at = word.indexOf('=');
    if (at < 1 || !NAME.test(word.slice(0, at))) throw new CliError('HAWSER_HF_SETTING', `'${word}' sets no variable.`);
    variables[word.slice(0, at)] = word.slice(at + 1);
  }
  return variables;
}

/**
 * Reads `--secret NAME` (the value is that of the environment's variable of this name) and `--secret NAME=@FILE`. A value
 * on the command line, which everybody on the machine could read, is refused.
 */
export async function readSecrets(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Record<string, string>> {
  const secrets: Record<string, string> = {};
  for (const word of words) {
    const [name = '', source] = [
      word.split('=', 1)[0],
      word.includes('=') ? word.slice(word.indexOf('=') + 1) : undefined,
    ];
    if (!NAME.test(name)) throw new CliError('HAWSER_HF_SETTING', `'${name}' is no name of a secret.`);
    if (source !== undefined && !source.startsWith('@'))
      throw new CliError('HAWSER_HF_SETTING', `The value of the secret ${name} stands on the command line.`, {
        hint: `Put it into the environment and say --secret ${name}, or into a file and say --secret ${name}=@FILE.`,
      });
    secrets[name] = source === undefined ? fromEnvironment(name, environment) : await fromFile(name, source.slice(1));
  }
  return secrets;
}

function fromEnvironment(name: string, environment: Readonly<Record<string, string | undefined>>): string {
  const value = environment[name];
  if (value === undefined)
    throw new CliError('HAWSER_HF_SETTING', `The environment has no ${name} to make a secret of.`);
  return value;
}

async function fromFile(name: string, path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
  } catch (cause) {
    throw new CliError('HAWSER_HF_SETTING', `The file with the secret ${name} cannot be read: ${path}`, { cause });
  }
}
