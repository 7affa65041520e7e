import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Interfaces } from '@oclif/core';
import { CliKitError } from '@hawser/cli-kit';
import { renderCompletions } from '../distro/completions.js';
import { readManual } from '../distro/manual.js';
import type { DescribedCommand } from '../help/render.js';

/** The file names of the scripts, by shell. */
const files: Readonly<Record<string, string>> = { bash: 'hawser.bash', zsh: '_hawser', fish: 'hawser.fish' };

/**
 * The completion script of a shell, with the commands of installed plugins.
 *
 * @throws CliKitError HAWSER_CLI_USAGE for a shell that there is no script for
 */
export async function completionScript(
  wanted: string | undefined,
  config: Pick<Interfaces.Config, 'root' | 'commands'>,
): Promise<{ readonly shell: string; readonly script: string }> {
  const shell = wanted ?? basename(process.env['SHELL'] ?? '');
  const file = files[shell];
  if (file === undefined) {
    throw new CliKitError('HAWSER_CLI_USAGE', `There is no completion for ${shell === '' ? 'this shell' : shell}.`, {
      hint: 'Name one that you have: hawser completion bash, zsh or fish.',
    });
  }
  const [pjson, manifest] = await Promise.all(
    ['package.json', 'oclif.manifest.json'].map(async (name) => readFile(join(config.root, name), 'utf8')),
  );
  const { commands } = JSON.parse(manifest ?? '') as { readonly commands: Readonly<Record<string, DescribedCommand>> };
  const added = config.commands
    .filter(({ id }) => !Object.hasOwn(commands, id))
    .map((command) => [command.id, command]);
  const all = { ...(Object.fromEntries(added) as Record<string, DescribedCommand>), ...commands };
  const manual = readManual(
    new Map([
      ['package.json', pjson ?? ''],
      ['oclif.manifest.json', JSON.stringify({ commands: all })],
    ]),
  );
  return { shell, script: renderCompletions(manual).get(file) ?? '' };
}
