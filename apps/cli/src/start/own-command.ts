import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { cutAtDashes } from '@hawser/cli-kit/start';
import type { DescribedCommand, Row } from '../help/render.js';
import { commands } from './commands.js';

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
 * the person has installed plugins, which may hook into every command.
 */
export async function runOwnCommand(root: string, argv: readonly string[]): Promise<boolean> {
  const own = findOwnCommand(root, argv);
  if (!own || existsSync(join(dataFolder(), 'package.json'))) return false;
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
  await Found.run(own.argv, new OwnConfig(root, dataFolder()));
  return true;
}

function findOwnCommand(root: string, argv: readonly string[]): OwnCommand | undefined {
  const manifest = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8')) as {
    readonly commands: Readonly<Record<string, DescribedCommand>>;
  };
  const all = Object.values(manifest.commands);
  for (let count = Math.min(argv.length, 3); count > 0; count--) {
    const name = argv.slice(0, count).join(':');
    const described = all.find(({ id, aliases }) => id === name || aliases?.includes(name));
    if (described) {
      return { described, argv: argv.slice(count), below: all.filter(({ id }) => isBelow(id, described.id)) };
    }
  }
  return undefined;
}

function isBelow(id: string, topic: string): boolean {
  return id.startsWith(`${topic}:`) && !id.slice(topic.length + 1).includes(':');
}

/** Where oclif keeps the plugins of a person. */
function dataFolder(): string {
  const { HAWSER_DATA_DIR, XDG_DATA_HOME, LOCALAPPDATA } = process.env;
  if (HAWSER_DATA_DIR) return HAWSER_DATA_DIR;
  const windows = process.platform === 'win32' ? LOCALAPPDATA : undefined;
  return join(XDG_DATA_HOME || windows || join(homedir(), '.local/share'), 'hawser');
}
