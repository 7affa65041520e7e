import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type {
  ApiErrorBody,
  ExecutionPage,
  ExecutionRecord,
  ExecutionStarted,
  LockRecord,
  LogEvent,
  LogPage,
} from '@hawser/exec-client/contract';
import { ApiError } from '../../src/core/api-error.js';
import { createBackend, ExecBackendError } from '../../src/index.js';
import type { Backend, Job, JobChannel, LogStretch, StartFailure, TaskFacts } from '../../src/index.js';
import { createMemoryStore } from '../../src/stores/memory.js';
import { createHandClock, createMemorySecrets, memoryPorts, type Posted } from '../support/memory-ports.js';

interface Answer<T> {
  readonly status: number;
  readonly body: T;
  readonly headers: Headers;
}

/** A service over a runner that does what the test says. */
function open(given: Partial<Parameters<typeof memoryPorts>[0]> = {}): {
  readonly backend: Backend;
  readonly job: JobChannel;
  readonly clock: ReturnType<typeof createHandClock>;
  readonly store: ReturnType<typeof createMemoryStore>;
  readonly jobs: Job[];
  readonly stops: { readonly reason: string; readonly force?: boolean }[];
  readonly posted: readonly Posted[];
  facts: Partial<TaskFacts> | undefined;
  startFails: StartFailure | Error | undefined;
  log: Partial<LogStretch>;
  call<T>(method: string, path: string, body?: unknown): Promise<Answer<T>>;
  start(body?: object): Promise<string>;
  show(id: string): Promise<ExecutionRecord>;
} {
  const clock = createHandClock();
  const store = createMemoryStore();
  const jobs: Job[] = [];
  const stops: { readonly reason: string; readonly force?: boolean }[] = [];
  const ports = memoryPorts({
    store,
    clock,
    caller: { name: 'tests', scopes: ['admin'] },
    runner: {
      kind: 'memory',
      describe: () => Promise.resolve({ kind: 'memory' }),
      start: (job) => {
        if (self.startFails instanceof Error) return Promise.reject(self.startFails);
        if (self.startFails) return Promise.resolve(self.startFails);
        jobs.push(job);
        return Promise.resolve({ arn: `${job.executionId}#${job.attempt}`, imageDigest: 'sha256:abc' });
      },
      find: () => Promise.resolve(undefined),
      inspect: (task) => Promise.resolve(self.facts && { task, state: 'provisioning', ...self.facts }),
      stop: (_task, { reason, force }) => {
        stops.push({ reason, ...(force && { force }) });
        return Promise.resolve();
      },
    },
    logs: {
      read: () => Promise.resolve({ events: [], position: '0', ended: false, complete: false, ...self.log }),
    },
    ...given,
  });
  const backend = createBackend(ports);
  const self: ReturnType<typeof open> = {
    backend,
    job: backend.job,
    clock,
    store,
    jobs,
    stops,
    posted: ports.posted,
    facts: {},
    startFails: undefined,
    log: {},
    call: async <T>(method: string, path: string, body?: unknown): Promise<Answer<T>> => {
      const init = { method, ...(body !== undefined && { body: JSON.stringify(body) }) };
      const response = await backend.handle(new Request(`http://unit.invalid${path}`, init));
      return { status: response.status, body: (await response.json()) as T, headers: response.headers };
    },
    start: async (body = {}) => {
      const answer = await self.call<ExecutionStarted>('POST', '/executions', {
        no_repo: true,
        command: 'true',
        timeout_seconds: 60,
        grace_seconds: 10,
        ...body,
      });
      expect(answer).toMatchObject({ status: 201 });
      return answer.body.execution_id;
    },
    show: async (id) => {
      clock.move(5000);
      return (await self.call<ExecutionRecord>('GET', `/executions/${id}`)).body;
    },
  };
  return self;
}

const codeOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof ApiError ? error.code : error),
  );

