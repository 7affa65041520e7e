import { parseArgv } from './argv.js';
import { reportedVersion } from './settings.js';

/**
 * Starts the plugin. What only prints is answered here: the AWS CLI asks for the version before every session, so
 * nothing else is loaded for it.
 */
export function main(words: readonly string[]): void {
  const invocation = parseArgv(words);
  if (invocation.do === 'version') process.stdout.write(`${reportedVersion(process.env)}\n`);
  else if (invocation.do === 'print') process.stdout.write(invocation.text);
  else void import('./run.js').then(({ run }) => run(invocation));
}
