import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { ExtensionPoints } from '@hawser/cli-kit';
import kit from '@hawser/cli-kit/package.json' with { type: 'json' };
import { CliKitError } from '@hawser/cli-kit/start';
import { commandFiles } from './command-files.js';
import { pointFiles } from './point-files.js';

/** A plugin that was begun. */
export interface MadePlugin {
  readonly name: string;
  /** Absolute path. */
  readonly folder: string;
  /** Extension point it adds at; null: it adds a command. */
  readonly point: string | null;
  /** Below the folder, sorted. */
  readonly files: readonly string[];
}

/** What a plugin is begun with. */
export interface CreatePluginOptions {
  readonly name: string;
  readonly point: keyof ExtensionPoints | undefined;
  /** The folder that gets the plugin's. */
  readonly folder: string;
  /** Of Hawser: what the plugin is written against. */
  readonly version: string;
}

/** Files by their paths. */
export type Files = Readonly<Record<string, string>>;

/**
 * Writes a plugin that passes its own tests.
 *
 * @throws CliKitError HAWSER_CLI_USAGE for a name that no package may have, or a folder that is there already
 */
export async function createPlugin(options: CreatePluginOptions): Promise<MadePlugin> {
  const { name, point, version } = options;
  const kitVersion = kit.version;
  if (!/^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/.test(name) || name.length > 100) {
    throw new CliKitError('HAWSER_CLI_USAGE', `'${name}' cannot be the name of a package.`, {
      hint: 'Choose one such as hawser-plugin-deploy: lower-case letters, digits and dashes.',
    });
  }
  const packageName = name.split('/').at(-1) ?? name;
  // What it is called in the command line: without what all plugins begin with.
  const word = packageName.replace(/^(?:hawser-)?(?:plugin-)?/, '').replaceAll(/[^a-z0-9]+/g, '-') || 'hello';
  const names = { name, word, version, kitVersion };
  const files = { ...(point ? pointFiles(point, names) : commandFiles(names)) };
  const folder = resolve(options.folder, packageName);
  await mkdir(dirname(folder), { recursive: true });
  try {
    await mkdir(folder);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    throw new CliKitError('HAWSER_CLI_USAGE', `${folder} is there already.`, {
      hint: 'Choose another name, or another folder with --output.',
      details: { folder },
      cause,
    });
  }
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  return { name, folder, point: point ?? null, files: Object.keys(files).toSorted() };
}
