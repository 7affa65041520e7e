import type { Context, Result } from '@hawser/cli-kit';
import type { Applied, ApplyOptions, ContextPlan, PlanStep } from '@hawser/contexts';
import { CliError } from '../errors.js';

/** What `--json` says of a change. */
export interface ContextChange {
  readonly context: string;
  /** What is, or would be, changed; none when all was right already. */
  readonly steps: readonly PlanStep[];
  /** Files that were looked into, and are right. */
  readonly unchanged: readonly string[];
  readonly applied: boolean;
  readonly brokenLocks: readonly string[];
  readonly record: ContextPlan['record'] | null;
}

/** Shows a plan, asks where somebody is there to answer, and carries it out. */
export async function carryOut(
  plan: ContextPlan,
  {
    flags,
    context,
    apply,
  }: {
    readonly flags: { readonly 'dry-run': boolean; readonly yes: boolean; readonly 'break-lock': boolean };
    readonly context: Pick<Context, 'ask' | 'out' | 'signal' | 'state'>;
    readonly apply: (options: ApplyOptions) => Promise<Applied>;
  },
): Promise<Result<ContextChange>> {
  const { ask, out, signal, state } = context;
  const { renderPlan, renderOutcome } = await import('../render/ctx/plan.js');
  const isDry = flags['dry-run'];
  const asks = ask.interactive && !flags.yes && !isDry && plan.steps.length > 0;
  if (asks) {
    out.say(renderPlan(plan, await out.talkStyle()));
    if (!(await ask.confirm({ question: 'Change this?', flag: '--yes', suggested: true }))) {
      throw new CliError('HAWSER_CTX_DECLINED', 'Nothing was changed.');
    }
  }
  const applied = isDry
    ? undefined
    : await apply({ store: await state(), env: process.env, breakLock: flags['break-lock'], signal });
  for (const lock of applied?.brokenLocks ?? []) await out.warn(`Removed the lock ${lock}`);
  for (const note of applied?.notes ?? plan.notes) await out.warn(note);
  const data: ContextChange = {
    context: plan.context,
    steps: plan.steps,
    unchanged: plan.unchanged,
    applied: !isDry,
    brokenLocks: applied?.brokenLocks ?? [],
    record: (applied === undefined ? plan.record : applied.record) ?? null,
  };
  const text = async (): Promise<string> => {
    const style = await out.style();
    if (isDry) return renderPlan(plan, style);
    return [...(asks ? [] : [renderPlan(plan, style)]), ...renderOutcome(plan, style)].join('\n');
  };
  return { data, text };
}
