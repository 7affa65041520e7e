import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { startHubEmulator, type HubBuild } from '@hawser/emulators/hub';
import { file, readme, useHub, type HubAnswer } from '../support/hub.js';

const helper = { name: 'helper', token: 'hf_helper', orgs: { 'my-org': 'contributor' } } as const;
const builds = new Map<string, HubBuild>();
const bench = useHub({
  accounts: [{ name: 'hawser', token: 'hf_writer', orgs: { 'my-org': 'admin' } }, helper],
  build: (space) => builds.get(space) ?? {},
});
const dockerfile = file('Dockerfile', 'FROM scratch\n');

describe('the runtime', () => {
  const stages = async (space: string, readings: number): Promise<unknown[]> => {
    const seen = [];
    for (let turn = 0; turn < readings; turn += 1)
      seen.push((await bench.ask('GET', `/api/spaces/${space}/runtime`)).json['stage']);
    return seen;
  };

  test('of a new Space has no application, and starts with the first Dockerfile', async () => {
    const space = await bench.space();
    expect(await stages(space, 2)).toEqual(['NO_APP_FILE', 'NO_APP_FILE']);
    await bench.commit(space, [file('README.md', readme)]);
    expect(await stages(space, 1)).toEqual(['NO_APP_FILE']);
    await bench.commit(space, [dockerfile]);
    expect(await stages(space, 4)).toEqual(['BUILDING', 'APP_STARTING', 'RUNNING', 'RUNNING']);
  });

  test('right after a commit it may still be the RUNNING of before, as many times as the build says', async () => {
    const space = await bench.space();
    await bench.commit(space, [dockerfile]);
    await stages(space, 3);
    builds.set(space, { staleReadings: 2 });
    await bench.commit(space, [file('a', 'a')]);
    expect(await stages(space, 5)).toEqual([
      'RUNNING',
      'RUNNING',
      'RUNNING_BUILDING',
      'RUNNING_APP_STARTING',
      'RUNNING',
    ]);
    builds.set(space, { staleReadings: 0, readings: 2, ends: 'build-error' });
    await bench.commit(space, [file('a', 'b')]);
    expect(await stages(space, 4)).toEqual(['RUNNING_BUILDING', 'RUNNING_BUILDING', 'BUILD_ERROR', 'BUILD_ERROR']);
  });

  test.each<readonly [HubBuild, readonly string[]]>([
    [{ ends: 'build-error' }, ['BUILDING', 'BUILD_ERROR']],
    [{ ends: 'runtime-error' }, ['BUILDING', 'APP_STARTING', 'RUNTIME_ERROR']],
    [{ ends: 'never' }, ['BUILDING', 'BUILDING', 'BUILDING']],
    [{ readings: 0 }, ['RUNNING']],
  ])('a build that is %j', async (build, expected) => {
    const space = await bench.space();
    builds.set(space, build);
    await bench.commit(space, [dockerfile]);
    expect(await stages(space, expected.length)).toEqual(expected);
    const { json } = await bench.ask('GET', `/api/spaces/${space}/runtime`);
    expect(typeof json['errorMessage']).toBe(build.ends?.endsWith('error') ? 'string' : 'undefined');
  });

  test('a variable, other hardware and a restart start it again; paused it stays until then', async () => {
    const space = await bench.space();
    builds.set(space, { readings: 1 });
    await bench.commit(space, [dockerfile]);
    await stages(space, 3);
    for (const [path, body] of [
      ['variables', { key: 'A', value: '1' }],
      ['secrets', { key: 'A', value: '1' }],
      ['hardware', { flavor: 't4-small' }],
      ['restart', undefined],
    ] as const) {
      await bench.ask('POST', `/api/spaces/${space}/${path}`, { body });
      expect(await stages(space, 2)).toEqual(['APP_STARTING', 'RUNNING']);
    }
    const { json } = await bench.ask('GET', `/api/spaces/${space}/runtime`);
    expect(json).toMatchObject({ hardware: { current: 't4-small', requested: 't4-small' }, gcTimeout: null });
    await bench.ask('POST', `/api/spaces/${space}/pause`);
    expect(await stages(space, 2)).toEqual(['PAUSED', 'PAUSED']);
    await bench.ask('POST', `/api/spaces/${space}/restart?factory=true`);
    expect(await stages(space, 3)).toEqual(['BUILDING', 'APP_STARTING', 'RUNNING']);
  });

  test('of files only runs at once', async () => {
    await bench.ask('POST', '/api/repos/create', { body: { type: 'space', sdk: 'static', name: 'site' } });
    await bench.commit('hawser/site', [file('index.html', '<p>')]);
    expect(await stages('hawser/site', 1)).toEqual(['RUNNING']);
  });
});

