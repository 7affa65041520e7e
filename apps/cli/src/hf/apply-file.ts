import type { Context } from '@hawser/cli-kit';
import { type PushResult, applyPlan } from '@hawser/hf-push';
import { afterPushOptions, type AfterPushFlags } from './after-push.js';
import { connectAsSomebody, type HubSettings } from './connect.js';
import { journalFolder } from './journals.js';
import { readPlan } from './plan-file.js';
import { keepPushReceipt } from './push-receipt.js';
import { readSecrets } from './settings.js';
import { tellEvents } from './tell-events.js';
import { tellFailure } from './tell-failure.js';

/** What applying needs besides the plan. */
export interface ApplyContext extends Pick<Context, 'out' | 'signal' | 'ask'> {
  readonly flags: HubSettings &
    AfterPushFlags & {
      readonly secret?: readonly string[] | undefined;
      readonly message?: string | undefined;
      readonly receipt?: string | undefined;
    };
  /** A person's own data folder. */
  readonly dataDir: string;
  /** Release of this command line, for receipts. */
  readonly version: string;
}

/** Does what the plan in a file says. */
export async function applyFile(
  path: string,
  { flags, dataDir, version, ...context }: ApplyContext,
): Promise<PushResult> {
  const { out, signal } = context;
  const plan = await readPlan(path);
  const secrets = await readSecrets(flags.secret ?? [], process.env);
  for (const value of Object.values(secrets)) out.hide(value);
  const connected = await connectAsSomebody(flags, context);
  const { hub } = connected;
  let result: PushResult;
  try {
    result = await out.step(`Applying ${path}`, (step) =>
      applyPlan(hub, plan, {
        secrets,
        signal,
        ...journalFolder(dataDir),
        ...afterPushOptions(flags, connected),
        ...(flags.message === undefined ? {} : { message: flags.message }),
        onEvent: tellEvents(out, step),
      }),
    );
  } catch (error) {
    tellFailure(out, error);
    throw error;
  }
  const { name: environment } = plan.environment;
  await keepPushReceipt({ environment, result }, hub, { dataDir, version, receipt: flags.receipt }, out);
  return result;
}
