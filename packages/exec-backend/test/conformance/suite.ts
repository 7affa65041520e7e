import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  ApiErrorBody,
  ExecutionPage,
  ExecutionRecord,
  ExecutionRequest,
  ExecutionStarted,
  KeyCreated,
  LockRecord,
  LogEvent,
  LogPage,
  WhoAmI,
} from '@hawser/exec-client/contract';
import { isEnd } from '@hawser/exec-client/contract';
import { verifyReceipt } from '@hawser/receipts';
import { makeRepository, type Repository } from '../../../../test/support/git-server.js';

/** A service that is held to the contract. */
export interface ConformanceBackend {
  /** What stands before a path, without a slash at its end. */
  readonly endpoint: string;
  /** A key that may do everything. */
  readonly apiKey: string;
  fetch(request: Request): Promise<Response>;
  /** Where runs may clone the bare repository in this folder. */
  repositoryUrl(folder: string): string | Promise<string>;
  /** What passes by itself where the service really lives: its sweep. */
  sweep(): Promise<unknown>;
  close(): Promise<void>;
}

/** What a backend cannot do, and so is not asked for. */
export interface ConformanceOptions {
  /** Called with every answer: the OpenAPI document is held against them. */
  readonly onAnswer?: (request: Request, response: Response) => Promise<void>;
}

interface Answer<T> {
  readonly status: number;
  readonly body: T;
  readonly headers: Headers;
}

interface Ended {
  readonly record: ExecutionRecord;
  readonly events: readonly LogEvent[];
  readonly complete: boolean;
}

