import { CliError } from '../errors.js';

/** Reads `NAME=VALUE` pairs; a name given twice has two values. */
export function readParameters(pairs: readonly string[]): Record<string, string[]> {
  const parameters: Record<string, string[]> = {};
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) throw new CliError('HAWSER_SSM_PARAMETER', `'${pair}' is not of the form NAME=VALUE.`);
    (parameters[pair.slice(0, at)] ??= []).push(pair.slice(at + 1));
  }
  return parameters;
}
