import { run, settings } from '@oclif/core';

/** Runs whatever the words name, plugins included, as oclif does. */
export async function runAnyCommand(root: string, argv: string[]): Promise<void> {
  // With NODE_ENV=development oclif would look for TypeScript sources instead of what was built.
  settings.enableAutoTranspile = false;
  await run(argv, root);
}
