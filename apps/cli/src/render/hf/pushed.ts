import type { Style } from '@hawser/cli-kit';
import type { Plan, PushResult } from '@hawser/hf-push';

/** What a push did, or would do, in a few lines. */
export function renderPushed(
  pushed: { readonly result: PushResult } | { readonly plan: Plan; readonly staging: string },
  style: Style,
): string {
  return 'result' in pushed
    ? renderResult(pushed.result, style)
    : `${renderPlan(pushed.plan, style)}\nStaged in ${pushed.staging}`;
}

function renderResult(result: PushResult, style: Style): string {
  const { added, updated, deleted, same } = result.changes;
  const what = result.unchanged
    ? `nothing to do, all ${same} files are there`
    : `${added.length} added, ${updated.length} updated, ${deleted.length} deleted, ${same} as they were`;
  return [
    `${style.good('✓')} ${result.url}: ${what}`,
    `  commit ${result.commit}, tree ${result.treeId}`,
    ...(result.pullRequest ? [`  proposed as ${result.pullRequest.url}`] : []),
    ...(result.stage === undefined
      ? []
      : [`  ${result.stage}${result.appUrl === undefined ? '' : ` at ${result.appUrl}`}`]),
  ].join('\n');
}

/** A plan, file by file where the Space was looked at. */
export function renderPlan(plan: Plan, style: Style): string {
  const marks = { add: style.good('+'), update: style.warn('~'), same: ' ', delete: '-', ignored: '!' } as Record<
    string,
    string
  >;
  const lines = plan.files
    .filter(({ action }) => action !== 'same')
    .map(({ path, size, action }) => `  ${marks[action ?? 'add'] ?? '+'} ${path} (${size} bytes)`);
  const deletes = plan.change?.deletes.map((path) => `  - ${path}`) ?? [];
  const head = plan.change?.exists === false ? `${plan.space} would be made` : plan.space;
  const rest = lines.length + deletes.length === 0 ? ['  nothing to do'] : [...lines, ...deletes];
  return [`${head}, contents ${plan.contents}`, ...rest].join('\n');
}