describe('a task and its service', () => {
  test('exchange a token for a payload once; the second use is refused and written down', async () => {
    const service = open();
    const id = await service.start({ env: { A: 'b' }, lock: 'state' });
    const token = service.jobs[0]?.token ?? '';
    expect(await codeOf(service.job.claim(id, 'f'.repeat(64)))).toBe('unauthorized');
    const payload = await service.job.claim(id, token);
    expect(payload).toMatchObject({
      command: 'true',
      env: { A: 'b', HAWSER_EXEC_ID: id, HAWSER_EXEC_ATTEMPT: '1', HAWSER_EXEC_LOCK: 'state', HAWSER_EXEC_FENCE: '1' },
      timeout_seconds: 60,
    });
    expect(await codeOf(service.job.claim(id, token))).toBe('token_used');
    const [row] = await service.store.list<{ readonly action: string }>('AUDIT#2026-01-01', { limit: 10 });
    expect(row?.data).toMatchObject({ action: 'job.token_used_twice', subject: id });
    const kept = JSON.stringify((await service.store.get('EXEC', id))?.data);
    expect(kept).not.toContain(token);
    expect(kept).not.toContain(payload.report_token);
    const report = { token: 'wrong', attempt: 1, event: 'running', at: 0 } as const;
    expect(await codeOf(service.job.report(id, report))).toBe('unauthorized');
    const told = { ...report, token: payload.report_token };
    for (const bad of [{ at: -1 }, { event: 'sung' }, { exit_code: 'x' }, { commit: '../x' }, { log: { lines: 1 } }]) {
      expect((await service.call('POST', `/executions/${id}/report`, { ...told, ...bad })).status).toBe(400);
    }
    expect((await service.call('POST', `/executions/${id}/report`, told)).status).toBe(200);
    expect((await service.call('POST', `/executions/${id}/report`, told)).status).toBe(200);
    expect(await service.show(id)).toMatchObject({ phase: 'running', status: 'running' });
  });

  test('find an old token, a cancelled execution and a lost lock to be no good', async () => {
    const service = open();
    const late = await service.start();
    const cancelled = await service.start();
    const robbed = await service.start({ lock: 'state' });
    const [first, second, third] = service.jobs.map(({ token }) => token);
    await service.call('POST', `/executions/${cancelled}/cancel`);
    expect(await codeOf(service.job.claim(cancelled, second ?? ''))).toBe('already_terminal');
    expect((await service.call('DELETE', '/locks?name=state')).status).toBe(400);
    expect((await service.call('DELETE', '/locks?name=state&force=true')).status).toBe(200);
    expect((await service.call('DELETE', '/locks?name=state&force=true')).status).toBe(404);
    expect(await codeOf(service.job.claim(robbed, third ?? ''))).toBe('already_terminal');
    expect(await service.show(robbed)).toMatchObject({ phase: 'error', reason_code: 'lock_held' });
    service.clock.move(15 * 60_000);
    expect(await codeOf(service.job.claim(late, first ?? ''))).toBe('token_used');
    const actions = await service.store.list<{ readonly action: string }>('AUDIT#2026-01-01', { limit: 10 });
    expect(actions.map(({ data }) => data.action)).toContain('lock.released_by_force');
  });

  test('hand the work over that is in no commit, to the run alone that was made with it', async () => {
    const service = open();
    const repo = 'https://git.example/project.git';
    const hex = 'a'.repeat(40);
    const dirty = { base: hex, tree: hex, files: 1, diff: 'QUJD', bytes: 4 };
    const body = { no_repo: undefined, repo, command: 'true', execution_id: 'exec_20260101000000_dirtyaaa' };
    const [first, second] = await Promise.all([
      service.call('POST', '/executions', { ...body, dirty }),
      service.call('POST', '/executions', { ...body, dirty: { ...dirty, diff: 'REVG' } }),
    ]);
    expect([first.status, second.status]).toEqual([201, 409]);
    const id = body.execution_id;
    const { dirty: handed, report_token: token } = await service.job.claim(id, service.jobs[0]?.token ?? '');
    expect(handed).toEqual(dirty);
    expect(await service.show(id)).toMatchObject({ repo: { url: repo, tree: hex, dirty: true } });
    service.log = { ended: true, complete: true };
    await service.job.report(id, { token, attempt: 1, event: 'ended', at: service.clock.nowMs(), exit_code: 0 });
    expect(JSON.stringify(await service.store.list('DIRTY', { limit: 10 }))).not.toContain('QUJD');
    expect((await service.call('POST', `/executions/${id}/rerun`, {})).status).toBe(400);
  });

  test('a secret that is gone ends the execution before its command', async () => {
    const secrets = createMemorySecrets();
    await secrets.put('TOKEN', 'hush-hush');
    const service = open({ secrets });
    const id = await service.start({ secrets: { T: 'TOKEN' } });
    await secrets.remove('TOKEN');
    expect(await codeOf(service.job.claim(id, service.jobs[0]?.token ?? ''))).toBe('secret_missing');
    expect(await service.show(id)).toMatchObject({ phase: 'error', reason_code: 'secret_missing' });
  });
});

