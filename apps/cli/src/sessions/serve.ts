import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '@oclif/core';
import type { Context } from '@hawser/cli-kit';
import { installedPlugins } from '@hawser/cli-kit/extensions';
import { serveLocal } from '@hawser/k8s-sessions/local';
import { shareMachineKey } from '../receipts/machine-key.js';
import { sourcesOfPlugins } from '../plugins/sessions.js';
import { localFolder } from './local-service.js';
import { runnerEnvironment } from './runner-environment.js';

/** What `sessions serve` tells when it is ready: the first line with `--json`. */
export interface ServingSessions {
  readonly url: string;
  readonly api_key: string;
  readonly pid: number;
  readonly isolation: 'process' | 'sandbox';
  readonly note: string;
  /** What a client needs in its environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** Serves the sessions of this machine until the command ends. */
export async function serve(
  flags: { readonly port?: number | undefined; readonly isolation: 'auto' | 'process' | 'sandbox' },
  { config, onEnd }: Pick<Context, 'onEnd'> & { readonly config: Pick<Config, 'dataDir' | 'root' | 'version'> },
): Promise<ServingSessions> {
  await shareMachineKey(config.dataDir, 'sessions');
  const { plugins, sources } = sourcesOfPlugins(installedPlugins(config.dataDir));
  const local = await serveLocal({
    folder: localFolder(config),
    runnerProgram: [
      process.execPath,
      join(config.root, 'dist/lib/sessions-runner.js'),
      // The runner may see nothing of the data folder.
      ...(plugins.length > 0 ? [JSON.stringify(plugins)] : []),
    ],
    sources,
    pageFolder: join(config.root, 'dist/page'),
    env: runnerEnvironment(process.env),
    home: homedir(),
    version: config.version,
    isolation: flags.isolation,
    ...(flags.port !== undefined && { port: flags.port }),
  });
  onEnd(() => local.close());
  const { url, apiKey: api_key } = local;
  return {
    url,
    api_key,
    pid: process.pid,
    isolation: local.isolation.kind,
    note: local.isolation.note,
    env: { HAWSER_SESSIONS_URL: url, HAWSER_SESSIONS_API_KEY: api_key },
  };
}
