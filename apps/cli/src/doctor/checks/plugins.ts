import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Interfaces } from '@oclif/core';
import type { DoctorCheck } from '@hawser/cli-kit';

/** Whether every command of every plugin that the person has installed can be loaded. */
export function plugins(config: Pick<Interfaces.Config, 'plugins'>): DoctorCheck {
  return {
    id: 'plugins',
    title: 'Plugins',
    topic: 'plugins',
    neededFor: 'the commands that plugins add',
    look: async ({ folders }) => {
      const wanted = await installed(folders.data);
      if (wanted.length === 0) return { state: 'skip', found: 'none is installed' };
      const wrong: string[] = [];
      const found: string[] = [];
      for (const name of wanted) {
        const plugin = config.plugins.get(name);
        const failed = plugin ? await whatFails(plugin) : ['it cannot be loaded'];
        if (failed.length === 0) found.push(`${name} ${plugin?.version ?? ''}`.trim());
        else wrong.push(`${name}: ${failed.join('; ')}`);
      }
      const facts = { installed: wanted.join(', ') };
      if (wrong.length === 0) return { state: 'ok', found: found.join(', '), facts };
      const [name = ''] = (wrong[0] ?? '').split(':');
      const next = `hawser plugins uninstall ${name}; or install it again: hawser plugins install ${name}`;
      return { state: 'warn', found: wrong.join('. '), next, facts };
    },
  };
}

/** Names of the plugins in the person's folder, as `hawser plugins` keeps them. */
async function installed(folder: string): Promise<readonly string[]> {
  try {
    const { oclif } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
      readonly oclif?: { readonly plugins?: readonly (string | { readonly name: string })[] };
    };
    return (oclif?.plugins ?? []).map((plugin) => (typeof plugin === 'string' ? plugin : plugin.name));
  } catch {
    return [];
  }
}

async function whatFails(plugin: Interfaces.Plugin): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const command of plugin.commands) {
    try {
      await command.load();
    } catch (error) {
      const [message = ''] = String(error instanceof Error ? error.message : error).split('\n');
      failed.push(`${command.id.replaceAll(':', ' ')} fails: ${message}`);
    }
  }
  return failed;
}
