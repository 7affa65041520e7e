import { ContextsError } from '../errors.js';
import { writeByPrefect } from '../prefect/cli.js';
import { applyPlan, type Applied, type ApplyOptions } from './apply.js';
import { planContext, type PlanContextOptions } from './plan-context.js';
import type { ContextPlan } from './plan.js';

/**
 * Carries a plan out with Prefect's own command line for the profile, then everything else in one transaction. The
 * profile is recorded as if we had written it, so that it can be taken back.
 *
 * @param plan - what {@link planContext} made of `options`
 * @throws ContextsError HAWSER_CTX_TOOL_FAILED, when nothing else has been changed; HAWSER_CTX_BAD_INPUT when a secret would
 *   stand on its command line; and what {@link applyPlan} and {@link planContext} throw
 */
export async function applyByPrefect(
  plan: ContextPlan,
  options: PlanContextOptions,
  apply: ApplyOptions & { readonly prefectProgram?: string },
): Promise<Applied> {
  const { prefect, switches = true, env, directory } = options;
  const step = plan.steps.find(({ format }) => format === 'toml');
  if (prefect === undefined || step === undefined) return applyPlan(plan, apply);
  if (prefect.apiKey !== undefined) {
    throw new ContextsError(
      'HAWSER_CTX_BAD_INPUT',
      'Prefect takes secrets on its command line, where everybody sees them.',
      {
        hint: 'Leave out --via-cli, or --with-secrets.',
      },
    );
  }
  const { profile, apiUrl } = plan.record?.prefect ?? prefect;
  const { prefectProgram: program, signal } = apply;
  await writeByPrefect({ program, profile, apiUrl, file: step.file, switches, env, directory, signal });
  const claimed = plan.record?.written.filter(({ format }) => format === 'toml') ?? [];
  const applied = await applyPlan(await planContext({ ...options, claimed }), apply);
  return { ...applied, changed: [...new Set([step.file, ...applied.changed])] };
}
