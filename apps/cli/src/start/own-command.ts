import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataFolder, type InstalledPlugin, installedPlugins } from '@hawser/cli-kit/extensions';
import { cutAtDashes } from '@hawser/cli-kit/start';
import type { DescribedCommand, Row } from '../help/render.js';
import { commands } from './commands.js';

/** Commands that have to know all commands of all plugins. */
const wholeHouse: ReadonlySet<string> = new Set(['completion', 'doctor']);

/** One of our own commands, found in the manifest that the build made. */
interface OwnCommand {
  readonly described: DescribedCommand;
  /** The words behind its name. */
  readonly argv: string[];
  /** The commands below it. */
  readonly below: readonly DescribedCommand[];
}

/**
 * Runs one of our own commands, or shows its help, without looking at plugins: oclif would load each of them first,
 * which takes longer than Node itself. Answers whether it did: not when the words name none of our commands, nor when
 * the person has plugins that hook into commands. Of plugins without hooks only what they say of themselves is read, but for
 * {@link wholeHouse}.
 */
export async function runOwnCommand(root: string, argv: readonly string[]): Promise<boolean> {
  if (argv.length === 0) {
    const [{ renderJourneys }, { layOut }] = await Promise.all([
      import('../help/journeys.js'),
      import('../help/layout.js'),
    ]);
    process.stdout.write(renderJourneys(await layOut()));
    return true;
  }
  const own = findOwnCommand(root, argv);
  if (!own) return false;
  const folder = dataFolder(process.env);
  const plugins = installedPlugins(folder);
  if (plugins.some(hasHooks) || (plugins.length > 0 && wholeHouse.has(own.described.id))) return false;
  if (cutAtDashes(own.argv).own.includes('--help')) {
    const [{ renderCommandHelp }, { layOut }] = await Promise.all([
      import('../help/render.js'),
      import('../help/layout.js'),
    ]);
    const below = own.below.map(({ id, summary = '' }): Row => [id, summary]);
    process.stdout.write(renderCommandHelp(own.described, await layOut(), { commands: below }));
    return true;
  }
  const { id } = own.described;
  const { OwnConfig } = await import('./own-config.js');
  const Found = commands[id];
  if (!Found) return false;
  Found.id = id;
  await Found.run(own.argv, new OwnConfig(root, folder, plugins));
  return true;
}

function findOwnCommand(root: string, argv: readonly string[]): OwnCommand | undefined {
  const manifest = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8')) as {
    readonly commands: Readonly<Record<string, DescribedCommand>>;
  };
  const all = Object.values(manifest.commands);
  for (let count = Math.min(argv.length, 3); count > 0; count--) {
    const name = argv.slice(0, count).join(':');
    const described = all.find(({ id, aliases, hiddenAliases }) =>
      [id, ...(aliases ?? []), ...(hiddenAliases ?? [])].includes(name),
    );
    if (described) {
      return { described, argv: argv.slice(count), below: all.filter(({ id }) => isBelow(id, described.id)) };
    }
  }
  return undefined;
}

function isBelow(id: string, topic: string): boolean {
  return id.startsWith(`${topic}:`) && !id.slice(topic.length + 1).includes(':');
}

function hasHooks({ pjson }: InstalledPlugin): boolean {
  const { hooks } = (pjson as { oclif?: { hooks?: object } }).oclif ?? {};
  return hooks !== undefined && Object.keys(hooks).length > 0;
}
