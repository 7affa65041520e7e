import type { ContextsData } from '../plan/contexts-document.js';
import type { EnvContext } from './plan.js';

/** What env files take over from `contexts.json`: of the context named like the target, else of the current one. */
export function envContext({ contexts, current }: ContextsData, target: string): EnvContext | undefined {
  const name = Object.hasOwn(contexts, target) ? target : current;
  const record = name === undefined ? undefined : contexts[name];
  if (name === undefined || record === undefined) return undefined;
  const { prefect, kubernetes } = record;
  return {
    name,
    ...(prefect === undefined ? {} : { prefectApiUrl: prefect.apiUrl, prefectProfile: prefect.profile }),
    ...(kubernetes?.namespace === undefined ? {} : { kubernetesNamespace: kubernetes.namespace }),
  };
}
