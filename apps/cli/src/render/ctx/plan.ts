import type { Style } from '@hawser/cli-kit';
import type { ContextPlan } from '@hawser/contexts';

/** A plan as a diff; `contexts.json` in one line, since it only says again what the others say. */
export function renderPlan(plan: ContextPlan, style: Style): string {
  if (plan.steps.length === 0) return `${style.good('✓')} ${plan.context}: nothing to do`;
  return plan.steps
    .map(({ file, format, isNew, diff }) => {
      if (format !== 'contexts') return renderDiff(diff, style);
      return `${style.faint(isNew ? 'new' : 'record')} ${file}`;
    })
    .join('\n');
}

/** What was done, and what it means. */
export function renderOutcome({ purpose, context, steps, record }: ContextPlan, style: Style): string[] {
  if (steps.length === 0) return [];
  if (purpose === 'remove') return [`${style.good('✓')} ${context} is removed`];
  const { prefect, kubernetes } = record ?? {};
  return [
    `${style.good('✓')} ${context}`,
    ...(prefect === undefined ? [] : [`  Prefect: profile ${prefect.profile}, ${style.link(prefect.apiUrl)}`]),
    ...(kubernetes === undefined
      ? []
      : [
          `  kubectl: context ${kubernetes.context}, ${[kubernetes.cluster, kubernetes.namespace].filter(Boolean).join('/')}`,
        ]),
  ];
}

function renderDiff(diff: string, style: Style): string {
  return diff
    .trimEnd()
    .split('\n')
    .map((line) => {
      if (/^(?:---|\+\+\+) /.test(line)) return style.strong(line);
      if (line.startsWith('@@')) return style.faint(line);
      if (line.startsWith('+')) return style.good(line);
      return line.startsWith('-') ? style.bad(line) : line;
    })
    .join('\n');
}
