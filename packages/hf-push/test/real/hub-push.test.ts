import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { openHub } from '../../src/hub/open.js';
import { planPush } from '../../src/plan/make-plan.js';
import { parsePlan } from '../../src/plan/schema.js';
import { applyPlan, push, pushAll } from '../../src/push/push.js';
import { describeReal } from '../../../../test/support/counterparts.js';
import { runToEnd } from '../../../../test/support/run-to-end.js';
import { flatEnvironment, seedRepository } from '../../../../test/support/environments.js';
import { folderWith } from '../support/folders.js';
import { binary, clientOf, collector, failureOf, pushing, requestsOf, stagedOf, startHub } from '../support/hub.js';

const space = 'hawser/echo_env';

describe('a first push', () => {
  test('makes a Docker Space with its settings in one request, and one commit whose tree is proven', async () => {
    const emulator = await startHub();
    const hub = clientOf(emulator);
    const result = await push(
      hub,
      pushing(stagedOf({ 'data/weights.bin': binary(5000) }, { variables: { FROM_MANIFEST: '1' } }), {
        private: true,
        hardware: 'cpu-upgrade',
        variables: { MODE: 'fast' },
        secrets: { API_KEY: 'planted-secret' },
      }),
    );
    expect(result).toMatchObject({ space, created: true, unchanged: false, resumed: false });
    expect(result.changes.added).toEqual(['Dockerfile', 'README.md', 'data/weights.bin', 'server/app.py']);
    expect(emulator.head(space)).toEqual({ commit: result.commit, tree: result.treeId, commits: 2 });
    expect(requestsOf(emulator).filter((line) => /create|\/(variables|hardware|settings)$/.test(line))).toEqual([
      'POST /api/repos/create',
    ]);
    expect(await hub.variables(space)).toEqual({ FROM_MANIFEST: '1', MODE: 'fast' });
    expect(Object.keys(await hub.secrets(space))).toEqual(['API_KEY']);
    expect(await hub.spaceInfo(space)).toMatchObject({ private: true, sdk: 'docker' });
    expect(await hub.readFile(space, 'data/weights.bin', 'main')).toEqual(new Uint8Array(binary(5000)));
  });

  test('tells its steps, staging among them, each at its beginning and end', async () => {
    const { events, onEvent } = collector();
    await push(clientOf(await startHub()), pushing(stagedOf({ 'data/weights.bin': binary(5000) }), { onEvent }));
    const told = events.flatMap((event) => (event.type === 'step' ? [`${event.step} ${event.state}`] : []));
    expect(told).toHaveLength(10);
    for (const step of ['stage', 'create', 'compare', 'upload', 'commit'])
      expect(told.filter((each) => each.startsWith(step))).toEqual([`${step} started`, `${step} done`]);
  });

  test('goes to the namespace and name that are given, and to the repo id', async () => {
    const hub = clientOf(await startHub());
    const spaces = await Promise.all(
      [
        {},
        { namespace: 'my-org' },
        { spaceName: 'my-space' },
        { namespace: 'my-org', spaceName: 'custom' },
        { repoId: 'other' },
        { repoId: 'my-org/third' },
      ].map(async (target) => (await push(hub, pushing(stagedOf(), target))).space),
    );
    expect(spaces).toEqual([
      'hawser/echo_env',
      'my-org/echo_env',
      'hawser/my-space',
      'my-org/custom',
      'hawser/other',
      'my-org/third',
    ]);
  });

  test.each([
    { repoId: 'a/b/c' },
    { spaceName: 'a--b' },
    { spaceName: '-a' },
    { namespace: 'x'.repeat(97) },
    { repoId: 'a/b', namespace: 'c' },
  ])('refuses a name the Hub would refuse: %j', async (target) => {
    const emulator = await startHub();
    const error = await failureOf(push(clientOf(emulator), pushing(stagedOf(), target)));
    expect(error.code).toBe('HAWSER_HF_BAD_INPUT');
    expect(emulator.requests).toEqual([]);
  });
});

