import { findExtensions, type InstalledPlugin } from '@hawser/cli-kit/extensions';
import { CliKitError } from '@hawser/cli-kit/start';
import type { LocalProgram } from '@hawser/exec-backend/local';
import { nearMisses } from '@hawser/near-miss';

/**
 * The runner of that name.
 *
 * @throws CliKitError HAWSER_CLI_USAGE where no plugin has it, HAWSER_CLI_EXTENSION_BROKEN
 */
export async function programNamed(name: string, plugins: readonly InstalledPlugin[]): Promise<LocalProgram> {
  const runners = findExtensions('exec-runner', plugins);
  const found = runners.find((each) => each.name === name);
  if (found) return await found.load();
  const names = runners.map((each) => each.name);
  const [meant] = nearMisses(name, names);
  const there = names.length > 0 ? `There are: ${names.join(', ')}.` : 'No plugin with a runner is installed.';
  throw new CliKitError('HAWSER_CLI_USAGE', `There is no runner '${name}'.`, {
    hint: meant === undefined ? there : `Did you mean ${meant}?`,
    details: { runners: names },
  });
}