describe('what outlives its time', () => {
  test('is stopped a minute after deadline and grace, then forced, then given up', async () => {
    const service = open();
    const id = await service.start({ lock: 'state' });
    const { report_token: token } = await service.job.claim(id, service.jobs[0]?.token ?? '');
    await service.job.report(id, { token, attempt: 1, event: 'running', at: service.clock.nowMs() });
    service.facts = { state: 'running' };
    service.clock.move(130_000);
    await service.backend.sweep();
    expect(service.stops).toEqual([]);
    service.clock.move(1);
    await service.backend.sweep();
    expect(service.stops).toEqual([{ reason: 'timeout' }]);
    service.clock.move(181_000);
    await service.backend.sweep();
    expect(service.stops.at(-1)).toEqual({ reason: 'timeout', force: true });
    service.clock.move(15 * 60_000);
    await service.backend.sweep();
    expect(await service.show(id)).toMatchObject({ phase: 'lost', status: 'failed' });
    expect((await service.call<{ locks: LockRecord[] }>('GET', '/locks')).body.locks).toEqual([]);
  });

  test('and a task that nobody knows any more is lost, or tried anew where it never asked for its payload', async () => {
    const service = open();
    const [asked, silent] = [await service.start(), await service.start({ retries: 0 })];
    await service.job.claim(asked, service.jobs[0]?.token ?? '');
    service.facts = undefined;
    expect((await service.show(asked)).phase).toBe('preparing');
    service.clock.move(60_000);
    expect(await service.show(asked)).toMatchObject({ phase: 'lost', reason_code: 'lost' });
    expect(await service.show(silent)).toMatchObject({ phase: 'error', attempt: 1 });
  });

  test('in a queue gives up when its time to wait is over', async () => {
    const service = open();
    await service.start({ lock: 'state' });
    const id = await service.start({ lock: 'state', lock_timeout_seconds: 60 });
    expect(await service.show(id)).toMatchObject({ phase: 'queued', lock: { position: 1 } });
    service.clock.move(60_000);
    await service.backend.sweep();
    expect(await service.show(id)).toMatchObject({ phase: 'error', reason_code: 'lock_timeout' });
  });
});

describe('starting', () => {
  test('is tried again where there was no room, with a new token, at most twice', async () => {
    const service = open();
    service.startFails = { failed: true, reasonCode: 'no_capacity', reason: 'No room.', retryable: true };
    const id = await service.start();
    expect(service.jobs).toEqual([]);
    service.startFails = undefined;
    await service.backend.sweep();
    expect(service.jobs).toEqual([]);
    expect(await service.show(id)).toMatchObject({ attempt: 2, phase: 'provisioning' });
    expect(service.jobs).toMatchObject([{ executionId: id, attempt: 2 }]);
    service.startFails = { failed: true, reasonCode: 'no_capacity', reason: 'No room.', retryable: true };
    const hopeless = await service.start();
    for (let minute = 0; minute < 3; minute += 1) {
      service.clock.move(60_000);
      await service.backend.sweep();
    }
    expect(await service.show(hopeless)).toMatchObject({ phase: 'error', attempt: 3, reason: 'No room.' });
  });

  test('whose outcome nobody knows is asked for again under the same token, until the token is too old', async () => {
    const service = open();
    service.startFails = new Error('no answer');
    const id = await service.start({ retries: 0 });
    expect(await service.show(id)).toMatchObject({ phase: 'accepted' });
    service.startFails = undefined;
    expect(await service.show(id)).toMatchObject({ phase: 'provisioning', attempt: 1 });
    service.startFails = new Error('no answer');
    const never = await service.start({ retries: 0 });
    service.clock.move(15 * 60_000);
    await service.backend.sweep();
    expect(await service.show(never)).toMatchObject({ phase: 'error', reason_code: 'no_capacity' });
  });

  test('takes the place of the last that waits, under the policy replace', async () => {
    const service = open();
    await service.start({ lock: 'state' });
    const waiting = await service.start({ lock: 'state' });
    const newer = await service.start({ lock: 'state', lock_policy: 'replace' });
    expect(await service.show(newer)).toMatchObject({ phase: 'queued', lock: { position: 1 } });
    expect(await service.show(waiting)).toMatchObject({ phase: 'cancelled', reason: expect.stringContaining(newer) });
  });
});