describe('logs', () => {
  /** Events of a log until the server closes it, or until there are so many. */
  async function read(space: string, kind: string, count = Number.POSITIVE_INFINITY): Promise<string[]> {
    const stop = new AbortController();
    const answer = await fetch(`${bench.hub.endpoint}/api/spaces/${space}/logs/${kind}`, {
      headers: { authorization: 'Bearer hf_writer' },
      signal: stop.signal,
    });
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    const events: string[] = [];
    let text = '';
    try {
      for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
        text += Buffer.from(chunk).toString();
        const parts = text.split('\n\n');
        text = parts.pop() ?? '';
        events.push(...parts);
        if (events.length >= count) break;
      }
    } finally {
      stop.abort();
    }
    return events;
  }
  const lineOf = (event: string): string =>
    event === 'data: ' ? 'keep-alive' : (JSON.parse(event.slice(6)) as { data: string }).data;

  test('of a build are replayed to whoever comes, and closed at its end', async () => {
    const space = await bench.space();
    builds.set(space, { lines: ['Step 1', 'Step 2\n'], ends: 'build-error' });
    await bench.commit(space, [dockerfile]);
    for (const turn of [1, 2])
      expect([turn, (await read(space, 'build')).map(lineOf)]).toEqual([
        turn,
        ['Step 1\n', 'Step 2\n', 'Build failed.\n'],
      ]);
  });

  test('of a run are followed: what was said, a keep-alive while there is nothing, and what comes', async () => {
    const space = await bench.space();
    builds.set(space, { runLines: ['Listening'], readings: 1 });
    await bench.commit(space, [dockerfile]);
    const following = read(space, 'run', 2);
    for (let turn = 0; turn < 3; turn += 1) await bench.ask('GET', `/api/spaces/${space}/runtime`);
    expect(
      (await following)
        .map(lineOf)
        .filter((line) => line !== 'keep-alive')
        .slice(0, 1),
    ).toEqual(['Listening\n']);
    expect((await read(space, 'run', 2)).map(lineOf)).toEqual(['Listening\n', 'keep-alive']);
  });

  test('end when a new build begins its own', async () => {
    const space = await bench.space();
    builds.set(space, { lines: ['one'], ends: 'never' });
    await bench.commit(space, [dockerfile]);
    const following = read(space, 'build');
    await bench.hub.requested(({ path }) => path.includes(`${space}/commit/`));
    await read(space, 'build', 2);
    builds.set(space, { lines: ['two'] });
    await bench.commit(space, [file('a', 'a')]);
    const lines = (await following).map(lineOf);
    expect([lines[0], lines.includes('two\n')]).toEqual(['one\n', false]);
    expect((await read(space, 'build')).map(lineOf)).toEqual(['two\n']);
  });

  test('are for those who say who they are', async () => {
    expect((await bench.ask('GET', `/api/spaces/${await bench.space()}/logs/run`, { token: null })).status).toBe(401);
  });
});

