import { readFile } from 'node:fs/promises';
import { ExecError } from '../errors.js';
import type { YamlFile } from './read-yaml.js';

/**
 * Reads a configuration file, YAML or JSON, with the lines of what stands in it; `undefined` where there is none. Nothing
 * of YAML is loaded then.
 *
 * @param shown - what messages call it; default: its path
 * @throws ExecError HAWSER_EXEC_CONFIG_INVALID with file and line
 */
export async function readConfigFile(path: string, shown: string = path): Promise<YamlFile | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ExecError('HAWSER_EXEC_CONFIG_INVALID', `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
  const { readYaml } = await import('./read-yaml.js');
  return readYaml(text, shown, []);
}
