import { findSet } from '../checks/look.js';
import { ContextsError } from '../../errors.js';
import { githubRunner, job, workflowRun, type Job, type Listed, type Probe } from '../evidence/github.js';
import type { ClusterSeen, GithubSeen, Seen } from '../evidence/observation.js';
import { pathOf, scopeOf, type Scope } from '../scope.js';
import type { Subject } from '../types.js';
import type { GithubClient, GithubCall } from './github-client.js';
import { see } from './unseen.js';

/** So many runs that wait are looked into in one look. */
const mostRuns = 50;
const mostRunPages = 2;

/** Looks at GitHub: the runners of the set's scope, and what waits in the repository. */
export async function seeGithub(
  client: GithubClient,
  asked: { readonly subject: Subject; readonly cluster: ClusterSeen; readonly call: GithubCall },
): Promise<Omit<GithubSeen, 'probe'>> {
  const { subject, call } = asked;
  const scope = scopeFor(subject, asked.cluster);
  const runners =
    scope.server.toLowerCase() === subject.githubUrl.toLowerCase()
      ? await see(() => client.list(`${pathOf(scope)}/actions/runners`, 'runners', githubRunner, call), call.signal)
      : elsewhere(scope, subject);
  const jobs = await see(() => waitingJobs(client, subject, call), call.signal);
  return { scope: pathOf(scope), runners, jobs };
}

/** The scope the set registers with; without a set, the repository that was asked for. */
function scopeFor(subject: Subject, cluster: ClusterSeen): Scope {
  const url = findSet(cluster.sets, subject)?.spec.githubConfigUrl;
  const named = url === undefined ? undefined : scopeOf(url);
  return named ?? { server: subject.githubUrl, kind: 'repository', name: `${subject.owner}/${subject.repository}` };
}

/** The token is for the server that was asked for: a cluster's configuration does not decide where it goes. */
function elsewhere(scope: Scope, subject: Subject): Seen<never> {
  return {
    unseen: {
      code: 'HAWSER_ARC_GITHUB_FAILED',
      message: `The set registers with ${scope.server}, and the token is for ${subject.githubUrl}.`,
      hint: `If that is right, pass --github-url ${scope.server} and a token of that server.`,
      refused: true,
    },
  };
}

/** Jobs of runs that have not ended: a run in progress may have jobs that wait. */
async function waitingJobs(client: GithubClient, subject: Subject, call: GithubCall): Promise<Listed<Job>> {
  const base = `/repos/${subject.owner}/${subject.repository}/actions/runs`;
  const pages = { ...call, mostPages: mostRunPages };
  const [queued, running] = [
    await client.list(`${base}?status=queued`, 'workflow_runs', workflowRun, pages),
    await client.list(`${base}?status=in_progress`, 'workflow_runs', workflowRun, pages),
  ];
  const ids = [...new Set([...queued.items, ...running.items].map(({ id }) => id))];
  const jobs: Job[] = [];
  let complete = queued.complete && running.complete && ids.length <= mostRuns;
  for (const id of ids.slice(0, mostRuns)) {
    const found = await client.list(`${base}/${id}/jobs?filter=latest`, 'jobs', job, pages);
    jobs.push(...found.items.filter(({ status }) => status === 'queued'));
    complete &&= found.complete;
  }
  return { items: jobs, complete };
}

/** A workflow that is dispatched once, and followed. */
export interface Prober {
  /** What is known of it now. It is dispatched when `may` says so for the first time. */
  look(may: boolean, call: GithubCall): Promise<Seen<Probe>>;
}

/**
 * Makes a prober for `FILE@REF`.
 *
 * @throws {@link ContextsError} `HAWSER_ARC_BAD_INPUT`
 */
export function createProber(client: GithubClient, subject: Subject, written: string, now: () => number): Prober {
  const [, workflow, ref] = /^([\w][\w.-]*\.ya?ml|\d+)@([^\s@][^\s]*)$/u.exec(written) ?? [];
  if (workflow === undefined || ref === undefined) {
    throw new ContextsError(
      'HAWSER_ARC_BAD_INPUT',
      `'${written}' is no workflow to dispatch: write its file and a branch, like probe.yml@main.`,
    );
  }
  const base = `/repos/${subject.owner}/${subject.repository}/actions`;
  const runsPath = `${base}/workflows/${workflow}/runs?event=workflow_dispatch`;
  const runs = (call: GithubCall): Promise<Listed<{ readonly id: number }>> =>
    client.list(runsPath, 'workflow_runs', workflowRun, { ...call, mostPages: 1 });
  let newestBefore: number | undefined;
  let dispatchedAt: string | undefined;
  let runId: number | undefined;

  return {
    look: (may, call) =>
      see(async () => {
        if (dispatchedAt === undefined && may) {
          newestBefore = newest((await runs(call)).items) ?? 0;
          await client.post(`${base}/workflows/${workflow}/dispatches`, { ref }, call);
          dispatchedAt = new Date(now()).toISOString();
        }
        if (dispatchedAt === undefined) return { workflow, ref };
        // The oldest of those that came after: another may have been dispatched by somebody else since.
        runId ??= (await runs(call)).items
          .map(({ id }) => id)
          .filter((id) => id > (newestBefore ?? 0))
          .toSorted((left, right) => left - right)[0];
        if (runId === undefined) return { workflow, ref, dispatchedAt };
        const run = await client.get(`${base}/runs/${runId}`, workflowRun, call);
        const jobs = await client.list(`${base}/runs/${runId}/jobs?filter=latest`, 'jobs', job, call);
        return { workflow, ref, dispatchedAt, run, jobs: jobs.items };
      }, call.signal),
  };
}

function newest(runs: readonly { readonly id: number }[]): number | undefined {
  return runs.length === 0 ? undefined : Math.max(...runs.map(({ id }) => id));
}
