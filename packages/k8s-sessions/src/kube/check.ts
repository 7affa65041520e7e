import { type Cluster, KubeClientError } from '@hawser/kube-client';
import type { V1ResourceQuota, V1SelfSubjectAccessReview } from '@kubernetes/client-node';
import { buildRunnerJob } from './job.js';
import type { RunnerTemplate } from './template.js';

/** What the controller does in the namespace of its runners; the chart's Role allows exactly this. */
export const neededRights: readonly {
  readonly group: string;
  readonly resource: string;
  readonly verbs: readonly string[];
}[] = [
  { group: 'batch', resource: 'jobs', verbs: ['create', 'get', 'list', 'watch', 'delete'] },
  { group: '', resource: 'pods', verbs: ['get', 'list', 'watch', 'delete'] },
  { group: '', resource: 'secrets', verbs: ['create', 'delete'] },
  { group: '', resource: 'events', verbs: ['get', 'list', 'watch'] },
];

/** Whether a start would work now. Every problem as a sentence; none when all is well. */
export async function checkAccess(cluster: Cluster, template: RunnerTemplate): Promise<readonly string[]> {
  const { namespace } = template;
  try {
    const missing = await missingRights(cluster, namespace);
    if (missing.length > 0)
      return missing.map((right) => `The service may not ${right} in the namespace ${namespace}.`);
    return [...(await tryStart(cluster, template)), ...(await fullQuotas(cluster, namespace))];
  } catch (error) {
    if (error instanceof KubeClientError) return [error.message];
    throw error;
  }
}

async function missingRights(cluster: Cluster, namespace: string): Promise<readonly string[]> {
  const wanted = neededRights.flatMap(({ group, resource, verbs }) => verbs.map((verb) => ({ group, resource, verb })));
  const answers = await Promise.all(
    wanted.map(async (right) => {
      const review = { spec: { resourceAttributes: { namespace, ...right } } };
      const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
      const { status } = await cluster.post<V1SelfSubjectAccessReview>(path, review);
      return status?.allowed === true ? [] : [`${right.verb} ${right.resource}`];
    }),
  );
  return answers.flat();
}

/** Has the server judge a Job as if it were made: whether the namespace is there, and what admission says. */
async function tryStart(cluster: Cluster, template: RunnerTemplate): Promise<readonly string[]> {
  const trial = { session: '00000000-0000-0000-0000-000000000000', attempt: 1, secret: '', egress: 'none' } as const;
  const { job } = buildRunnerJob(template, { ...trial, deadlineMs: 1_000, exitOnJob: true, ttlSeconds: 1 });
  const path = `/apis/batch/v1/namespaces/${encodeURIComponent(template.namespace)}/jobs?dryRun=All&fieldValidation=Strict`;
  try {
    await cluster.post(path, job);
    return [];
  } catch (error) {
    if (error instanceof KubeClientError && error.details?.['reason'] === 'AlreadyExists') return [];
    if (error instanceof KubeClientError) return [`A Job would not be taken: ${error.message}`];
    throw error;
  }
}

/** Quotas that are used up. Whoever may not read them is not told. */
async function fullQuotas(cluster: Cluster, namespace: string): Promise<readonly string[]> {
  const problems: string[] = [];
  try {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/resourcequotas`;
    for await (const { metadata, status } of cluster.list<V1ResourceQuota>(path)) {
      for (const key of ['pods', 'count/pods', 'count/jobs.batch']) {
        const [hard, used] = [status?.hard?.[key], status?.used?.[key]];
        if (hard === undefined || used === undefined || Number(used) < Number(hard)) continue;
        problems.push(`The quota ${metadata?.name ?? ''} is used up: ${used} of ${hard} ${key}.`);
      }
    }
  } catch (error) {
    if (!(error instanceof KubeClientError) || error.code !== 'HAWSER_KUBE_FORBIDDEN') throw error;
  }
  return problems;
}
