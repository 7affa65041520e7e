import { dirname } from 'node:path';
import type { Context } from '@hawser/cli-kit';
import { contextsDocument, type EnvFileOptions, type EnvFormatName, envContext, planEnv } from '@hawser/contexts';
import { lookUpTunnels } from '../net/lookup.js';

/** What the flags of the `env` commands say. */
export interface EnvFlagValues {
  readonly target: string;
  readonly 'prefect-url'?: string | undefined;
  readonly 'openlineage-url'?: string | undefined;
  readonly 'allow-network'?: boolean | undefined;
  readonly format?: EnvFormatName | undefined;
  readonly 'with-secrets'?: boolean | undefined;
  readonly 'allow-offline'?: boolean | undefined;
}

/** Plans the env file of the project one stands in. Its secrets are hidden from all output. */
export async function planHere(
  flags: EnvFlagValues,
  { out, state, signal }: Pick<Context, 'out' | 'state' | 'signal'>,
): Promise<EnvFileOptions> {
  const store = await state();
  const { data } = await store.document(contextsDocument).read();
  const context = envContext(data, flags.target);
  const plan = await planEnv({
    target: flags.target,
    ...(flags['prefect-url'] === undefined ? {} : { prefectUrl: flags['prefect-url'] }),
    ...(flags['openlineage-url'] === undefined ? {} : { openlineageUrl: flags['openlineage-url'] }),
    ...(flags['allow-network'] === undefined ? {} : { allowNetwork: flags['allow-network'] }),
    withSecrets: flags['with-secrets'] ?? false,
    allowOffline: flags['allow-offline'] ?? false,
    tunnels: lookUpTunnels({ signal }),
    ...(context === undefined ? {} : { context }),
    env: process.env,
    signal,
  });
  for (const line of plan.lines) for (const { secret, value } of [line, ...line.lost]) if (secret) out.hide(value);
  return {
    // A state folder somewhere else says nothing about where the project is.
    directory: process.env['HAWSER_STATE_DIR'] ? process.cwd() : dirname(store.directory),
    plan,
    signal,
    ...(flags.format === undefined ? {} : { format: flags.format }),
  };
}
