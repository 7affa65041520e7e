import type { Interfaces } from '@oclif/core';
import { CliKitError, type Context } from '@hawser/cli-kit';
import { nearMisses } from '@hawser/near-miss';
import type { DoctorReport } from './checked.js';
import { hideSecrets } from './hide-secrets.js';
import { ownChecks, runChecks, topicsOf } from './run-checks.js';

/**
 * Looks at everything, or at one topic.
 *
 * @throws CliKitError HAWSER_CLI_USAGE for a topic that there is not
 */
export async function examine(
  topic: string | undefined,
  { timeout = 5000, fix }: { readonly timeout?: number | undefined; readonly fix: boolean },
  context: Context,
  config: Pick<Interfaces.Config, 'plugins' | 'configDir' | 'dataDir' | 'cacheDir'>,
): Promise<readonly DoctorReport[]> {
  const { aws, out, signal } = context;
  const checks = ownChecks(config);
  const added = await context.extensions('doctor-check');
  // A plugin may bring checks of a topic of its own.
  const topics = topicsOf(checks);
  if (topic !== undefined && added.length === 0 && !topics.includes(topic)) {
    const [meant] = nearMisses(topic, topics);
    throw new CliKitError('HAWSER_CLI_USAGE', `There is no topic '${topic}'.`, {
      hint: meant === undefined ? `There are: ${topics.join(', ')}.` : `Did you mean hawser doctor ${meant}?`,
    });
  }
  const folders = { config: config.configDir, data: config.dataDir, cache: config.cacheDir };
  const state = (): ReturnType<Context['state']> => context.state();
  const input = { aws, state, signal, environment: process.env, timeoutMs: timeout, folders };
  await hideSecrets(out, input);
  return out.step('Looking around', () => runChecks({ ...input, checks, added, topic, fix }));
}
