import { connect } from 'node:net';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { startHubEmulator } from '@hawser/emulators/hub';
import { describeReal } from '../../../../test/support/counterparts.js';
import { runToEnd } from '../../../../test/support/run-to-end.js';
import { patient } from '../../../../test/support/patience.js';
import { file, lfsType, useHub } from '../support/hub.js';

const bench = useHub();

describe('a fault on demand', () => {
  test('a status instead of the work, as often as it was asked for, after as many as were let pass', async () => {
    const space = await bench.space();
    bench.hub.fail({
      method: 'GET',
      path: /\/runtime$/u,
      after: 1,
      times: 2,
      does: { kind: 'status', status: 503, headers: { 'Retry-After': '1' }, body: { error: 'later' } },
    });
    const runtime = () => bench.ask('GET', `/api/spaces/${space}/runtime`);
    expect((await runtime()).status).toBe(200);
    const failed = await runtime();
    expect([failed.status, failed.headers.get('retry-after'), failed.json]).toEqual([503, '1', { error: 'later' }]);
    expect([(await runtime()).status, (await runtime()).status]).toEqual([503, 200]);
  });

  test('a connection cut before the work: nothing is done', async () => {
    const space = await bench.space();
    const head = bench.hub.head(space);
    bench.hub.fail({ method: 'POST', path: /\/commit\/main$/u, does: { kind: 'drop-before' } });
    await expect(bench.commit(space, [file('a', '1')])).rejects.toThrow('fetch failed');
    expect(bench.hub.head(space)).toEqual(head);
    expect((await bench.commit(space, [file('a', '1')])).status).toBe(200);
  });

  test('a connection cut after the work: it is done, and nobody is told', async () => {
    const space = await bench.space();
    bench.hub.fail({ method: 'POST', path: /\/commit\/main$/u, does: { kind: 'drop-after' } });
    await expect(bench.commit(space, [file('a', '1')])).rejects.toThrow('fetch failed');
    expect(bench.hub.head(space)?.commits).toBe(2);
  });

  test('no answer although the work is done, and the connection stays', async () => {
    const space = await bench.space();
    bench.hub.fail({ method: 'POST', path: /\/commit\/main$/u, does: { kind: 'stall-after' } });
    const answer = bench.commit(space, [file('a', '1')]).catch(() => 'none');
    const ended = answer.then(() => 'ended');
    expect(await bench.hub.requested(({ path }) => path.endsWith(`${space}/commit/main`))).toMatchObject({ status: 0 });
    expect(bench.hub.head(space)?.commits).toBe(2);
    expect(await Promise.race([ended, new Promise((resolve) => setImmediate(resolve, 'waiting'))])).toBe('waiting');
  });

  test('no answer, and the connection stays', async () => {
    const space = await bench.space();
    bench.hub.fail({ path: new RegExp(`${space}/runtime\\?stalled$`, 'u'), does: { kind: 'stall' } });
    const giveUp = new AbortController();
    const answer = fetch(`${bench.hub.endpoint}/api/spaces/${space}/runtime?stalled`, { signal: giveUp.signal });
    const settled = answer.then(
      () => 'answered',
      (error: Error) => error.name,
    );
    const request = await bench.hub.requested(({ path }) => path.endsWith('?stalled'));
    expect(request).toEqual({ method: 'GET', path: `/api/spaces/${space}/runtime?stalled`, status: 0, bytes: 0 });
    giveUp.abort();
    expect(await settled).toBe('AbortError');
  });

  test('several at once are used in their order', async () => {
    const space = await bench.space();
    for (const status of [500, 502]) bench.hub.fail({ path: /\?ordered$/u, does: { kind: 'status', status } });
    const statuses = [];
    for (let turn = 0; turn < 3; turn += 1)
      statuses.push((await bench.ask('GET', `/api/spaces/${space}?ordered`)).status);
    expect(statuses).toEqual([500, 502, 200]);
  });

  describeReal('huggingface_hub', (path) => {
    test('the official client tries again when creation conflicts with another operation, and when it is told to wait', async () => {
      const conflict = { error: 'Cannot create repo: another conflicting operation is in progress' };
      bench.hub.fail({ path: /\/repos\/create$/u, times: 2, does: { kind: 'status', status: 409, body: conflict } });
      bench.hub.fail({
        path: /\/preupload\//u,
        does: { kind: 'status', status: 429, headers: { RateLimit: '"api";r=0;t=0' } },
      });
      const script =
        'from huggingface_hub import HfApi\napi = HfApi()\n' +
        'api.create_repo("hawser/again", repo_type="space", space_sdk="docker")\n' +
        'api.upload_file(path_or_fileobj=b"x", path_in_repo="a.txt", repo_id="hawser/again", repo_type="space")\n';
      const ended = await runToEnd(path('huggingface_hub'), ['-c', script], {
        env: {
          ...bench.hub.env,
          HOME: tmpdir(),
          HF_HOME: join(tmpdir(), 'hf-again'),
          HF_HUB_DISABLE_PROGRESS_BARS: '1',
        },
      });
      expect([ended.code, bench.hub.head('hawser/again')?.commits]).toEqual([0, 2]);
      const creations = bench.hub.requests.filter(
        ({ status, path: asked }) => asked === '/api/repos/create' && status === 409,
      );
      expect(creations).toHaveLength(2);
    });
  });
});

