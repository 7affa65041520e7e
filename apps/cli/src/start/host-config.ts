import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FillRequest, HostConfig } from '@hawser/cli-kit';

/** What our configuration of oclif has besides oclif's own: flags are filled from the person's files. */
export function hostConfig(configDir: string): Required<HostConfig> {
  return {
    fillFlags: async (request: FillRequest) => {
      // Most folders have no such file, and nothing is loaded to find that out.
      if (!mayDecide(configDir)) return {};
      const { fillFlags } = await import('../config/fill-flags.js');
      return fillFlags(request, configDir);
    },
  };
}

/** Whether any file is there that may decide settings. */
function mayDecide(configDir: string): boolean {
  const { HAWSER_STATE_DIR } = process.env;
  if (existsSync(join(configDir, 'config.yaml'))) return true;
  if (HAWSER_STATE_DIR && existsSync(join(HAWSER_STATE_DIR, 'setup.json'))) return true;
  const names = ['.hawser.yaml', '.mycli.yaml', '.hawser/setup.json'];
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    if (names.some((name) => existsSync(join(folder, name)))) return true;
    if (dirname(folder) === folder) return false;
  }
}
