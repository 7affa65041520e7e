import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { ExaminedContext } from '../../ctx/examined.js';
import { contextArg } from '../../ctx/flags.js';

export default class CtxDoctor extends HawserCommand<typeof CtxDoctor, ExaminedContext> {
  static override summary = 'Check whether a context is what was written, is in force, and leads somewhere.';
  static override description = 'Ends with 1 when a check failed; a warning is no failure.';
  static override args = { name: contextArg() };
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> staging --json',
  ];

  protected async work({ args, ...context }: Work<typeof CtxDoctor>): Promise<Result<ExaminedContext>> {
    const { examine } = await import('../../ctx/examined.js');
    const { lookUpTunnels } = await import('../../net/lookup.js');
    const found = await examine(args.name, context, lookUpTunnels(context));
    return {
      data: found,
      text: async () => (await import('../../render/ctx/checks.js')).renderChecks(found, await context.out.style()),
      exitCode: found.checks.some(({ verdict }) => verdict === 'fail') ? 1 : 0,
    };
  }
}