describe('what is asked of the service', () => {
  test('is answered with 503 while the store is away, whoever asks', async () => {
    const service = open({
      store: {
        ...createMemoryStore(),
        get: () => Promise.reject(new ExecBackendError('HAWSER_EXEC_BACKEND_STORE_FAILED', 'The table is away.')),
      },
    });
    const answer = await service.call<ApiErrorBody>('GET', '/executions/exec_20260101000000_aaaaaaaa');
    expect(answer).toMatchObject({ status: 503, body: { code: 'store_unavailable', retryable: true } });
    expect(answer.headers.get('retry-after')).toBe('2');
    const away = new ExecBackendError('HAWSER_EXEC_BACKEND_AWS_FAILED', 'SSM is away.');
    const secretless = open({ secrets: { ...createMemorySecrets(), list: () => Promise.reject(away) } });
    expect(await secretless.call('GET', '/secrets')).toMatchObject({
      status: 503,
      body: { code: 'store_unavailable' },
    });
    const crowded = open({ store: { ...createMemoryStore(), put: () => Promise.resolve(undefined) } });
    const request = { no_repo: true, command: 'true', execution_id: 'exec_20260101000000_aaaaaaaa' };
    // Whoever made the execution first is gone by the time that one looks.
    expect((await crowded.call('POST', '/executions', request)).status).toBe(404);
    const keyed = memoryPorts({
      runner: { kind: 'memory' } as never,
      logs: {} as never,
      store: { ...createMemoryStore(), get: () => Promise.reject(new Error('away')) },
    });
    const unknown = await createBackend(keyed).handle(
      new Request('http://unit.invalid/whoami', { headers: { 'X-API-Key': `sk_live_${'0'.repeat(64)}` } }),
    );
    expect(unknown.status).toBe(503);
  });

  test('is limited by key, and told to the operator where it was not foreseen', async () => {
    const service = open({ limits: { rate: { perSecond: 2, burst: 3 } } });
    const answers = [];
    for (let count = 0; count < 5; count += 1) answers.push(await service.call<ApiErrorBody>('GET', '/whoami'));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429]);
    expect(answers[4]).toMatchObject({ body: { code: 'rate_limited', retryable: true } });
    expect(answers[4]?.headers.get('retry-after')).toBe('1');
    service.clock.move(500);
    expect((await service.call('GET', '/whoami')).status).toBe(200);

    const heard: unknown[] = [];
    const ports = memoryPorts({
      runner: { kind: 'memory', describe: () => Promise.reject(new Error('a bug with p@ssword')) } as never,
      logs: {} as never,
      caller: { scopes: [] },
    });
    const backend = createBackend({ ...ports, trouble: (error) => heard.push(error) });
    const response = await backend.handle(new Request('http://unit.invalid/health'));
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('p@ssword');
    expect(String(heard[0])).toContain('a bug');
  });

  test('lists hundreds of executions over two months, each once, newest first', async () => {
    const service = open();
    for (let index = 0; index < 250; index += 1) {
      await service.start({ labels: { odd: String(index % 2) } });
      service.clock.move(index === 120 ? 40 * 86_400_000 : 1000);
    }
    const seen: string[] = [];
    let cursor: string | undefined = '';
    while (cursor !== undefined) {
      const page: ExecutionPage = (await service.call<ExecutionPage>('GET', `/executions?limit=100&cursor=${cursor}`))
        .body;
      seen.push(...page.executions.map(({ execution_id }) => execution_id));
      cursor = page.cursor;
    }
    expect(new Set(seen).size).toBe(250);
    expect(seen).toEqual(seen.toSorted().toReversed());
    const odd = await service.call<ExecutionPage>('GET', '/executions?label=odd%3D1&limit=100&status=starting');
    expect(odd.body.executions).toHaveLength(100);
    const since = new Date(service.clock.nowMs() - 10_500).toISOString();
    const recent = await service.call<ExecutionPage>('GET', `/executions?limit=100&since=${since}`);
    expect(recent.body).toMatchObject({ executions: { length: 10 } });
    expect(recent.body.cursor).toBeUndefined();
  });
});

