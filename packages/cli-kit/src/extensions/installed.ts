import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { InstalledPlugin } from './find.js';

/** Where oclif keeps the plugins of a person, and Hawser what else it keeps for them. */
export function dataFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const { HAWSER_DATA_DIR, XDG_DATA_HOME, LOCALAPPDATA } = environment;
  if (HAWSER_DATA_DIR) return HAWSER_DATA_DIR;
  const windows = process.platform === 'win32' ? LOCALAPPDATA : undefined;
  return join(XDG_DATA_HOME || windows || join(homedir(), '.local/share'), 'hawser');
}

/**
 * The plugins that a person installed or linked, as `hawser plugins` wrote them down in the data folder; of each, its
 * package.json. One that cannot be read is left out: nothing breaks because of it. For processes without oclif.
 */
export function installedPlugins(folder: string): readonly InstalledPlugin[] {
  const { oclif } = (readJson(join(folder, 'package.json')) ?? {}) as { oclif?: { plugins?: unknown } };
  const listed: readonly unknown[] = Array.isArray(oclif?.plugins) ? oclif.plugins : [];
  return listed.flatMap((entry) => {
    const { name, root: linked } = (
      typeof entry === 'string' ? { name: entry } : (entry ?? {})
    ) as Partial<InstalledPlugin>;
    if (typeof name !== 'string') return [];
    const root = typeof linked === 'string' && isAbsolute(linked) ? linked : join(folder, 'node_modules', name);
    const pjson = readJson(join(root, 'package.json'));
    return pjson === undefined ? [] : [{ name, root, pjson }];
  });
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown;
  } catch {
    return undefined;
  }
}
