import type { GithubJob, GithubRun, GithubRunner } from './types.js';
import type { GithubState } from './state.js';

/** What is answered; a list is cut into pages by whoever sends it. */
export type GithubAnswer =
  | { readonly status: number; readonly json?: unknown }
  | { readonly list: readonly unknown[]; readonly key: string };

/** One request, its path without `/api/v3`. */
export interface GithubCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: RegExp;
  /** What GitHub says is missing, when it refuses. */
  readonly permission: string;
  answer(state: GithubState, call: GithubCall, params: readonly (string | undefined)[]): GithubAnswer;
}

const missing: GithubAnswer = { status: 404, json: { message: 'Not Found' } };

/** Paths and fields: GitHub REST API 2022-11-28, "Self-hosted runners", "Workflow runs", "Workflow jobs", "Workflows". */
const routes: readonly Route[] = [
  {
    method: 'GET',
    path: /^\/(repos\/[^/]+\/[^/]+|orgs\/[^/]+|enterprises\/[^/]+)\/actions\/runners$/u,
    permission: 'administration=read',
    answer: (state, { query }, [scope = '']) => {
      const name = query.get('name');
      const runners = state.runners.get(scope.toLowerCase()) ?? [];
      return { key: 'runners', list: runners.filter((one) => name === null || one.name === name).map(showRunner) };
    },
  },
  {
    method: 'GET',
    path: /^\/repos\/([^/]+\/[^/]+)\/actions\/(?:workflows\/([^/]+)\/)?runs$/u,
    permission: 'actions=read',
    answer: (state, { query }, [repository = '', workflow]) => {
      const [status, event] = [query.get('status'), query.get('event')];
      const runs = state
        .runsOf(repository)
        .filter(
          (run) =>
            (workflow === undefined || run.workflow === workflow) &&
            (status === null || run.status === status || run.conclusion === status) &&
            (event === null || (run.event ?? 'push') === event),
        );
      return { key: 'workflow_runs', list: runs.map(showRun) };
    },
  },
  {
    method: 'GET',
    path: /^\/repos\/([^/]+\/[^/]+)\/actions\/runs\/(\d+)$/u,
    permission: 'actions=read',
    answer: (state, _, [repository = '', id]) => {
      const run = state.runsOf(repository).find((one) => String(one.id) === id);
      return run ? { status: 200, json: showRun(run) } : missing;
    },
  },
  {
    method: 'GET',
    path: /^\/repos\/([^/]+\/[^/]+)\/actions\/runs\/(\d+)\/jobs$/u,
    permission: 'actions=read',
    answer: (state, _, [repository = '', id]) => {
      const run = state.runsOf(repository).find((one) => String(one.id) === id);
      return run ? { key: 'jobs', list: run.jobs.map((job) => showJob(run, job)) } : missing;
    },
  },
  {
    method: 'POST',
    path: /^\/repos\/([^/]+\/[^/]+)\/actions\/workflows\/([^/]+)\/dispatches$/u,
    permission: 'actions=write',
    answer: (state, { body }, [repository = '', workflow = '']) => {
      const make = state.workflows[workflow];
      if (!make) return missing;
      const ref = typeof body === 'object' && body !== null && 'ref' in body ? body.ref : undefined;
      if (typeof ref !== 'string')
        return { status: 422, json: { message: 'Invalid request.\n\n"ref" wasn\'t supplied.' } };
      state.addRun(repository, { event: 'workflow_dispatch', ...make({ repository, workflow, ref }) });
      return { status: 204 };
    },
  },
];

/** What GitHub would answer to somebody it knows. */
export function answerTo(
  state: GithubState,
  call: GithubCall,
  authorize: (request: { readonly method: string; readonly path: string }) => boolean,
): { readonly answer: GithubAnswer; readonly headers?: Readonly<Record<string, string>> } {
  for (const route of routes) {
    const match = route.method === call.method ? route.path.exec(call.path) : null;
    if (!match) continue;
    if (!authorize({ method: call.method, path: call.path })) {
      return {
        answer: { status: 403, json: { message: 'Resource not accessible by personal access token' } },
        headers: { 'x-accepted-github-permissions': route.permission },
      };
    }
    return { answer: route.answer(state, call, match.slice(1).map(decode)) };
  }
  return { answer: missing };
}

function decode(part: string | undefined): string | undefined {
  try {
    return part === undefined ? undefined : decodeURIComponent(part);
  } catch {
    return part;
  }
}

function showRunner(runner: GithubRunner): unknown {
  return {
    id: runner.id,
    name: runner.name,
    os: runner.os ?? 'linux',
    status: runner.status ?? 'online',
    busy: runner.busy ?? false,
    ephemeral: true,
    runner_group_id: runner.runnerGroupId ?? 1,
    labels: (runner.labels ?? []).map((name, index) => ({ id: index + 1, name, type: 'read-only' })),
  };
}

function showRun(run: GithubRun): unknown {
  return {
    id: run.id,
    name: run.workflow,
    path: `.github/workflows/${run.workflow}`,
    event: run.event ?? 'push',
    status: run.status,
    conclusion: run.conclusion ?? null,
    created_at: run.createdAt ?? null,
  };
}

function showJob(run: GithubRun, job: GithubJob): unknown {
  return {
    id: job.id,
    run_id: run.id,
    name: job.name,
    status: job.status,
    conclusion: job.conclusion ?? null,
    created_at: job.createdAt ?? run.createdAt ?? null,
    started_at: job.createdAt ?? run.createdAt ?? null,
    labels: job.labels,
    runner_id: job.runnerId ?? null,
    runner_name: job.runnerName ?? null,
    runner_group_name: job.runnerId === undefined ? null : 'Default',
  };
}
