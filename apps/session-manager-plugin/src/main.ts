import { parseArgv } from './argv.js';

/**
 * Starts the plugin. What only prints is answered at once, without loading anything else: `aws ecs execute-command`
 * probes so before every session.
 */
export function main(words: readonly string[]): void {
  const invocation = parseArgv(words);
  if (invocation.do === 'print') process.stdout.write(invocation.text);
  else void import('./run.js').then(({ run }) => run(invocation));
}
