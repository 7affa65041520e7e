import { Args, Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { MadePlugin } from '../../plugins/scaffold/create.js';
import { pointNames } from '../../plugins/scaffold/point-names.js';

export default class PluginsCreate extends HawserCommand<typeof PluginsCreate, MadePlugin> {
  static override summary = 'Begin a plugin of your own, whose tests pass at once.';
  static override description =
    'Makes a folder of that name with a package in it: plain JavaScript, with types in comments, so that there is nothing to build. Without --point it adds a command; with it, something beside commands.';
  static override args = {
    name: Args.string({ required: true, description: 'Name of the package, such as hawser-plugin-deploy.' }),
  };
  static override flags = {
    point: Flags.option({
      options: pointNames,
      summary: 'Add at this extension point, instead of a command.',
      helpValue: 'POINT',
    })(),
    output: Flags.string({ summary: 'Make the folder below this one. Default: here.', helpValue: 'FOLDER' }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> hawser-plugin-deploy',
    '<%= config.bin %> <%= command.id %> hawser-plugin-vpn --point doctor-check',
  ];

  protected async work({ args, flags }: Work<typeof PluginsCreate>): Promise<Result<MadePlugin>> {
    const { createPlugin } = await import('../../plugins/scaffold/create.js');
    const { name } = args;
    const { point, output = '.' } = flags;
    const made = await createPlugin({ name, point, folder: output, version: this.config.version });
    return {
      data: made,
      text: [
        `Made ${made.folder}:`,
        ...made.files.map((file) => `  ${file}`),
        '',
        `Next: cd ${made.folder} && npm install && npm test`,
        'Then: hawser plugins link .',
      ].join('\n'),
    };
  }
}
