import { Args, Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { InitResult } from '@hawser/hf-push';

export default class HfInit extends HawserCommand<typeof HfInit, InitResult> {
  static override summary = 'Begin an environment from a template.';
  static override args = { name: Args.string({ required: true, description: 'A name that Python can import.' }) };
  static override flags = {
    template: Flags.string({
      default: 'echo',
      summary: "Begin as this: echo says what it is told, coding runs Python, others are plugins'. Default: echo.",
      helpValue: 'echo|coding|NAME',
    }),
    output: Flags.string({
      summary: 'Put it into this folder. Default: envs/ if there is one, else here.',
      helpValue: 'FOLDER',
    }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> my_env',
    '<%= config.bin %> <%= command.id %> my_env --template coding',
  ];

  protected async work({ args, flags, extensions }: Work<typeof HfInit>): Promise<Result<InitResult>> {
    const { templateNamed } = await import('../../plugins/hf.js');
    const { initEnvironment } = await import('@hawser/hf-push');
    const made = await initEnvironment({
      name: args.name,
      template: await templateNamed(flags.template, { extensions }),
      from: process.cwd(),
      ...(flags.output === undefined ? {} : { output: flags.output }),
    });
    return {
      data: made,
      text: [`Made ${made.folder}:`, ...made.files.map((path) => `  ${path}`)].join('\n'),
    };
  }
}