describe('uploads that break off', () => {
  test('leave no object and no file', async () => {
    const space = await bench.space();
    const { json } = await bench.ask('POST', `/spaces/${space}.git/info/lfs/objects/batch`, {
      headers: { 'content-type': lfsType },
      body: { operation: 'upload', objects: [{ oid: 'd'.repeat(64), size: 1 << 20 }] },
    });
    const [object] = json['objects'] as [{ actions: { upload: { href: string } } }];
    const { pathname, port, hostname } = new URL(object.actions.upload.href);
    const socket = connect(Number(port), hostname);
    socket.write(`PUT ${pathname} HTTP/1.1\r\nHost: hub\r\nContent-Length: ${1 << 20}\r\n\r\n${'x'.repeat(1000)}`);
    await once(socket, 'connect');
    socket.destroy();
    expect(await bench.hub.requested(({ path }) => path === pathname)).toMatchObject({ status: 0 });
    const [folder = ''] = readdirSync(tmpdir()).filter((name) => name.startsWith('hawser-hub-'));
    expect(readdirSync(join(tmpdir(), folder, 'lfs'))).toEqual([]);
  });

  test('a commit that breaks off changes nothing', async () => {
    const space = await bench.space();
    const head = bench.hub.head(space);
    const { port, hostname } = new URL(bench.hub.endpoint);
    const path = `/api/spaces/${space}/commit/main`;
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer ${bench.hub.env['HF_TOKEN']}\r\nContent-Length: 5000\r\n\r\n` +
        `${JSON.stringify({ key: 'header', value: { summary: 's' } })}\n${JSON.stringify(file('a', '1'))}\n`,
    );
    await once(socket, 'connect');
    socket.destroy();
    expect(await bench.hub.requested((request) => request.path === path)).toMatchObject({ status: 0 });
    expect(bench.hub.head(space)).toEqual(head);
  });
});

describe('concurrent commits', () => {
  test('on the same parent: one is made, the others are told that it is stale', async () => {
    const space = await bench.space();
    const parentCommit = bench.hub.head(space)?.commit;
    const header = { key: 'header', value: { summary: 's', parentCommit } };
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => bench.commit(space, [header, file(`f${index}`, 'x')])),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 412)).toHaveLength(7);
    expect(bench.hub.head(space)?.commits).toBe(2);
  });

  test('without a parent: all are made, and nothing is lost', async () => {
    const space = await bench.space();
    await Promise.all(Array.from({ length: 8 }, (_, index) => bench.commit(space, [file(`f${index}`, 'x')])));
    const { json } = await bench.ask('GET', `/api/spaces/${space}/tree/main`);
    expect((json as unknown as unknown[]).length).toBe(9);
    expect(bench.hub.head(space)?.commits).toBe(9);
  });
});

describe('the end', () => {
  test('a closed Hub has no connection, no waiting program and no file left', async () => {
    const hub = await startHubEmulator();
    hub.fail({ path: /stalled/u, does: { kind: 'stall' } });
    const stalled = fetch(`${hub.endpoint}/stalled`).catch((error: Error) => error.message);
    await hub.requested(({ path }) => path === '/stalled');
    const never = hub.requested(({ path }) => path === '/never').catch((error: { code?: string }) => error.code);
    const folders = readdirSync(tmpdir()).filter((name) => name.startsWith('hawser-hub-'));
    await patient(hub.close(), () => 'The Hub does not close.');
    expect(await stalled).toBe('fetch failed');
    expect(await never).toBe('HAWSER_EMULATOR_CLOSED');
    expect(folders.filter((name) => existsSync(join(tmpdir(), name)))).toHaveLength(folders.length - 1);
    await hub.close();
  });

  test.each([
    ['an account without hf_', { accounts: [{ name: 'a', token: 'a' }] }],
    ['no account', { accounts: [] }],
    [
      'two accounts with one token',
      {
        accounts: [
          { name: 'a', token: 'hf_a' },
          { name: 'b', token: 'hf_a' },
        ],
      },
    ],
    ['a limit of nothing', { regularLimitBytes: 0 }],
    ['parts of nothing', { multipartBytes: 0.5 }],
  ])('options that make no sense are refused: %s', async (_, options) => {
    await expect(startHubEmulator(options)).rejects.toMatchObject({ code: 'HAWSER_EMULATOR_OPTION', exitCode: 2 });
  });

  test('a taken port is said, and nothing is left', async () => {
    const port = Number(new URL(bench.hub.endpoint).port);
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('hawser-hub-'));
    await expect(startHubEmulator({ port })).rejects.toMatchObject({ code: 'HAWSER_EMULATOR_LISTEN' });
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('hawser-hub-'))).toEqual(before);
  });
});