describe('the next push', () => {
  test('of the same makes no commit and at most four requests', async () => {
    const emulator = await startHub();
    const staged = stagedOf({ 'logo.png': binary(3000) });
    const first = await push(clientOf(emulator), pushing(staged));
    const before = emulator.requests.length;
    const second = await push(clientOf(emulator), pushing(staged));
    expect(second).toMatchObject({ unchanged: true, commit: first.commit, treeId: first.treeId });
    expect(requestsOf(emulator, before).length).toBeLessThanOrEqual(4);
    expect(requestsOf(emulator, before)).not.toContainEqual(expect.stringContaining('/commit/'));
    expect(emulator.head(space)?.commits).toBe(2);
  });

  test('of the same thousands needs no listing of them, and sees the one that changed', async () => {
    const emulator = await startHub();
    const many = Object.fromEntries(
      Array.from({ length: 1500 }, (_, index) => [`data/${index % 7}/${index}.txt`, `${index}`]),
    );
    const first = await push(clientOf(emulator), pushing(stagedOf(many)));
    const plan = await planPush(clientOf(emulator), pushing(stagedOf(many)));
    expect(plan.change).toMatchObject({ treeId: first.treeId, deletes: [], keeps: ['.gitattributes'] });
    const before = emulator.requests.length;
    const second = await push(clientOf(emulator), pushing(stagedOf(many)));
    expect(second).toMatchObject({ unchanged: true, treeId: first.treeId, changes: { same: 1503 } });
    expect(requestsOf(emulator, before)).toHaveLength(3);
    const third = await push(clientOf(emulator), pushing(stagedOf({ ...many, 'data/3/3.txt': 'other' })));
    expect(third.changes).toMatchObject({ added: [], updated: ['data/3/3.txt'], deleted: [], same: 1502 });
    // Somebody else's file is left alone, and does not hide what is the same.
    await clientOf(emulator).commit(space, {
      title: 'by hand',
      description: '',
      parent: third.commit,
      operations: [
        { kind: 'file', file: { path: 'notes.txt', size: 3, oid: '' }, read: async () => Buffer.from('hi\n') },
      ],
    });
    const fourth = await push(clientOf(emulator), pushing(stagedOf({ ...many, 'data/3/3.txt': 'other' })));
    expect(fourth).toMatchObject({ unchanged: true, changes: { deleted: [], same: 1503 } });
  });

  test('sends what changed only, deletes what it brought and no longer has, and leaves what others brought', async () => {
    const emulator = await startHub();
    const hub = clientOf(emulator);
    await push(hub, pushing(stagedOf({ 'old.txt': 'old\n', 'logo.png': binary(3000) })));
    const head = emulator.head(space);
    await hub.commit(space, {
      title: 'From the web',
      description: '',
      parent: head?.commit ?? '',
      operations: [
        { kind: 'file', file: { path: 'notes.txt', size: 3, oid: '' }, read: async () => Buffer.from('hi\n') },
      ],
    });
    const result = await push(hub, pushing(stagedOf({ 'new.txt': 'new\n', 'server/app.py': 'app = 2\n' })));
    expect(result.changes).toEqual({
      added: ['new.txt'],
      updated: ['server/app.py'],
      deleted: ['logo.png', 'old.txt'],
      ignored: [],
      same: 2,
    });
    const paths = (await hub.listTree(space, 'main')).map(({ path }) => path);
    expect(paths.toSorted()).toEqual(
      ['.gitattributes', 'Dockerfile', 'README.md', 'new.txt', 'notes.txt', 'server/app.py'].toSorted(),
    );
    expect(emulator.head(space)?.tree).toBe(result.treeId);
    // Still not ours a push later, and from another machine.
    const third = await push(clientOf(emulator), pushing(stagedOf()));
    expect(third.changes.deleted).toEqual(['new.txt']);
  });

  test('changes settings before the commit, and only those that differ', async () => {
    const emulator = await startHub();
    const hub = clientOf(emulator);
    const stateFolder = folderWith();
    const options = { variables: { A: '1', B: '2' }, secrets: { KEY: 'one' }, stateFolder };
    await push(hub, pushing(stagedOf(), options));
    const before = emulator.requests.length;
    expect((await push(hub, pushing(stagedOf(), options))).settings).toEqual([]);
    const result = await push(
      hub,
      pushing(stagedOf({ 'x.txt': 'x' }), {
        variables: { A: '1', B: '3' },
        secrets: { KEY: 'two' },
        hardware: 't4-small',
        private: true,
        stateFolder,
      }),
    );
    expect(result.settings).toEqual([
      { kind: 'visibility', to: 'private' },
      { kind: 'hardware', from: 'cpu-basic', to: 't4-small' },
      { kind: 'variable', key: 'B', to: '3' },
      { kind: 'secret', key: 'KEY' },
    ]);
    const lines = requestsOf(emulator, before);
    const commit = lines.findIndex((line) => line.includes('/commit/'));
    for (const what of ['PUT .*/settings', 'POST .*/hardware', 'POST .*/variables', 'POST .*/secrets'])
      expect(lines.findIndex((line) => new RegExp(what).test(line))).toBeLessThan(commit);
    expect(lines.filter((line) => /^POST .*\/variables/.test(line))).toHaveLength(1);
  });

  test('leaves out what the Space ignores', async () => {
    const emulator = await startHub();
    const hub = clientOf(emulator);
    await push(hub, pushing(stagedOf({ '.gitignore': '*.log\n' })));
    const result = await push(hub, pushing(stagedOf({ '.gitignore': '*.log\n', 'a.log': 'x\n' })));
    expect(result).toMatchObject({ unchanged: true, changes: { ignored: ['a.log'] } });
  });

  test('keeps the rules of LFS that the environment brings, and adds what is missing', async () => {
    const emulator = await startHub();
    const staged = stagedOf({ '.gitattributes': '*.png filter=lfs diff=lfs merge=lfs -text\n', 'a.dat': binary(900) });
    const result = await push(clientOf(emulator), pushing(staged));
    expect(emulator.head(space)?.tree).toBe(result.treeId);
    expect((await push(clientOf(emulator), pushing(staged))).unchanged).toBe(true);
  });
});