describe('a log', () => {
  const line: LogEvent = { seq: 0, ts: 0, stream: 'runner', message: 'hush-hush and more' };
  const page = async (service: ReturnType<typeof open>, id: string): Promise<LogPage> =>
    (await service.call<LogPage>('GET', `/executions/${id}/logs?wait=0`)).body;

  async function ended(service: ReturnType<typeof open>, body: object = {}): Promise<string> {
    const id = await service.start(body);
    const { report_token: token } = await service.job.claim(id, service.jobs[0]?.token ?? '');
    await service.job.report(id, { token, attempt: 1, event: 'ended', at: service.clock.nowMs(), exit_code: 0 });
    return id;
  }

  test('is done when its end mark was read, or was waited for in vain, which it says', async () => {
    const service = open();
    service.log = { events: [] };
    const id = await ended(service);
    expect(await page(service, id)).toMatchObject({ done: false, complete: false });
    service.clock.move(29_999);
    expect(await page(service, id)).toMatchObject({ done: false });
    service.clock.move(1);
    expect(await page(service, id)).toMatchObject({ done: true, complete: false });
    expect(await service.show(id)).toMatchObject({ log: { lines: 0, complete: false } });
    service.log = { events: [line], ended: true, complete: true };
    expect(await page(service, id)).toMatchObject({ events: [line], done: true, complete: true });
  });

  test('is counted by the service, and masked', async () => {
    const secrets = createMemorySecrets();
    await secrets.put('TOKEN', 'hush-hush');
    const service = open({ secrets });
    service.log = { events: [line], position: '1', ended: true, complete: true };
    const id = await ended(service, { secrets: { T: 'TOKEN' } });
    expect((await page(service, id)).events[0]?.message).toBe('*** and more');
    expect(await service.show(id)).toMatchObject({ log: { lines: 1, bytes: 19, complete: true } });
    expect((await service.call('GET', `/executions/${id}/receipt`)).status).toBe(200);
    expect((await service.call('GET', `/executions/${id}/logs?cursor=nonsense`)).status).toBe(400);
    expect((await service.call('GET', `/executions/${id}/logs?wait=21`)).status).toBe(400);
  });

  test('of what never ran is empty, at once and wholly', async () => {
    const service = open();
    await service.start({ lock: 'state' });
    const id = await service.start({ lock: 'state' });
    await service.call('POST', `/executions/${id}/cancel`);
    expect(await page(service, id)).toMatchObject({ events: [], done: true, complete: true });
    expect((await service.call('GET', `/executions/${id}/receipt`)).status).toBe(200);
  });
});