/** Holds a service to the contract, over HTTP alone. */
export function describeConformance(
  name: string,
  open: () => Promise<ConformanceBackend>,
  options: ConformanceOptions = {},
): void {
  describe(`the execution service on ${name}`, () => {
    let backend: ConformanceBackend;
    let folder: string;
    let repository: Repository;
    let repo: string;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'conf-'));
      repository = makeRepository({
        path: join(folder, 'project.git'),
        files: { 'README.md': 'main\n', 'sub/where.txt': 'below\n' },
        branches: { staging: { 'README.md': 'staging\n' } },
      });
      backend = await open();
      repo = await backend.repositoryUrl(repository.path);
    });

    afterAll(async () => {
      await backend.close();
      rmSync(folder, { recursive: true, force: true });
    });

    async function call<T>(
      method: string,
      path: string,
      body?: unknown,
      headers: Readonly<Record<string, string>> = {},
    ): Promise<Answer<T>> {
      const sent = new Headers({ 'x-api-key': backend.apiKey, 'content-type': 'application/json' });
      for (const [header, value] of Object.entries(headers)) sent.set(header, value);
      const request = new Request(`${backend.endpoint}${path}`, {
        method,
        headers: sent,
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const response = await backend.fetch(request);
      await options.onAnswer?.(request, response.clone());
      const text = await response.text();
      return { status: response.status, body: JSON.parse(text) as T, headers: response.headers };
    }

    async function start(request: ExecutionRequest): Promise<ExecutionStarted> {
      const { status, body } = await call<ExecutionStarted>('POST', '/executions', request);
      expect({ status, body }).toMatchObject({ status: 201 });
      return body;
    }

    const show = async (id: string): Promise<ExecutionRecord> =>
      (await call<ExecutionRecord>('GET', `/executions/${id}`)).body;

    /** Reads a log to its end, in pages of the size that is asked for. */
    async function finish(id: string, limit = 1000): Promise<Ended> {
      const events: LogEvent[] = [];
      let cursor = '';
      for (;;) {
        const { status, body } = await call<LogPage>(
          'GET',
          `/executions/${id}/logs?wait=5&limit=${limit}&cursor=${encodeURIComponent(cursor)}`,
        );
        expect({ status, body }).toMatchObject({ status: 200 });
        events.push(...body.events);
        cursor = body.cursor;
        if (body.done) return { record: await show(id), events, complete: body.complete };
        if (body.events.length === 0) await backend.sweep();
      }
    }

    const run = async (request: ExecutionRequest): Promise<Ended> => finish((await start(request)).execution_id);

    /** Waits for what the log says or the record becomes, reading the log so that nothing is asked in a circle. */
    async function until(id: string, holds: (record: ExecutionRecord, text: string) => boolean): Promise<void> {
      let cursor = '';
      let text = '';
      for (;;) {
        const { body } = await call<LogPage>(
          'GET',
          `/executions/${id}/logs?wait=1&cursor=${encodeURIComponent(cursor)}`,
        );
        cursor = body.cursor;
        text += textOf(body.events);
        const record = await show(id);
        if (holds(record, text)) return;
        if (isEnd(record.phase)) throw new Error(`It ended before: ${JSON.stringify(record)}`);
        await backend.sweep();
      }
    }

    test('runs a command in a fresh clone, and tells all of its life', async () => {
      const started = await start({
        repo,
        branch: 'staging',
        command: 'cat README.md; echo "$GREETING"; pwd -P >/dev/null; echo oops >&2',
        env: { GREETING: 'good day' },
        labels: { team: 'core' },
      });
      expect(started).toMatchObject({ links: { self: `/executions/${started.execution_id}` } });
      const { record, events, complete } = await finish(started.execution_id);
      expect(textOf(events)).toBe('staging\ngood day\noops\n');
      const seqs = events.map(({ seq }) => seq);
      expect(seqs).toEqual([...new Set(seqs)].toSorted((a, b) => a - b));
      expect(complete).toBe(true);
      expect(record).toMatchObject({
        status: 'completed',
        phase: 'succeeded',
        exit_code: 0,
        attempt: 1,
        labels: { team: 'core' },
        repo: { url: repo, ref: 'staging', commit: repository.commitOf('staging') },
        log: { lines: 3, bytes: Buffer.byteLength('staging\ngood day\noops\n') },
      });
      expect(inOrder([record.created_at, record.started_at, record.finished_at])).toBe(true);
    });

    test('gives the exit code, the signal and the working folder as they were', async () => {
      const [seven, killed, below] = await Promise.all([
        run({ repo, command: 'echo hi; exit 7' }),
        run({ no_repo: true, command: 'echo last words; kill -KILL $$' }),
        run({ repo, workdir: 'sub', command: 'cat where.txt' }),
      ]);
      expect(seven.record).toMatchObject({
        phase: 'failed',
        status: 'failed',
        exit_code: 7,
        reason_code: 'exit_nonzero',
      });
      expect(textOf(seven.events)).toBe('hi\n');
      expect(killed.record.phase).toBe('failed');
      expect(killed.record.signal ?? killed.record.exit_code).toEqual(killed.record.signal ? 'SIGKILL' : 137);
      expect(textOf(below.events)).toBe('below\n');
    });

    test('runs a command of any characters once and exactly', async () => {
      const nasty = `printf '%s\\n' "$(echo once)" 'a  b' "it's" '$(false)' \`echo ticks\` "\${HOME:+home}\\\\"
printf '%s|' 'line
break' '*' '~' '!' ; echo`;
      const argv = ['printf', '%s\\n', '$(echo no)', 'it\'s "so"', 'line\nbreak', '', '*', '-n', '\\t', 'ümläut ✓'];
      const [shell, exact] = await Promise.all([
        run({ no_repo: true, command: nasty, env: { HOME: '/nowhere' } }),
        run({ no_repo: true, argv }),
      ]);
      expect(textOf(shell.events)).toBe("once\na  b\nit's\n$(false)\nticks\nhome\\\nline\nbreak|*|~|!|\n");
      expect(textOf(exact.events)).toBe(`$(echo no)\nit's "so"\nline\nbreak\n\n*\n-n\n\\t\nümläut ✓\n`);
      expect(exact.record.argv).toEqual(argv);
    });

    test('pages through a log without losing or repeating a line', async () => {
      const { execution_id } = await start({
        no_repo: true,
        command: 'i=0; while [ $i -lt 250 ]; do echo line $i; i=$((i+1)); done; printf end',
      });
      const { events, record, complete } = await finish(execution_id, 7);
      const wanted = Array.from({ length: 250 }, (_, index) => `line ${index}\n`).join('');
      expect(textOf(events)).toBe(`${wanted}end`);
      expect(complete).toBe(true);
      expect(record.log).toMatchObject({ lines: 251 });
    });

    test('gives secrets to the command, and to nobody else', async () => {
      const value = 'p@ss word/42+';
      expect((await call('POST', '/secrets', { name: 'DEPLOY', value })).status).toBe(200);
      const { record, events } = await run({
        no_repo: true,
        secrets: { TOKEN: 'DEPLOY' },
        command: 'echo "is $TOKEN"; printf %s "$TOKEN" | wc -c; printf %s "$TOKEN" | base64',
      });
      const text = textOf(events);
      expect(text).toContain('is ***');
      expect(text).toMatch(/\b13\b/);
      expect(text).not.toContain(value);
      expect(text).not.toContain(Buffer.from(value).toString('base64'));
      const list = await call('GET', '/secrets');
      expect(JSON.stringify(list.body)).toContain('DEPLOY');
      expect(JSON.stringify([list.body, record])).not.toContain(value);
      expect(record.secrets).toEqual({ TOKEN: 'DEPLOY' });
      expect(
        (await call('POST', '/executions', { no_repo: true, command: 'true', secrets: { A: 'NONE' } })).body,
      ).toMatchObject({
        code: 'secret_missing',
        details: { missing: ['NONE'] },
      });
      expect((await call('DELETE', '/secrets?name=DEPLOY')).status).toBe(200);
    });

    test('stops a command at its time limit', async () => {
      const { record, events } = await run({
        no_repo: true,
        command: 'echo begun; sleep 600',
        timeout_seconds: 1,
        grace_seconds: 1,
      });
      expect(record).toMatchObject({ phase: 'timed_out', status: 'failed', reason_code: 'timeout' });
      expect(textOf(events)).toBe('begun\n');
    });

    test('cancels what runs and what waits, as often as it is asked to', async () => {
      const lock = `conformance-cancel-${Date.now()}`;
      const first = await start({ no_repo: true, command: 'echo begun; sleep 600', grace_seconds: 1, lock });
      const second = await start({ no_repo: true, command: 'echo never', lock });
      expect(second).toMatchObject({ phase: 'queued', queue_position: 1 });
      await until(first.execution_id, (_record, text) => text.includes('begun'));
      const waiting = await call<ExecutionRecord>('POST', `/executions/${second.execution_id}/cancel`, {
        reason: 'no more',
      });
      expect(waiting).toMatchObject({ status: 202, body: { phase: 'cancelled', cancel_reason: 'no more' } });
      expect((await call('POST', `/executions/${first.execution_id}/cancel`)).status).toBe(202);
      expect((await call('POST', `/executions/${first.execution_id}/cancel`)).status).toBe(202);
      const { record } = await finish(first.execution_id);
      expect(record).toMatchObject({ phase: 'cancelled', cancel_requested: true, reason_code: 'cancelled' });
      expect((await call('POST', `/executions/${first.execution_id}/cancel`)).status).toBe(202);
      expect((await finish(second.execution_id)).events).toEqual([]);
    });

    test('gives a lock to one at a time, first in first out, under growing numbers', async () => {
      const lock = `conformance-lock-${Date.now()}`;
      const command = 'echo "fence $HAWSER_EXEC_FENCE $HAWSER_EXEC_LOCK"';
      const first = await start({ no_repo: true, command: `${command}; echo begun; sleep 1`, lock });
      const second = await start({ no_repo: true, command, lock });
      const third = await start({ no_repo: true, command, lock });
      expect([first, second, third].map(({ queue_position }) => queue_position)).toEqual([undefined, 1, 2]);
      const refused = await call<ApiErrorBody>('POST', '/executions', {
        no_repo: true,
        command,
        lock,
        lock_policy: 'fail',
      });
      expect(refused).toMatchObject({ status: 409, body: { code: 'lock_held' } });
      const { body } = await call<{ readonly locks: readonly LockRecord[] }>('GET', '/locks');
      expect(body.locks.find(({ name: called }) => called === lock)).toMatchObject({
        holder: { execution_id: first.execution_id },
        queue: [{ execution_id: second.execution_id }, { execution_id: third.execution_id }],
      });
      const ends = [];
      for (const { execution_id } of [first, second, third]) ends.push(await finish(execution_id));
      const fences = ends.map(({ record }) => record.lock?.fence ?? 0);
      expect(fences).toEqual([fences[0], (fences[0] ?? 0) + 1, (fences[0] ?? 0) + 2]);
      expect(ends.map(({ events }) => textOf(events).split('\n')[0])).toEqual(
        fences.map((fence) => `fence ${fence} ${lock}`),
      );
      expect(inOrder(ends.flatMap(({ record }) => [record.started_at, record.finished_at]))).toBe(true);
    });

    test('starts one run for one id, however often it is asked for', async () => {
      const id = newId('idem');
      const request = { execution_id: id, no_repo: true, command: 'echo once' };
      const both = await Promise.all([call('POST', '/executions', request), call('POST', '/executions', request)]);
      expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 201]);
      const other = await call<ApiErrorBody>('POST', '/executions', { ...request, command: 'echo twice' });
      expect(other).toMatchObject({ status: 409, body: { code: 'idempotency_mismatch', retryable: false } });
      const { events } = await finish(id);
      expect(textOf(events)).toBe('once\n');
      expect((await call('POST', '/executions', request)).status).toBe(200);
    });

    test('lets nobody in without a key, and each key only where it may', async () => {
      const reader = await call<KeyCreated>('POST', '/keys', { name: 'reader', scopes: ['read'] });
      expect(reader).toMatchObject({ status: 201, body: { name: 'reader', scopes: ['read'] } });
      const as = (key: string): Readonly<Record<string, string>> => ({ 'X-Api-KEY': key });
      const path = `/executions/${newId('none')}`;
      expect(await call('GET', path, undefined, { 'x-api-key': '' })).toMatchObject({ status: 401 });
      expect(await call('GET', path, undefined, as(`sk_live_${'0'.repeat(64)}`))).toMatchObject({
        status: 401,
        body: { code: 'unauthorized' },
      });
      const key = reader.body.api_key;
      expect(await call('GET', '/whoami', undefined, as(key))).toMatchObject({ body: { scopes: ['read'] } });
      expect(await call('GET', path, undefined, as(key))).toMatchObject({ status: 404, body: { code: 'not_found' } });
      const forbidden = await call('POST', '/executions', { no_repo: true, command: 'true' }, as(key));
      expect(forbidden).toMatchObject({ status: 403, body: { code: 'forbidden', details: { scope: 'run' } } });
      const rotated = await call<KeyCreated>('POST', `/keys/${reader.body.key_id}/rotate`, { overlap_seconds: 600 });
      expect((await call('GET', '/whoami', undefined, as(rotated.body.api_key))).status).toBe(200);
      expect((await call('GET', '/whoami', undefined, as(key))).status).toBe(200);
      expect((await call('DELETE', `/keys/${reader.body.key_id}`)).status).toBe(200);
      expect((await call('GET', '/whoami', undefined, as(key))).status).toBe(401);
      const list = await call('GET', '/keys');
      expect(JSON.stringify(list.body)).not.toContain(key.slice(24));
    });

    test('says why a repository could not be cloned', async () => {
      const [noRef, noRepo] = await Promise.all([
        run({ repo, branch: 'nowhere', command: 'echo never', retries: 0 }),
        run({ repo: `${repo}-is-not-there`, command: 'echo never', retries: 0 }),
      ]);
      expect(noRef.record).toMatchObject({ phase: 'error', reason_code: 'ref_not_found' });
      expect(['clone_failed', 'clone_auth']).toContain(noRepo.record.reason_code);
      expect(noRepo.record).toMatchObject({ phase: 'error' });
      expect(noRef.record).not.toHaveProperty('exit_code');
      expect(textOf(noRef.events.filter(({ stream }) => stream === 'runner'))).toBe('');
    });

    test('repeats a run at the commit that it had', async () => {
      const first = await run({
        repo,
        branch: 'main',
        command: 'git --version >/dev/null; cat README.md',
        labels: { which: 'first' },
      });
      repository.commit('main', { 'README.md': 'moved on\n' });
      const again = await call<ExecutionStarted>('POST', `/executions/${first.record.execution_id}/rerun`, {});
      expect(again.status).toBe(201);
      const second = await finish(again.body.execution_id);
      expect(textOf(second.events)).toBe('main\n');
      expect(second.record).toMatchObject({
        repo: { commit: first.record.repo?.commit },
        labels: { which: 'first' },
        source: { rerun_of: first.record.execution_id },
      });
    });

    test('lists what ran, newest first, by label, state and repository, page by page', async () => {
      const label = `list-${Date.now()}`;
      const ids: string[] = [];
      for (const command of ['true', 'false', 'true']) {
        const { execution_id } = await start({ no_repo: true, command, labels: { label } });
        ids.unshift(execution_id);
      }
      await Promise.all(ids.map((id) => finish(id)));
      const list = async (query: string): Promise<ExecutionPage> =>
        (await call<ExecutionPage>('GET', `/executions?label=label%3D${label}${query}`)).body;
      expect((await list('')).executions.map((record) => record.execution_id)).toEqual(ids);
      expect((await list('&status=failed')).executions.map((record) => record.execution_id)).toEqual([ids[1]]);
      const page = await list('&limit=2');
      expect(page.executions).toHaveLength(2);
      const rest = await list(`&limit=2&cursor=${encodeURIComponent(page.cursor ?? '')}`);
      expect(rest.executions.map((record) => record.execution_id)).toEqual([ids[2]]);
      expect(rest.cursor).toBeUndefined();
      expect((await list(`&repo=${encodeURIComponent('https://example.com/other')}`)).executions).toEqual([]);
    });

    test('refuses what cannot be taken, and says what is wrong', async () => {
      const refused = async (body: unknown): Promise<ApiErrorBody> => {
        const answer = await call<ApiErrorBody>('POST', '/executions', body);
        expect({ status: answer.status, body: answer.body }).toMatchObject({ status: 400 });
        return answer.body;
      };
      expect(await refused('{')).toMatchObject({ code: 'invalid_request' });
      for (const bad of [
        { repo: 'ext::sh -c touch% /tmp/x' },
        { branch: '--upload-pack=touch /tmp/x' },
        { workdir: '../outside' },
        { env: { '1ST': 'x' } },
        { env: { HAWSER_EXEC_ID: 'x' } },
        { timeout_seconds: 0 },
        { colour: 'red' },
      ]) {
        const { code, details } = await refused({ repo, command: 'true', ...bad });
        expect({ code, path: JSON.stringify(details) }).toEqual({
          code: 'invalid_request',
          path: expect.stringContaining(Object.keys(bad)[0] ?? ''),
        });
      }
      const large = await call('POST', '/executions', {
        no_repo: true,
        command: 'true',
        env: { A: 'x'.repeat(1_100_000) },
      });
      expect(large).toMatchObject({ status: 413, body: { code: 'payload_too_large' } });
      const odd = await call('GET', '/executions/nonsense', undefined, { 'X-Request-Id': 'my-own-1' });
      expect(odd).toMatchObject({ status: 404, body: { request_id: 'my-own-1' } });
      expect(odd.headers.get('x-request-id')).toBe('my-own-1');
      expect(await call('DELETE', '/whoami')).toMatchObject({ status: 405 });
    });

    test('hands a payload out only to its task, and leaves a signed receipt', async () => {
      const { record } = await run({ no_repo: true, command: 'echo receipt', env: { PLAIN: 'visible-only-by-name' } });
      const path = `/executions/${record.execution_id}`;
      const stolen = await call('GET', `${path}/payload`, undefined, { 'x-job-token': '00'.repeat(32) });
      expect(stolen).toMatchObject({ status: 401 });
      await backend.sweep();
      const { status, body } = await call('GET', `${path}/receipt`);
      expect({ status, body }).toMatchObject({ status: 200 });
      // With the key that the service told before, nothing else of it is needed.
      const { receipt_key: publicKey = '' } = (await call<WhoAmI>('GET', '/whoami')).body;
      const { ok, claim } = verifyReceipt(body, { publicKeys: [publicKey] });
      expect(ok).toBe(true);
      expect(claim).toMatchObject({
        kind: 'hawser.execution/1',
        subject: record.execution_id,
        body: { env: ['PLAIN'], outcome: { phase: 'succeeded', exit_code: 0 }, log: { lines: 1, complete: true } },
      });
      expect(JSON.stringify(claim)).not.toContain('visible-only-by-name');
    });

    test('says of itself where it runs, without a key', async () => {
      const { status, body } = await call<{ readonly ok: boolean }>('GET', '/health', undefined, { 'x-api-key': '' });
      expect({ status, body }).toMatchObject({ status: 200, body: { ok: true } });
      const document = await call<{ readonly openapi: string }>('GET', '/openapi.json', undefined, { 'x-api-key': '' });
      expect(document.body.openapi).toMatch(/^3\.1\./);
    });
  });
}

function textOf(events: readonly LogEvent[]): string {
  return events
    .filter(({ stream }) => stream === 'runner')
    .map(({ message, partial }) => (partial ? message : `${message}\n`))
    .join('');
}

function newId(word: string): string {
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(/[-:T]/g, '');
  return `exec_${stamp}_${word}${Math.random()
    .toString(36)
    .replaceAll(/[^a-z2-7]/g, '')}aaaaaaaa`.slice(0, 30);
}

/** Whether times stand in their order, and are all there. */
function inOrder(times: readonly (string | undefined)[]): boolean {
  return times.every((time, index) => time !== undefined && time >= (times[index - 1] ?? ''));
}
