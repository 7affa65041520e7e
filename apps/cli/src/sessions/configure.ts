import type { Config } from '@oclif/core';
import type { Context } from '@hawser/cli-kit';
import { CliKitError } from '@hawser/cli-kit/start';
import { createSessionsClient } from '@hawser/k8s-sessions/client';
import { receiptKeysOf } from '@hawser/k8s-sessions/log';
import { readSecretValue } from '../exec/read-secret.js';
import { readClusterService } from './cluster-service.js';
import { knock } from './knock.js';
import { saveUserFile, type ConfiguredService } from './user-file.js';

/** What was saved. */
export interface Configured {
  readonly url: string;
  readonly config_file: string;
}

/** How a service in a cluster is named. */
export interface ClusterFlags {
  readonly 'kube-context'?: string | undefined;
  readonly namespace?: string | undefined;
  readonly secret?: string | undefined;
}

/** Finds out address and key, asks the service whether they are good, and saves them. */
export async function configure(
  address: string | undefined,
  flags: ClusterFlags,
  context: Pick<Context, 'ask' | 'out' | 'signal'> & { readonly config: Pick<Config, 'configDir'> },
): Promise<Configured> {
  const { out, signal, config } = context;
  const { url, api_key } = await find(address, flags, context);
  out.hide(api_key);
  await knock({ url, apiKey: api_key }, signal);
  const { protocol, hostname } = new URL(url);
  if (protocol === 'http:' && !/^(?:localhost|127(?:\.\d+){3}|\[::1\])$/u.test(hostname)) {
    await out.warn(`${url} is spoken to without encryption: key and terminals can be read on the way.`);
  }
  const receipt_keys = receiptKeysOf(await createSessionsClient({ url, apiKey: api_key }).keys({ signal }));
  return { url, config_file: await saveUserFile(config.configDir, { url, api_key, receipt_keys }) };
}

async function find(
  url: string | undefined,
  flags: ClusterFlags,
  context: Pick<Context, 'ask' | 'out' | 'signal'>,
): Promise<ConfiguredService> {
  const name = flags['kube-context'];
  if (name !== undefined) {
    const { namespace, secret } = flags;
    return readClusterService({ context: name, namespace, secret, url, signal: context.signal });
  }
  if (url !== undefined) return { url, api_key: await readSecretValue('the API key', context) };
  throw new CliKitError('HAWSER_CLI_USAGE', 'It is not said where the service is.', {
    hint: 'Give its address, or the context of kubectl that reaches its cluster: --kube-context NAME',
  });
}
