import { join } from 'node:path';
import type { Config } from '@oclif/core';
import type { LocalBackend } from '@hawser/exec-backend/local';
import { installedPlugins } from '@hawser/cli-kit/extensions';
import { programNamed } from '../plugins/exec.js';
import { shareMachineKey } from '../receipts/machine-key.js';

/** Where a person's executions on this machine lie. */
export function localFolder({ dataDir }: Pick<Config, 'dataDir'>): string {
  return join(dataDir, 'exec');
}

/** Opens the execution service of this machine. */
export async function openLocalService(config: Pick<Config, 'dataDir' | 'root' | 'version'>): Promise<LocalBackend> {
  const { openLocalBackend } = await import('@hawser/exec-backend/local');
  await shareMachineKey(config.dataDir, 'exec');
  return openLocalBackend({
    folder: localFolder(config),
    supervisor: [process.execPath, join(config.root, 'dist/lib/exec-supervisor.js')],
    version: config.version,
    programs: (name) => programNamed(name, installedPlugins(config.dataDir)),
  });
}