describe('before anything is made', () => {
  const accounts = [
    {
      name: 'ann',
      token: 'hf_ann',
      orgs: { readers: 'read', proposers: 'contributor', writers: 'write' },
    },
    { name: 'ann-reads', token: 'hf_reads', role: 'read' },
    { name: 'poor', token: 'hf_poor', isPro: false },
  ] as const;

  test.each([
    { token: 'hf_reads', target: {}, code: 'HAWSER_HF_TOKEN_READ_ONLY' },
    { token: 'hf_nobody', target: {}, code: 'HAWSER_HF_TOKEN_INVALID' },
    { token: 'nonsense', target: {}, code: 'HAWSER_HF_TOKEN_INVALID' },
    { token: 'hf_ann', target: { namespace: 'readers' }, code: 'HAWSER_HF_ACCESS_DENIED' },
    { token: 'hf_ann', target: { namespace: 'strangers' }, code: 'HAWSER_HF_ACCESS_DENIED' },
    { token: 'hf_ann', target: { namespace: 'proposers' }, code: 'HAWSER_HF_CONTRIBUTOR' },
  ])('$code for $token and $target', async ({ token, target, code }) => {
    const emulator = await startHub({ accounts });
    const error = await failureOf(push(clientOf(emulator, { token }), pushing(stagedOf(), target)));
    expect(error.code).toBe(code);
    expect(emulator.requests.every(({ method }) => method === 'GET')).toBe(true);
  });

  test('no token is told as such', async () => {
    const emulator = await startHub();
    const error = await failureOf(push(openHub({ endpoint: emulator.endpoint }), pushing(stagedOf())));
    expect(error.code).toBe('HAWSER_HF_TOKEN_MISSING');
    expect(emulator.requests).toEqual([]);
  });

  test('an account without a plan is warned, and the refusal tells what is needed', async () => {
    const emulator = await startHub({ accounts });
    const { events, onEvent } = collector();
    const error = await failureOf(push(clientOf(emulator, { token: 'hf_poor' }), pushing(stagedOf(), { onEvent })));
    expect(error).toMatchObject({
      code: 'HAWSER_HF_PAYMENT_REQUIRED',
      message: expect.stringMatching(/^Failed to create space poor\/echo_env: /),
    });
    expect(events).toContainEqual(expect.objectContaining({ type: 'warning', hint: expect.stringContaining('PRO') }));
  });

  test('a Space that is no Docker Space is left alone', async () => {
    const emulator = await startHub();
    await fetch(`${emulator.endpoint}/api/repos/create`, {
      method: 'POST',
      headers: { authorization: `Bearer ${emulator.accounts[0]?.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'space', name: 'echo_env', sdk: 'static' }),
    });
    const error = await failureOf(push(clientOf(emulator), pushing(stagedOf())));
    expect(error).toMatchObject({ code: 'HAWSER_HF_SPACE_WRONG_SDK', details: { sdk: 'static' } });
    expect(emulator.head(space)?.commits).toBe(1);
  });

  test('a Space that exists is refused when it is to be made', async () => {
    const emulator = await startHub();
    const hub = clientOf(emulator);
    await push(hub, pushing(stagedOf(), { createOnly: true }));
    const error = await failureOf(push(hub, pushing(stagedOf({ 'x.txt': 'x' }), { createOnly: true })));
    expect(error.code).toBe('HAWSER_HF_SPACE_EXISTS');
    expect(emulator.head(space)?.commits).toBe(2);
  });
});

describe('a plan', () => {
  test('names every change and the tree that will be, touches nothing, and is what applying it does', async () => {
    const emulator = await startHub();
    const hub = clientOf(emulator);
    await push(hub, pushing(stagedOf({ 'old.txt': 'old\n' })));
    const before = emulator.requests.length;
    const next = pushing(stagedOf({ 'model.bin': binary(4000), 'server/app.py': 'app = 2\n' }));
    const plan = await planPush(hub, next);
    expect(
      emulator.requests
        .slice(before)
        .filter(({ method }) => method !== 'GET')
        .map(({ path }) => path),
    ).toEqual([`/api/spaces/${space}/preupload/main`]);
    expect(plan.change).toMatchObject({ exists: true, deletes: ['old.txt'], keeps: ['.gitattributes'], settings: [] });
    expect(plan.files.map(({ path, action }) => [path, action])).toEqual([
      ['Dockerfile', 'same'],
      ['README.md', 'same'],
      ['model.bin', 'add'],
      ['server/app.py', 'update'],
    ]);
    const kept = JSON.parse(JSON.stringify(plan)) as typeof plan;
    const result = await applyPlan(hub, kept, { stage: next.stage! });
    expect(result.treeId).toBe(plan.change?.treeId);
    expect(emulator.head(space)?.tree).toBe(plan.change?.treeId);
    // Applied once more it is done already.
    expect(await applyPlan(hub, kept, { stage: next.stage! })).toMatchObject({ unchanged: true });
  });

  test('is refused when files, Space or document changed since', async () => {
    const emulator = await startHub();
    const hub = clientOf(emulator);
    await push(hub, pushing(stagedOf()));
    const plan = await planPush(hub, pushing(stagedOf({ 'a.txt': 'a' })));
    const other = { stage: async () => stagedOf({ 'a.txt': 'b' }) };
    expect((await failureOf(applyPlan(hub, plan, other))).code).toBe('HAWSER_HF_PLAN_STALE');
    await push(hub, pushing(stagedOf({ 'c.txt': 'c' })));
    const same = { stage: async () => stagedOf({ 'a.txt': 'a' }) };
    expect(await failureOf(applyPlan(hub, plan, same))).toMatchObject({
      code: 'HAWSER_HF_PLAN_STALE',
      message: expect.stringContaining('somebody committed'),
    });
    const changed = { ...plan, space: 'hawser/elsewhere' };
    expect((await failureOf(applyPlan(hub, changed, same))).code).toBe('HAWSER_HF_PLAN_INVALID');
    expect(emulator.head(space)?.commits).toBe(3);
  });

  test('without a Hub names files and digest; applied it pushes', async () => {
    const emulator = await startHub();
    const next = pushing(stagedOf());
    const plan = await planPush(undefined, next);
    expect(plan).not.toHaveProperty('change');
    expect(plan).not.toHaveProperty('endpoint');
    expect(await parsePlan(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
    const result = await applyPlan(clientOf(emulator), plan, { stage: next.stage! });
    expect(result).toMatchObject({ space, created: true, contents: plan.contents });
  });

  test('has names of secrets, and wants their values again', async () => {
    const emulator = await startHub();
    const hub = clientOf(emulator);
    const next = pushing(stagedOf(), { secrets: { KEY: 'planted-secret' } });
    const plan = await planPush(hub, next);
    expect(JSON.stringify(plan)).not.toContain('planted-secret');
    expect((await failureOf(applyPlan(hub, plan, { stage: next.stage! }))).code).toBe('HAWSER_HF_BAD_INPUT');
    await applyPlan(hub, plan, { stage: next.stage!, secrets: { KEY: 'planted-secret' } });
    expect(Object.keys(await hub.secrets(space))).toEqual(['KEY']);
  });
});

describe('a pull request', () => {
  test('is opened once for a change, and leaves the Space as it is', async () => {
    const emulator = await startHub();
    const hub = clientOf(emulator);
    await push(hub, pushing(stagedOf()));
    const main = emulator.head(space);
    const next = pushing(stagedOf({ 'a.txt': 'a' }), { pr: true });
    const first = await push(hub, next);
    expect(first.pullRequest).toEqual({ number: 1, url: `${emulator.endpoint}/spaces/${space}/discussions/1` });
    expect(emulator.head(space, 'refs/pr/1')?.tree).toBe(first.treeId);
    expect(emulator.head(space)).toEqual(main);
    const again = await push(hub, next);
    expect(again.pullRequest?.number).toBe(1);
    expect(again.commit).toBe(first.commit);
  });

  test('of a Space that is not there cannot be opened', async () => {
    const error = await failureOf(push(clientOf(await startHub()), pushing(stagedOf(), { pr: true })));
    expect(error.code).toBe('HAWSER_HF_SPACE_NOT_FOUND');
  });
});

describe('several environments', () => {
  test('share one identity, and one that fails stops no other', async () => {
    const emulator = await startHub();
    const stage = async ({ environment }: { readonly environment: string }): Promise<ReturnType<typeof stagedOf>> => {
      if (environment === 'bad_env') throw new Error('cannot be staged');
      return stagedOf({ 'name.txt': environment }, { name: environment });
    };
    const entries = await pushAll(clientOf(emulator), ['one_env', 'bad_env', 'two_env'], { from: '/envs', stage });
    expect(entries.map((entry) => ('result' in entry ? entry.result.space : String(entry.error)))).toEqual([
      'hawser/one_env',
      'Error: cannot be staged',
      'hawser/two_env',
    ]);
    expect(requestsOf(emulator).filter((line) => line.includes('whoami'))).toHaveLength(1);
    const error = await failureOf(pushAll(clientOf(emulator), ['a', 'b'], { from: '/', repoId: 'x/y' }));
    expect(error.code).toBe('HAWSER_HF_BAD_INPUT');
  });
});

describe('environments of both layouts', () => {
  test('are staged, pushed, and pushed again without a commit', async () => {
    const emulator = await startHub();
    const from = folderWith({ ...flatEnvironment(), ...seedRepository() });
    for (const environment of ['my_env', 'echo_env']) {
      const { space: pushed, unchanged } = await push(clientOf(emulator), { from, environment });
      expect(unchanged).toBe(false);
      expect(await push(clientOf(emulator), { from, environment })).toMatchObject({ unchanged: true });
      expect(emulator.head(pushed)?.commits).toBe(2);
    }
  });

  test('a made up README takes over the look that the Space has', async () => {
    const emulator = await startHub();
    const from = folderWith(flatEnvironment({ 'README.md': '# No front matter\n' }));
    const hub = clientOf(emulator);
    const first = await push(hub, { from, environment: 'my_env' });
    const text = Buffer.from(await hub.readFile(first.space, 'README.md', 'main')).toString();
    const recoloured = text.replace(/^emoji: .*$/m, 'emoji: 🦭').replace(/^colorTo: .*$/m, 'colorTo: gray');
    const bytes = Buffer.from(recoloured);
    await hub.commit(first.space, {
      title: 'Another look',
      description: '',
      parent: first.commit,
      operations: [{ kind: 'file', file: { path: 'README.md', size: bytes.length, oid: '' }, read: async () => bytes }],
    });
    expect(await push(hub, { from, environment: 'my_env' })).toMatchObject({ unchanged: true });
  });

  test('a push that fails leaves the staged files where it is told to, and says so', async () => {
    const emulator = await startHub();
    const from = folderWith(flatEnvironment());
    emulator.fail({ path: /\/commit\//, does: { kind: 'status', status: 400, body: { error: 'no' } } });
    const stagingFolder = join(from, 'hf-staging', 'my_env');
    const error = await failureOf(push(clientOf(emulator), { from, environment: 'my_env', stagingFolder }));
    expect(error).toMatchObject({
      code: 'HAWSER_HF_UPLOAD_FAILED',
      message: expect.stringMatching(/^Failed to upload to space hawser\/my_env: /),
      details: { stagingFolder },
    });
    expect(execFileSync('ls', [stagingFolder], { encoding: 'utf8' })).toContain('Dockerfile');
  });
});

describeReal('git', (path) => {
  test('a clone has the planned tree', async () => {
    const emulator = await startHub();
    const result = await push(clientOf(emulator), pushing(stagedOf({ 'weights.bin': binary(2000) })));
    const clone = join(folderWith(), 'clone');
    const env = { PATH: process.env['PATH'], GIT_LFS_SKIP_SMUDGE: '1', HOME: clone, GIT_CONFIG_NOSYSTEM: '1' };
    // The Hub is in this process, and must be able to answer.
    const git = async (...args: string[]): Promise<string> => (await runToEnd(path('git'), args, { env })).stdout;
    await git('clone', '-q', `${emulator.endpoint}/spaces/${space}`, clone);
    expect((await git('-C', clone, 'rev-parse', 'HEAD^{tree}')).trim()).toBe(result.treeId);
  });
});
