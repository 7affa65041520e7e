import { join } from 'node:path';
import type { Context } from '@hawser/cli-kit';
import {
  type Plan,
  type PushResult,
  type StageOptions,
  planPush,
  push,
  stageEnvironment,
  writeStaging,
} from '@hawser/hf-push';
import { connect, connectAsSomebody, type HubSettings } from './connect.js';
import { planOptions, type PlanFlags } from './plan-options.js';
import { tellEvents } from './tell-events.js';

/** What the flags of a push say. */
export interface PushFlags extends HubSettings, PlanFlags {
  readonly 'dry-run': boolean;
  readonly 'create-only': boolean;
  readonly pr: boolean;
  readonly message?: string | undefined;
  readonly wait: boolean;
  readonly timeout?: number | undefined;
  readonly 'rollback-on-failure': boolean;
}

/** Pushes one environment, or shows what a push would do. */
export async function pushOne(
  environment: string,
  { flags, ...context }: Pick<Context, 'out' | 'signal' | 'ask'> & { readonly flags: PushFlags },
): Promise<{ readonly result: PushResult } | { readonly plan: Plan; readonly staging: string }> {
  const { out } = context;
  const staging = join(process.cwd(), 'hf-staging', environment.split(/[/\\]/).findLast((part) => part !== '') ?? '');
  const options = {
    ...(await planOptions(environment, flags, context)),
    createOnly: flags['create-only'],
    pr: flags.pr,
  };
  if (flags['dry-run']) {
    const { hub, found } = await connect(flags, context);
    let staged: StageOptions | undefined;
    const plan = await planPush(found ? hub : undefined, {
      ...options,
      stage: (wanted) => stageEnvironment((staged = wanted)),
    });
    if (staged) await writeStaging(await stageEnvironment(staged), staging);
    return { plan, staging };
  }
  const hub = await connectAsSomebody(flags, context);
  const result = await out.step(`Pushing ${environment}`, (step) =>
    push(hub, {
      ...options,
      ...(flags.message === undefined ? {} : { message: flags.message }),
      wait: flags.timeout === undefined ? flags.wait : { timeoutMs: flags.timeout },
      rollbackOnFailure: flags['rollback-on-failure'],
      stagingFolder: staging,
      onEvent: tellEvents(out, step),
    }),
  );
  return { result };
}
