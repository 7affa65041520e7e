import { text } from 'node:stream/consumers';
import type { Context } from '@hawser/cli-kit';
import { CliError } from '../errors.js';

/** The value of a secret: typed unseen at a terminal, else what standard input holds, without the line end behind it. */
export async function readSecretValue(name: string, { ask, out }: Pick<Context, 'ask' | 'out'>): Promise<string> {
  const value = process.stdin.isTTY
    ? await ask.secret({ question: `Value of ${name}:`, flag: 'standard input' })
    : (await text(process.stdin)).replace(/\r?\n$/, '');
  if (value === '') throw new CliError('HAWSER_EXEC_SETTING', `${name} was given no value.`, { hint: 'Pipe it in.' });
  out.hide(value);
  return value;
}
