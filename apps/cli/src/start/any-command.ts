import { Config, run, settings } from '@oclif/core';
import { hostConfig } from './host-config.js';

/** Runs whatever the words name, plugins included, as oclif does. */
export async function runAnyCommand(root: string, argv: string[]): Promise<void> {
  // With NODE_ENV=development oclif would look for TypeScript sources instead of what was built.
  settings.enableAutoTranspile = false;
  const config = await Config.load({ root });
  await run(argv, Object.assign(config, hostConfig(config.configDir)));
}
