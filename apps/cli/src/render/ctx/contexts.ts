import type { Out, Style } from '@hawser/cli-kit';
import type { ListedContext, ShownContext } from '../../ctx/listed.js';

/** All contexts as a table. */
export async function renderContexts(contexts: readonly ListedContext[], out: Out): Promise<string> {
  if (contexts.length === 0) return 'No contexts. hawser ctx init makes one.';
  return out.table(contexts, [
    { heading: '', value: ({ current }) => (current ? '*' : '') },
    { heading: 'CONTEXT', value: ({ name }) => name },
    { heading: 'PREFECT', value: ({ prefect }) => prefect?.apiUrl ?? '' },
    { heading: 'KUBECTL', value: ({ kubernetes }) => kubernetes?.context ?? '' },
    { heading: 'NAMESPACE', value: ({ kubernetes }) => kubernetes?.namespace ?? '' },
    { heading: 'UPDATED', value: ({ updatedAt }) => updatedAt.slice(0, 16).replace('T', ' ') },
  ]);
}

/** One context in full. */
export function renderContext(context: ShownContext, style: Style): string {
  const { prefect, kubernetes, written, history } = context;
  const lines = [
    ['Prefect', prefect && `profile ${prefect.profile}, ${prefect.apiUrl}`],
    ['  in', prefect?.file],
    ['  tunnel', prefect?.tunnel],
    ['kubectl', kubernetes && `context ${kubernetes.context}, cluster ${kubernetes.cluster}`],
    ['  in', kubernetes?.kubeconfig],
    ['  namespace', kubernetes?.namespace],
    ['  server', kubernetes?.server],
    ['  role', kubernetes?.roleArn],
    ['  tunnel', kubernetes?.tunnel],
    ['written', `${written.length} ${written.length === 1 ? 'entry' : 'entries'}, ${context.updatedAt}`],
    ...history.map(
      (old) =>
        [
          'before',
          [old.prefect?.apiUrl, old.kubernetes?.context, `until ${old.until}`].filter(Boolean).join(', '),
        ] as const,
    ),
  ] as const;
  return [
    `${style.strong(context.name)}${context.current ? ' (current)' : ''}`,
    ...lines.filter(([, value]) => value !== undefined).map(([key, value]) => `  ${key.padEnd(11)} ${value}`),
  ].join('\n');
}