describe('preupload', () => {
  const ask = async (space: string, fields: Readonly<Record<string, unknown>>): Promise<HubAnswer> =>
    await bench.ask('POST', `/api/spaces/${space}/preupload/main`, { body: fields });
  const modes = ({ json }: HubAnswer): unknown =>
    (json['files'] as { uploadMode: string }[]).map((one) => one.uploadMode);
  const sample = (content: string | Buffer): string => Buffer.from(content).toString('base64');

  test('sends through LFS what is binary, large or said to be in .gitattributes, and nothing that is empty', async () => {
    const space = await bench.space();
    const files = [
      { path: 'text.py', size: 1, sample: sample('a') },
      { path: 'picture.png', size: 2, sample: sample('\0a') },
      { path: 'large.txt', size: 10 << 20, sample: sample('a'.repeat(512)) },
      { path: 'model.bin', size: 1, sample: sample('a') },
      { path: 'empty.bin', size: 0, sample: '' },
    ];
    expect(modes(await ask(space, { files }))).toEqual(['regular', 'lfs', 'lfs', 'lfs', 'regular']);
    const other = await ask(space, { files, gitAttributes: '*.py filter=lfs' });
    expect(modes(other)).toEqual(['lfs', 'lfs', 'lfs', 'regular', 'regular']);
  });

  test('says what .gitignore leaves out, what is there, and where the head is', async () => {
    const space = await bench.space();
    const oid = await bench.store(space, Buffer.from('\0large'));
    await bench.commit(space, [
      file('.gitignore', '*.log\n!keep.log\n'),
      file('a.py', 'a'),
      { key: 'lfsFile', value: { path: 'b.bin', algo: 'sha256', oid, size: 6 } },
    ]);
    const files = ['a.py', 'b.bin', 'x.log', 'keep.log'].map((path) => ({ path, size: 1, sample: sample('a') }));
    const { json } = await ask(space, { files });
    expect(json).toEqual({
      commitOid: bench.hub.head(space)?.commit,
      files: [
        { path: 'a.py', uploadMode: 'regular', shouldIgnore: false, oid: '2e65efe2a145dda7ee51d1741299f848e5bf752e' },
        { path: 'b.bin', uploadMode: 'lfs', shouldIgnore: false, oid },
        { path: 'x.log', uploadMode: 'regular', shouldIgnore: true },
        { path: 'keep.log', uploadMode: 'regular', shouldIgnore: false },
      ],
    });
    const own = await ask(space, { files, gitIgnore: '*.py' });
    expect((own.json['files'] as { shouldIgnore: boolean }[]).map((one) => one.shouldIgnore)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('a commit', () => {
  test('adds to .gitattributes the LFS files it does not speak of, and no others', async () => {
    const space = await bench.space();
    const oid = await bench.store(space, Buffer.from('\0data'));
    const lfs = (path: string) => ({ key: 'lfsFile', value: { path, algo: 'sha256', oid, size: 5 } });
    const attributes = async (): Promise<string> =>
      (await bench.ask('GET', `/spaces/${space}/resolve/main/.gitattributes`)).text;
    const before = await attributes();
    await bench.commit(space, [lfs('known.bin')]);
    expect(await attributes()).toBe(before);
    await bench.commit(space, [lfs('my data.db'), lfs('a/b.db')]);
    const added =
      'my[[:space:]]data.db filter=lfs diff=lfs merge=lfs -text\na/b.db filter=lfs diff=lfs merge=lfs -text\n';
    expect(await attributes()).toBe(before + added);
    await bench.commit(space, [file('.gitattributes', '*.db filter=lfs diff=lfs merge=lfs -text'), lfs('c.db')]);
    expect(await attributes()).toBe('*.db filter=lfs diff=lfs merge=lfs -text');
  });

  test('by a contributor becomes a pull request, whose ref takes more and which can be merged', async () => {
    await bench.ask('POST', '/api/repos/create', {
      body: { type: 'space', sdk: 'docker', name: 'shared', organization: 'my-org' },
    });
    const space = 'my-org/shared';
    const head = bench.hub.head(space);
    const proposed = await bench.commit(space, [file('a', '1')], { token: helper.token, query: '?create_pr=1' });
    expect(proposed.json).toMatchObject({ pullRequestUrl: `${bench.hub.endpoint}/spaces/${space}/discussions/1` });
    expect((await bench.commit(space, [file('b', '2')], { token: helper.token, revision: 'refs/pr/1' })).status).toBe(
      200,
    );
    expect([bench.hub.head(space), bench.hub.head(space, 'refs/pr/1')?.commits]).toEqual([head, 3]);
    await bench.ask('POST', `/api/spaces/${space}/discussions/1/merge`);
    expect(bench.hub.head(space)).toEqual(bench.hub.head(space, 'refs/pr/1'));
  });

  test('takes text as utf-8, deletes folders, and its parent may be named', async () => {
    const space = await bench.space();
    await bench.commit(space, [file('a/b', '1'), file('a/c/d', '2'), file('e', '3')]);
    const parentCommit = bench.hub.head(space)?.commit;
    const { status } = await bench.commit(space, [
      { key: 'header', value: { summary: 'Title', description: 'Body', parentCommit } },
      { key: 'deletedFolder', value: { path: 'a/' } },
      { key: 'file', value: { path: 'f', content: 'é', encoding: 'utf-8' } },
    ]);
    const { json } = await bench.ask('GET', `/api/spaces/${space}/tree/main?recursive=1`);
    expect([status, (json as unknown as { path: string }[]).map(({ path }) => path)]).toEqual([
      200,
      ['.gitattributes', 'e', 'f'],
    ]);
    const commits = await bench.ask('GET', `/api/spaces/${space}/commits/main?limit=1`);
    expect(commits.json).toMatchObject([{ title: 'Title', message: 'Body', authors: [{ user: 'hawser' }] }]);
    expect(commits.headers.get('x-total-count')).toBe('3');
    const rest = await bench.ask(
      'GET',
      new URL(/<(.*)>/u.exec(commits.headers.get('link') ?? '')?.[1] ?? '').href.slice(bench.hub.endpoint.length),
    );
    expect(rest.json).toMatchObject([{ title: 'Change' }]);
  });
});

describe('listings', () => {
  test('come in pages that lead to the next', async () => {
    const space = await bench.space();
    await bench.commit(
      space,
      Array.from({ length: 7 }, (_, index) => file(`d é/f${index}`, 'x')),
    );
    const paths: string[] = [];
    let next: string | undefined = `/api/spaces/${space}/tree/main/${encodeURIComponent('d é')}?limit=3`;
    let pages = 0;
    while (next !== undefined) {
      const { json, headers }: HubAnswer = await bench.ask('GET', next);
      paths.push(...(json as unknown as { path: string }[]).map(({ path }) => path));
      next = /^<(.*)>; rel="next"$/u.exec(headers.get('link') ?? '')?.[1]?.slice(bench.hub.endpoint.length);
      pages += 1;
    }
    expect([pages, paths]).toEqual([3, Array.from({ length: 7 }, (_, index) => `d é/f${index}`)]);
  });
});

describe('files by their address', () => {
  test('have the headers official clients read, in part and in whole', async () => {
    const space = await bench.space();
    const content = Buffer.from('\0binary content');
    const oid = await bench.store(space, content);
    await bench.commit(space, [
      file('a.txt', 'hello'),
      { key: 'lfsFile', value: { path: 'b.bin', algo: 'sha256', oid } },
    ]);
    const commit = bench.hub.head(space)?.commit ?? '';
    const at = `/spaces/${space}/resolve/main`;
    const small = await bench.ask('GET', `${at}/a.txt`, { token: null });
    const etag = createHash('sha1').update('blob 5\0hello').digest('hex');
    expect([small.text, small.headers.get('etag'), small.headers.get('x-repo-commit')]).toEqual([
      'hello',
      `"${etag}"`,
      commit,
    ]);
    const head = await bench.ask('HEAD', `${at}/b.bin`);
    expect(Object.fromEntries(head.headers)).toMatchObject({
      'x-linked-size': '15',
      'x-linked-etag': `"${oid}"`,
      'content-length': '15',
    });
    const part = async (range: string): Promise<unknown[]> => {
      const { status, text, headers } = await bench.ask('GET', `${at}/b.bin`, { headers: { range } });
      return [status, text, headers.get('content-range')];
    };
    expect(await part('bytes=1-6')).toEqual([206, 'binary', 'bytes 1-6/15']);
    expect(await part('bytes=-7')).toEqual([206, 'content', 'bytes 8-14/15']);
    expect(await part('bytes=8-99')).toEqual([206, 'content', 'bytes 8-14/15']);
    expect(await part('bytes=15-')).toEqual([416, '', 'bytes */15']);
    expect((await bench.ask('GET', `/spaces/${space}/raw/main/b.bin`)).text).toContain('version https://git-lfs');
    expect((await bench.ask('GET', `/spaces/${space}/resolve/${commit}/a.txt`)).text).toBe('hello');
    expect((await bench.ask('GET', `/lfs-storage/${'f'.repeat(64)}`)).status).toBe(404);
  });
});

describe('device login', () => {
  const grant = 'urn:ietf:params:oauth:grant-type:device_code';

  test('waits for a person: pending, too fast, let in, and the token can be renewed once', async () => {
    await using hub = await startHubEmulator({ device: { intervalSeconds: 0 } });
    const post = async (path: string, fields: Readonly<Record<string, string>>): Promise<Record<string, unknown>> =>
      (await (
        await fetch(hub.endpoint + path, { method: 'POST', body: new URLSearchParams(fields) })
      ).json()) as Record<string, unknown>;
    const device = await post('/oauth/device', { client_id: 'me' });
    const poll = () =>
      post('/oauth/token', { grant_type: grant, device_code: String(device['device_code']), client_id: 'me' });
    expect((await poll())['error']).toBe('authorization_pending');
    expect(hub.approve('XXXX-XXXX')).toBe(false);
    const page = await fetch(String(device['verification_uri_complete']));
    expect(await page.text()).toContain(device['user_code']);
    await fetch(`${hub.endpoint}/device`, {
      method: 'POST',
      body: new URLSearchParams({ user_code: String(device['user_code']) }),
    });
    const granted = await poll();
    const whoami = await fetch(`${hub.endpoint}/api/whoami-v2`, {
      headers: { authorization: `Bearer ${String(granted['access_token'])}` },
    });
    expect([whoami.status, (await poll())['error']]).toEqual([200, 'invalid_grant']);
    const renew = () =>
      post('/oauth/token', {
        grant_type: 'refresh_token',
        refresh_token: String(granted['refresh_token']),
        client_id: 'me',
      });
    expect(await renew()).toMatchObject({ token_type: 'bearer', access_token: expect.stringMatching(/^hf_oauth_/u) });
    expect((await renew())['error']).toBe('invalid_grant');
  });

  test.each([
    ['slow_down', { intervalSeconds: 3600 }, false],
    ['access_denied', { intervalSeconds: 0 }, true],
    ['expired_token', { intervalSeconds: 0, expiresInSeconds: 0 }, false],
  ])('%s', async (error, device, isDenied) => {
    await using hub = await startHubEmulator({ device });
    const post = async (path: string, fields: Readonly<Record<string, string>>): Promise<Record<string, unknown>> =>
      (await (
        await fetch(hub.endpoint + path, { method: 'POST', body: new URLSearchParams(fields) })
      ).json()) as Record<string, unknown>;
    const started = await post('/oauth/device', { client_id: 'me' });
    if (isDenied) expect(hub.deny(String(started['user_code']))).toBe(true);
    const poll = () =>
      post('/oauth/token', { grant_type: grant, device_code: String(started['device_code']), client_id: 'me' });
    await poll();
    expect((await poll())['error']).toBe(error);
  });

  test.each([
    ['of another audience', { aud: 'elsewhere' }, 'spaces/hawser/one', 'invalid_grant'],
    ['that has expired', { exp: 1 }, 'spaces/hawser/one', 'invalid_grant'],
    ['for a stranger’s Space', {}, 'spaces/stranger/one', 'invalid_target'],
  ])('a job’s token %s is refused', async (_, claims, resource, error) => {
    const payload = Buffer.from(JSON.stringify({ aud: bench.hub.endpoint, ...claims })).toString('base64url');
    const fields = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      subject_token: `e30.${payload}.`,
      resource,
    };
    const { status, json } = await bench.ask('POST', '/oauth/token', { body: fields, token: null });
    expect([status, json['error']]).toEqual([400, error]);
  });

  test('a job’s token is for its own Space', async () => {
    const [mine, other] = [await bench.space(), await bench.space()];
    const payload = Buffer.from(JSON.stringify({ aud: bench.hub.endpoint })).toString('base64url');
    const { json } = await bench.ask('POST', '/oauth/token', {
      token: null,
      body: {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
        subject_token: `e30.${payload}.`,
        resource: `spaces/${mine}`,
      },
    });
    const token = String(json['access_token']);
    expect((await bench.commit(mine, [file('a', '1')], { token })).status).toBe(200);
    expect((await bench.commit(other, [file('a', '1')], { token })).status).toBe(403);
  });
});

describe('a rate limit', () => {
  test('counts per caller in windows, tells what is left, and refuses with 429', async () => {
    await using hub = await startHubEmulator({ rateLimit: { requests: 2, windowSeconds: 300 } });
    const ask = (token?: string) =>
      fetch(
        `${hub.endpoint}/api/spaces/hardware`,
        token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
      );
    const answers = [await ask(), await ask(), await ask()];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(answers.map(({ headers }) => headers.get('ratelimit')?.replace(/t=\d+$/u, 't'))).toEqual([
      '"api";r=1;t',
      '"api";r=0;t',
      '"api";r=0;t',
    ]);
    expect(answers[2]?.headers.get('ratelimit-policy')).toBe('"fixed window";"api";q=2;w=300');
    expect((await ask(hub.env['HF_TOKEN'])).status).toBe(200);
  });
});
