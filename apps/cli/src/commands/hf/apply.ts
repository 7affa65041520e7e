import { readFile } from 'node:fs/promises';
import { Args, Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { Plan, PushResult } from '@hawser/hf-push';
import { CliError } from '../../errors.js';
import { hubFlags } from '../../hf/flags.js';

export default class HfApply extends HawserCommand<typeof HfApply, PushResult> {
  static override summary = 'Do what a plan says, and nothing else.';
  static override args = { plan: Args.string({ required: true, description: 'File that hf plan --output wrote.' }) };
  static override flags = {
    ...hubFlags,
    secret: Flags.string({
      summary: 'Value of a secret that the plan names.',
      helpValue: 'NAME[=@FILE]',
      multiple: true,
    }),
    wait: Flags.boolean({ summary: 'Wait until the Space runs.' }),
    'rollback-on-failure': Flags.boolean({ summary: 'Go back to the commit before when the Space does not run.' }),
  };
  static override examples = ['<%= config.bin %> <%= command.id %> plan.json --wait'];

  protected async work({ args, flags, out, signal, ask }: Work<typeof HfApply>): Promise<Result<PushResult>> {
    const { connectAsSomebody } = await import('../../hf/connect.js');
    const { readSecrets } = await import('../../hf/settings.js');
    const { tellEvents } = await import('../../hf/tell-events.js');
    const { applyPlan } = await import('@hawser/hf-push');
    const plan = await readPlan(args.plan);
    const secrets = await readSecrets(flags.secret ?? [], process.env);
    for (const value of Object.values(secrets)) out.hide(value);
    const hub = await connectAsSomebody(flags, { out, signal, ask });
    const result = await out.step(`Applying ${args.plan}`, (step) =>
      applyPlan(hub, plan, {
        secrets,
        signal,
        wait: flags.wait,
        rollbackOnFailure: flags['rollback-on-failure'],
        onEvent: tellEvents(out, step),
      }),
    );
    return {
      data: result,
      text: async () => (await import('../../render/hf/pushed.js')).renderPushed({ result }, await out.style()),
    };
  }
}

/** The library says what is wrong with a plan that is JSON. */
async function readPlan(path: string): Promise<Plan> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Plan;
  } catch (cause) {
    throw new CliError('HAWSER_HF_PLAN_FILE', `${path} cannot be read as a plan`, { cause });
  }
}
