import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startGithubEmulator, type GithubEmulator, type GithubEmulatorOptions } from '@hawser/emulators/github';
import { Octokit } from '@octokit/rest';

let servers: GithubEmulator[] = [];
afterEach(async () => {
  await Promise.all(servers.map((one) => one.close()));
  servers = [];
});

async function start(options: GithubEmulatorOptions = {}): Promise<{ github: GithubEmulator; client: Octokit }> {
  const github = await startGithubEmulator(options);
  servers.push(github);
  return { github, client: clientOf(github) };
}

/** GitHub's own client for JavaScript. */
function clientOf(github: GithubEmulator, token: string = github.token): Octokit {
  const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  return new Octokit({
    ...(token === '' ? {} : { auth: token }),
    baseUrl: github.env['GITHUB_API_URL'] ?? '',
    log: silent,
  });
}

const repo = { owner: 'acme', repo: 'app' };
const runner = (id: number): { id: number; name: string; labels: string[] } => ({
  id,
  name: `r-${id}`,
  labels: ['linux'],
});

describe("GitHub's own client", () => {
  test('reads runners page by page, of repositories, organizations and enterprises', async () => {
    const { github, client } = await start();
    github.setRunners(
      'repos/acme/app',
      Array.from({ length: 250 }, (_, index) => runner(index + 1)),
    );
    github.setRunners('orgs/Acme', [{ ...runner(7), busy: true, status: 'offline' }]);
    const all = await client.paginate(client.rest.actions.listSelfHostedRunnersForRepo, { ...repo, per_page: 100 });
    expect(all.map(({ id }) => id)).toEqual(Array.from({ length: 250 }, (_, index) => index + 1));
    expect(github.requests).toHaveLength(3);
    const { data } = await client.rest.actions.listSelfHostedRunnersForOrg({ org: 'acme' });
    expect(data).toMatchObject({
      total_count: 1,
      runners: [{ id: 7, busy: true, status: 'offline', labels: [{ name: 'linux' }] }],
    });
    const named = await client.rest.actions.listSelfHostedRunnersForRepo({ ...repo, name: 'r-17' });
    expect(named.data.runners.map(({ id }) => id)).toEqual([17]);
    expect((await client.request('GET /enterprises/{enterprise}/actions/runners', { enterprise: 'x' })).data).toEqual({
      total_count: 0,
      runners: [],
    });
  });

  test('takes 30 a page where it does not say, and the pages it asks for', async () => {
    const { github, client } = await start();
    github.setRunners(
      'orgs/acme',
      Array.from({ length: 61 }, (_, index) => runner(index)),
    );
    const { data, headers } = await client.rest.actions.listSelfHostedRunnersForOrg({ org: 'acme', page: 2 });
    expect(data.runners.map(({ id }) => id)[0]).toBe(30);
    expect(
      [...(headers.link ?? '').matchAll(/[?&]page=(\d)[^>]*>; rel="(\w+)"/g)].map(([, page, rel]) => `${rel} ${page}`),
    ).toEqual(['prev 1', 'next 3', 'last 3', 'first 1']);
  });

  test('reads runs by status and event, and their jobs', async () => {
    const { github, client } = await start();
    const jobs = [{ id: 1, name: 'build', status: 'queued', labels: ['linux'] }] as const;
    github.setRuns('acme/app', [
      { id: 5, workflow: 'ci.yml', status: 'queued', jobs },
      { id: 4, workflow: 'ci.yml', status: 'completed', conclusion: 'failure', jobs: [] },
    ]);
    const { data } = await client.rest.actions.listWorkflowRunsForRepo({ ...repo, status: 'queued' });
    expect(data.workflow_runs.map(({ id }) => id)).toEqual([5]);
    const failed = await client.rest.actions.listWorkflowRunsForRepo({ ...repo, status: 'failure' });
    expect(failed.data.workflow_runs.map(({ id }) => id)).toEqual([4]);
    const found = await client.rest.actions.listJobsForWorkflowRun({ ...repo, run_id: 5 });
    expect(found.data.jobs[0]).toMatchObject({
      id: 1,
      run_id: 5,
      status: 'queued',
      labels: ['linux'],
      runner_id: null,
    });
  });

  test('dispatches a workflow, and finds its run', async () => {
    const { github, client } = await start({
      workflows: {
        'probe.yml': ({ ref }) => ({
          id: 9,
          workflow: 'probe.yml',
          status: 'queued',
          jobs: [{ id: 1, name: ref, status: 'queued', labels: [] }],
        }),
      },
    });
    const dispatch = { ...repo, workflow_id: 'probe.yml', ref: 'main' };
    expect((await client.rest.actions.createWorkflowDispatch(dispatch)).status).toBe(204);
    const { data } = await client.rest.actions.listWorkflowRuns({
      ...repo,
      workflow_id: 'probe.yml',
      event: 'workflow_dispatch',
    });
    expect(data.workflow_runs.map(({ id, status }) => [id, status])).toEqual([[9, 'queued']]);
    expect(github.runs('ACME/app')[0]?.jobs[0]?.name).toBe('main');
    await expect(
      client.rest.actions.createWorkflowDispatch({ ...dispatch, workflow_id: 'no.yml' }),
    ).rejects.toMatchObject({ status: 404 });
    const { data: run } = await client.rest.actions.getWorkflowRun({ ...repo, run_id: 9 });
    expect(run.event).toBe('workflow_dispatch');
  });

  test('is told 304 when nothing changed, which costs nothing of its rate limit', async () => {
    const { github, client } = await start({ rateLimit: { requests: 2, windowSeconds: 900 } });
    const first = await client.rest.actions.listSelfHostedRunnersForOrg({ org: 'acme' });
    const headers = { 'if-none-match': first.headers.etag ?? '' };
    for (let time = 0; time < 3; time++) {
      await expect(client.rest.actions.listSelfHostedRunnersForOrg({ org: 'acme', headers })).rejects.toMatchObject({
        status: 304,
      });
    }
    github.setRunners('orgs/acme', [runner(1)]);
    const changed = await client.rest.actions.listSelfHostedRunnersForOrg({ org: 'acme', headers });
    expect([changed.status, changed.headers['x-ratelimit-remaining']]).toEqual([200, '0']);
    const refused = client.rest.actions.listSelfHostedRunnersForOrg({ org: 'acme' });
    await expect(refused).rejects.toMatchObject({
      status: 403,
      response: { headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-limit': '2' } },
    });
  });

  test('is refused without a token, with another, and without the rights, which are named', async () => {
    const { github } = await start({ authorize: ({ path }) => !path.startsWith('/orgs/') });
    const asked = (client: Octokit): Promise<unknown> =>
      client.rest.actions.listSelfHostedRunnersForOrg({ org: 'acme' });
    await expect(asked(clientOf(github, 'ghp_other'))).rejects.toMatchObject({ status: 401 });
    await expect(asked(clientOf(github, ''))).rejects.toMatchObject({
      status: 401,
    });
    await expect(asked(clientOf(github))).rejects.toMatchObject({
      status: 403,
      response: { headers: { 'x-accepted-github-permissions': 'administration=read' } },
    });
  });
});

describe('faults', () => {
  let github: GithubEmulator;
  beforeAll(async () => {
    github = await startGithubEmulator();
  });
  afterAll(() => github.close());
  const ask = (org = 'acme', signal?: AbortSignal): Promise<Response> =>
    fetch(`${github.url}/api/v3/orgs/${org}/actions/runners`, {
      headers: { authorization: `Bearer ${github.token}` },
      ...(signal ? { signal } : {}),
    });

  test('an answer instead, after those that pass, as often as told', async () => {
    github.fail({ path: /runners/, after: 1, times: 2, does: { kind: 'answer', status: 502, body: '<html>' } });
    const statuses: number[] = [];
    for (let time = 0; time < 4; time++) statuses.push((await ask()).status);
    expect(statuses).toEqual([200, 502, 502, 200]);
  });

  test('a connection that is cut', async () => {
    github.fail({ path: /runners/, does: { kind: 'drop' } });
    await expect(ask()).rejects.toThrow('fetch failed');
  });

  test('silence', async () => {
    github.fail({ path: /runners/, does: { kind: 'stall' } });
    const givingUp = new AbortController();
    const asked = ask('silent', givingUp.signal);
    await github.requested(({ status, path }) => status === 0 && path.includes('silent'));
    givingUp.abort();
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('what it does not know is 404', async () => {
    const headers = { authorization: `Bearer ${github.token}` };
    expect((await fetch(`${github.url}/api/v3/user`, { headers })).status).toBe(404);
    expect((await fetch(`${github.url}/api/v3/repos/%E0%A4%A/x/actions/runners`, { headers })).status).toBe(200);
  });

  test('who waits for a request when it is closed is told', async () => {
    const other = await startGithubEmulator();
    const waiting = other.requested(() => true);
    await other.close();
    await expect(waiting).rejects.toMatchObject({ code: 'HAWSER_EMULATOR_CLOSED' });
  });
});