describe('whoever wants to hear of an end', () => {
  test('is told once, signed, and told again later where it was not heard, so often and no more', async () => {
    const secrets = createMemorySecrets();
    await secrets.put('HOOK', 'signing-key');
    let deaf = true;
    const tries: Posted[] = [];
    const service = open({
      secrets,
      notifier: {
        post: (url, body, headers) => {
          tries.push({ url, body, headers });
          return deaf && url.includes('deaf') ? Promise.reject(new Error('503')) : Promise.resolve();
        },
      },
    });
    service.startFails = { failed: true, reasonCode: 'image_pull', reason: 'No such image.', retryable: false };
    const id = await service.start({
      env: { SEEN: 'by-nobody' },
      notify: [
        { url: 'https://a.example/hook', secret: 'HOOK' },
        { url: 'https://deaf.example/hook' },
        { url: 'https://other.example/hook', on: ['succeeded'] },
      ],
    });
    const hosts = tries.map(({ url }) => new URL(url).host);
    expect(hosts.toSorted((a, b) => a.localeCompare(b))).toEqual(['a.example', 'deaf.example']);
    const { body = '', headers } = tries[hosts.indexOf('a.example')] ?? {};
    expect(headers?.['x-hawser-signature-256']).toBe(
      `sha256=${createHmac('sha256', 'signing-key').update(body).digest('hex')}`,
    );
    expect(JSON.parse(body)).toMatchObject({ event: 'execution.error', execution: { execution_id: id } });
    expect(body).not.toContain('by-nobody');
    for (let minute = 0; minute < 300; minute += 1) {
      service.clock.move(60_000);
      await service.backend.sweep();
    }
    expect(tries.filter(({ url }) => url.includes('deaf'))).toHaveLength(6);
    expect(await service.backend.sweep()).toEqual({ looked: 0, mended: [] });

    deaf = false;
    await service.start({ notify: [{ url: 'https://deaf.example/hook' }] });
    expect(tries.filter(({ url }) => url.includes('deaf'))).toHaveLength(7);
    expect(tries.filter(({ url }) => url.includes('a.example'))).toHaveLength(1);
    expect(
      (
        await service.call('POST', '/executions', {
          no_repo: true,
          command: 'true',
          notify: [{ url: 'http://a.example' }],
        })
      ).status,
    ).toBe(400);
  });

  test('is told over https, or over http on this machine where the backend lets it', async () => {
    const [strict, loose] = [open(), open({ limits: { loopbackWebhooks: true } })];
    const status = async (service: ReturnType<typeof open>, url: string): Promise<number> =>
      (await service.call('POST', '/executions', { no_repo: true, command: 'true', notify: [{ url }] })).status;
    expect(await status(strict, 'http://127.0.0.1:8080/hook')).toBe(400);
    expect(await status(loose, 'http://127.0.0.1:8080/hook')).toBe(201);
    expect(await status(loose, 'http://127.0.0.1.example.com/hook')).toBe(400);
    expect(await status(loose, 'https://user:secret@example.com/hook')).toBe(400);
  });
});

describe('attaching', () => {
  test('is granted into what runs, was started for it, and has a way in', async () => {
    const service = open();
    const id = await service.start({ attachable: true });
    expect((await service.call<ApiErrorBody>('POST', `/executions/${id}/attach`)).body.code).toBe('not_attachable');
    const asked: unknown[] = [];
    const session = { sessionId: 's', streamUrl: 'wss://x', token: 't', target: 'ecs:a_b_c', region: 'eu-west-1' };
    const ready = open({
      runner: {
        kind: 'memory',
        describe: () => Promise.resolve({ kind: 'memory' }),
        start: (job) => Promise.resolve({ arn: job.executionId }),
        find: () => Promise.resolve(undefined),
        inspect: (task) => Promise.resolve({ task, state: 'running' }),
        stop: () => Promise.resolve(),
        attach: (_task, options) => {
          asked.push(options);
          return Promise.resolve(session);
        },
      },
    });
    const [running, closed] = [await ready.start({ attachable: true }), await ready.start()];
    const { status, body } = await ready.call('POST', `/executions/${running}/attach`, { command: 'top', cols: 80 });
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        protocol: 'ssm',
        session_id: 's',
        target: 'ecs:a_b_c',
        sentinel: (asked[0] as { sentinel: string }).sentinel,
      },
    });
    expect(asked).toEqual([{ command: 'top', sentinel: expect.stringMatching(/^hawser-[0-9a-f]{32}$/) }]);
    expect((await ready.call<ApiErrorBody>('POST', `/executions/${closed}/attach`)).body.code).toBe('not_attachable');
  });
});
