import { describe, expect, test } from '@jest/globals';
import type { HubEmulator } from '@hawser/emulators/hub';
import fc from 'fast-check';
import { HfPushError } from '../../src/errors.js';
import { push } from '../../src/push/push.js';
import type { PushResult } from '../../src/push/types.js';
import type { Staged } from '../../src/tree/types.js';
import { scale } from '../../../../test/support/scale.js';
import { folderWith } from '../support/folders.js';
import { binary, clientOf, collector, failureOf, FastClock, pushing, stagedOf, startHub } from '../support/hub.js';
import { interpose, type Deed, type Interposer } from '../support/interposer.js';

const space = 'hawser/echo_env';
const large = { 'data/weights.bin': binary(5000), 'logo.png': binary(300, 7) };
const secrets = { API_KEY: 'planted-secret' };
const commitPath = /\/commit\/main/;

/** A Hub, what stands before it, and a client whose waits take no time. */
async function hostile(options: Parameters<typeof startHub>[0] & { readonly tries?: number } = {}): Promise<{
  readonly emulator: HubEmulator;
  readonly between: Interposer;
  readonly clock: FastClock;
  /** A client of its own each time. */
  readonly run: (staged?: Staged, rest?: Parameters<typeof pushing>[1]) => Promise<PushResult>;
}> {
  const emulator = await startHub({ multipartBytes: 2000, ...options });
  const between = await interpose(emulator);
  const clock = new FastClock();
  const { tries = 5 } = options;
  return {
    emulator,
    between,
    clock,
    run: async (staged = stagedOf(large), rest = {}) =>
      await push(clientOf(emulator, { endpoint: between.endpoint, clock, tries }), pushing(staged, rest)),
  };
}

function countOf(between: Interposer, pattern: RegExp): number {
  return between.came.filter((line) => pattern.test(line)).length;
}

describe('a commit whose answer does not come', () => {
  test.each<{ how: string; does: Deed; sent: number }>([
    { how: 'cut off after the commit was made', does: { kind: 'cut-answer' }, sent: 1 },
    { how: 'cut off in the middle of it', does: { kind: 'cut-answer', half: true }, sent: 1 },
    {
      how: 'a gateway that gave up although the commit was made',
      does: { kind: 'answer-after', status: 504 },
      sent: 1,
    },
    { how: 'a page instead of JSON', does: { kind: 'answer-after', status: 200, text: '<html>ok</html>' }, sent: 1 },
    { how: 'JSON that names no commit', does: { kind: 'answer-after', status: 200, text: '{}' }, sent: 1 },
    { how: 'one without an end', does: { kind: 'endless' }, sent: 1 },
    { how: 'a server that is not well, and did nothing', does: { kind: 'answer', status: 503 }, sent: 2 },
    { how: 'cut off before anything was read', does: { kind: 'cut', bytes: 0 }, sent: 2 },
    { how: 'cut off in the middle of the body', does: { kind: 'cut', bytes: 300 }, sent: 2 },
  ])('$how: one commit, and its tree is proven', async ({ does, sent }) => {
    const { emulator, between, run } = await hostile();
    between.trouble({ path: commitPath, does });
    const result = await run();
    expect(emulator.head(space)).toEqual({ commit: result.commit, tree: result.treeId, commits: 2 });
    expect(countOf(between, /\/commit\//)).toBe(sent);
    expect(await run()).toMatchObject({ unchanged: true, commit: result.commit });
  });

  test('and somebody else commits meanwhile: theirs stays, and it is said', async () => {
    const { emulator, between, run } = await hostile();
    await run(stagedOf());
    between.trouble({ path: commitPath, does: { kind: 'cut', bytes: 300 } });
    const others = stagedOf({ 'theirs.txt': 'theirs\n' });
    const { onEvent } = collector();
    let theirs: Promise<PushResult> | undefined;
    // They push as soon as ours has failed once, before it looks again.
    between.trouble({
      path: /expand\[\]=sha/,
      after: 1,
      does: {
        kind: 'hold',
        until: between.reached(/\/commit\//, 1).then(() => (theirs = push(clientOf(emulator), pushing(others)))),
      },
    });
    const error = await failureOf(run(stagedOf({ 'ours.txt': 'ours\n' }), { onEvent }));
    expect(error).toMatchObject({
      code: 'HAWSER_HF_HEAD_MOVED',
      message: `Failed to upload to space ${space}: Somebody else committed to ${space}`,
    });
    expect(emulator.head(space)).toMatchObject({ tree: (await theirs)?.treeId, commits: 3 });
  });
});

describe('a rate limit', () => {
  test.each([
    { where: 'the first request', path: /whoami/ },
    { where: 'the creation', path: /repos\/create/ },
    { where: 'the commit', path: commitPath },
  ])('at $where is waited for until the window is over, and the push goes on', async ({ path }) => {
    const { emulator, between, clock, run } = await hostile();
    between.trouble({ path, does: { kind: 'answer', status: 429, headers: { ratelimit: '"api";r=0;t=55' } } });
    const { events, onEvent } = collector();
    const result = await run(stagedOf(), { onEvent });
    expect(clock.slept).toEqual([56_000]);
    expect(events).toContainEqual(expect.objectContaining({ type: 'retry', waitMs: 56_000 }));
    expect(emulator.head(space)).toMatchObject({ tree: result.treeId, commits: 2 });
  });

  test('is waited for as Retry-After says', async () => {
    const { between, clock, run } = await hostile();
    between.trouble({ path: commitPath, does: { kind: 'answer', status: 429, headers: { 'retry-after': '17' } } });
    await run(stagedOf());
    expect(clock.slept).toEqual([17_000]);
  });

  test('that asks for more than a window is told, not waited for', async () => {
    const { emulator, between, clock, run } = await hostile();
    between.trouble({
      path: commitPath,
      does: { kind: 'answer', status: 429, headers: { ratelimit: '"api";r=0;t=3600' } },
    });
    const error = await failureOf(run(stagedOf()));
    expect(error).toMatchObject({
      code: 'HAWSER_HF_RATE_LIMITED',
      message: expect.stringMatching(/^Failed to upload to space hawser\/echo_env: .* 3601 s$/),
      hint: 'Wait as long as is said, then push again.',
    });
    expect(clock.slept).toEqual([]);
    expect(emulator.head(space)?.commits).toBe(1);
  });

  test('that never ends is told after five tries', async () => {
    const { emulator, between, run } = await hostile();
    between.trouble({ path: commitPath, times: 100, does: { kind: 'answer', status: 429 } });
    expect((await failureOf(run(stagedOf()))).code).toBe('HAWSER_HF_RATE_LIMITED');
    expect(countOf(between, /\/commit\//)).toBe(5);
    expect(emulator.head(space)?.commits).toBe(1);
  });
});

/** Every request of a first push with large files and a secret. `phrase`: how a failure there begins. */
const steps: readonly { readonly step: string; readonly path: RegExp; readonly phrase: RegExp }[] = [
  { step: 'who asks', path: /whoami/, phrase: /^The Hub failed/ },
  { step: 'the Space', path: /expand\[\]=sha/, phrase: /^The Hub failed/ },
  { step: 'the creation', path: /repos\/create/, phrase: /^Failed to create space hawser\/echo_env: / },
  { step: 'the secrets', path: /\/secrets/, phrase: /^Failed to upload to space hawser\/echo_env: / },
  { step: 'the listing', path: /\/tree\//, phrase: /^Failed to upload to space hawser\/echo_env: / },
  { step: 'the modes', path: /\/preupload\//, phrase: /^Failed to upload to space hawser\/echo_env: / },
  { step: 'the rules', path: /\/resolve\//, phrase: /^Failed to upload to space hawser\/echo_env: / },
  { step: 'the batch', path: /objects\/batch/, phrase: /^Failed to upload to space hawser\/echo_env: / },
  { step: 'an upload', path: /storage\/upload\/[^/]+$/, phrase: /: logo\.png cannot be uploaded: / },
  { step: 'a part', path: /storage\/upload\/[^/]+\/\d+$/, phrase: /: data\/weights\.bin cannot be uploaded: / },
  { step: 'the completion', path: /\/complete$/, phrase: /: data\/weights\.bin cannot be uploaded: / },
  { step: 'the verification', path: /objects\/verify/, phrase: /^Failed to upload to space .* cannot be uploaded: / },
  { step: 'the commit', path: commitPath, phrase: /^Failed to upload to space hawser\/echo_env: / },
];

describe('a storm of server errors', () => {
  test('may come at every request of a first push: the list of them is whole', async () => {
    const { emulator, run } = await hostile();
    await run(undefined, { secrets });
    expect(emulator.requests.filter(({ path }) => !steps.some((each) => each.path.test(path)))).toEqual([]);
    for (const { path } of steps) expect(emulator.requests.some((request) => path.test(request.path))).toBe(true);
  });

  test.each(steps)('at $step that ends is outlasted', async ({ path }) => {
    const { emulator, between, clock, run } = await hostile();
    for (const status of [500, 502, 503, 504]) between.trouble({ path, does: { kind: 'answer', status } });
    const result = await run(undefined, { secrets });
    expect(result.created).toBe(true);
    expect(emulator.head(space)).toMatchObject({ tree: result.treeId, commits: 2 });
    expect(clock.slept.filter((ms) => ![1000, 2000, 4000, 8000].includes(ms))).toEqual([]);
    expect(await run()).toMatchObject({ unchanged: true });
  });

  test.each(steps)('at $step that does not end is told, and nothing is half pushed', async ({ path, phrase }) => {
    const { emulator, between, run } = await hostile();
    between.trouble({ path, times: 1000, does: { kind: 'answer', status: 503, text: '{"error":"storm"}' } });
    const error = await failureOf(run(undefined, { secrets }));
    expect(error).toMatchObject({ code: 'HAWSER_HF_HUB_FAILED', exitCode: 1, hint: expect.stringContaining('later') });
    expect(error.message).toMatch(phrase);
    expect(error.message).toContain('storm');
    expect(error.message.match(/Failed to/g)?.length ?? 1).toBe(1);
    // Five tries of each request that fails, of which four at most are under way at once.
    expect(between.came.length).toBeLessThanOrEqual(5 * 4 + emulator.requests.length);
    expect(emulator.head(space)?.commits ?? 1).toBe(1);
    between.calm();
    const result = await run(undefined, { secrets });
    expect(emulator.head(space)).toMatchObject({ tree: result.treeId, commits: 2 });
  });

  test.each(['whoami', 'expand\\[\\]=sha', '/tree/'])(
    'at %s of an unchanged push: outlasted, or told',
    async (path) => {
      const { emulator, between, run } = await hostile();
      await run();
      const head = emulator.head(space);
      between.trouble({ path: new RegExp(path), times: 4, does: { kind: 'answer', status: 503 } });
      expect(await run()).toMatchObject({ unchanged: true });
      between.trouble({ path: new RegExp(path), times: 5, does: { kind: 'answer', status: 503 } });
      expect((await failureOf(run())).code).toBe('HAWSER_HF_HUB_FAILED');
      expect(emulator.head(space)).toEqual(head);
    },
  );

  test('while the tree is proven is told; the next push finds the commit', async () => {
    const { emulator, between, run } = await hostile();
    const stateFolder = folderWith();
    await run(stagedOf(), { stateFolder });
    between.trouble({ path: /\/tree\//, after: 1, times: 5, does: { kind: 'answer', status: 500 } });
    const error = await failureOf(run(undefined, { stateFolder }));
    expect(error).toMatchObject({ code: 'HAWSER_HF_HUB_FAILED', message: expect.stringMatching(/^Failed to upload/) });
    expect(emulator.head(space)?.commits).toBe(3);
    expect(await run(undefined, { stateFolder })).toMatchObject({ unchanged: false, resumed: true });
    expect(emulator.head(space)?.commits).toBe(3);
  });
});

describe('the creation of a Space', () => {
  test.each<Deed>([{ kind: 'answer-after', status: 500 }, { kind: 'cut-answer' }])(
    'answered by %j after it was done is not done again',
    async (does) => {
      const { emulator, between, run } = await hostile();
      between.trouble({ path: /repos\/create/, does });
      const result = await run(undefined, { secrets });
      expect(result.created).toBe(true);
      expect(countOf(between, /repos\/create/)).toBe(1);
      expect(emulator.head(space)).toMatchObject({ tree: result.treeId, commits: 2 });
    },
  );

  test('refused is told with the phrase and what to look at', async () => {
    const { emulator, between, run } = await hostile();
    between.trouble({ path: /repos\/create/, does: { kind: 'answer', status: 400, text: '{"error":"no"}' } });
    expect(await failureOf(run())).toMatchObject({
      code: 'HAWSER_HF_CREATE_FAILED',
      message: expect.stringMatching(/^Failed to create space hawser\/echo_env: .*: no$/),
      hint: 'Check the namespace, your permission to create Spaces in it, and that the name is not taken.',
    });
    expect(emulator.head(space)).toBeUndefined();
  });

  test('that another push was faster with is taken over, with its settings', async () => {
    const { emulator, between, run } = await hostile();
    const hold = {
      kind: 'hold',
      until: between.reached(/repos\/create/).then(() => push(clientOf(emulator), pushing(stagedOf()))),
    } as const;
    between.trouble({ path: /repos\/create/, does: hold });
    const result = await run(undefined, { secrets, variables: { MODE: 'fast' }, private: true });
    expect(result).toMatchObject({ created: false, changes: { same: 3 } });
    expect(result.settings.map(({ kind }) => kind)).toEqual(['visibility', 'variable', 'secret']);
    expect(emulator.head(space)).toMatchObject({ tree: result.treeId, commits: 3 });
    const hub = clientOf(emulator);
    expect([await hub.variables(space), Object.keys(await hub.secrets(space))]).toEqual([
      { MODE: 'fast' },
      ['API_KEY'],
    ]);
  });

  test('that another push was faster with is an error where it had to be made', async () => {
    const { between, emulator, run } = await hostile();
    const until = between.reached(/repos\/create/).then(() => push(clientOf(emulator), pushing(stagedOf())));
    between.trouble({ path: /repos\/create/, does: { kind: 'hold', until } });
    expect((await failureOf(run(undefined, { createOnly: true }))).code).toBe('HAWSER_HF_SPACE_EXISTS');
    expect(emulator.head(space)?.commits).toBe(2);
  });

  test('as a static one, by somebody else meanwhile, leaves that alone', async () => {
    const { between, emulator, run } = await hostile();
    const until = between.reached(/repos\/create/).then(() => makeStatic(emulator));
    between.trouble({ path: /repos\/create/, does: { kind: 'hold', until } });
    expect(await failureOf(run())).toMatchObject({
      code: 'HAWSER_HF_SPACE_WRONG_SDK',
      message: `Failed to create space ${space}: it is a static Space`,
    });
    expect(emulator.head(space)?.commits).toBe(1);
  });
});

async function makeStatic(emulator: HubEmulator): Promise<void> {
  await fetch(`${emulator.endpoint}/api/repos/create`, {
    method: 'POST',
    headers: { authorization: `Bearer ${emulator.accounts[0]?.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'space', name: 'echo_env', sdk: 'static' }),
  });
}

describe('answers that make no sense', () => {
  const nonsense = [
    '<html>Welcome to the hotel</html>',
    '',
    'null',
    '[]',
    '"ok"',
    '{}',
    '{"files":[null],"objects":[null]}',
  ];
  test.each(steps)('at $step are told as such, and change nothing', async ({ path }) => {
    for (const text of nonsense) {
      // An empty listing makes sense.
      if (text === '[]' && path.source.includes('tree')) continue;
      const { emulator, between, run } = await hostile();
      between.trouble({ path, times: 100, does: { kind: 'answer', status: 200, text } });
      const end = await ending(run(undefined, { secrets }));
      // What the store says to bytes it took is not looked at; then the commit is refused for what is not there.
      if (end instanceof HfPushError)
        expect(end.code).toMatch(/^HAWSER_HF_(PROTOCOL|UPLOAD_FAILED|SPACE_NOT_FOUND|HEAD_MOVED)$/);
      else expect(emulator.head(space)).toMatchObject({ tree: end.treeId, commits: 2 });
      between.calm();
      const result = await run(undefined, { secrets });
      expect(emulator.head(space)).toMatchObject({ tree: result.treeId, commits: 2 });
    }
  });

  const endless = steps.filter(({ step }) =>
    ['the creation', 'the listing', 'the modes', 'the completion'].includes(step),
  );
  test.each(endless)('at $step that do not end are given up', async ({ path }) => {
    const { emulator, between, run } = await hostile();
    between.trouble({ path, does: { kind: 'endless' } });
    const end = await ending(run(undefined, { secrets }));
    if (end instanceof HfPushError) expect(end.code).toBe('HAWSER_HF_PROTOCOL');
    const result = await run(undefined, { secrets });
    expect(emulator.head(space)).toMatchObject({ tree: result.treeId, commits: 2 });
  });
});

/** What it came to; a fault that has no code of ours fails the test. */
async function ending(run: Promise<PushResult>): Promise<PushResult | HfPushError> {
  try {
    return await run;
  } catch (error) {
    if (error instanceof HfPushError) return error;
    throw error;
  }
}

describe('pushes at the same time', () => {
  test('of the same to a Space that is not there yet: one Space, one commit, and all succeed', async () => {
    const { emulator, run } = await hostile();
    const results = await Promise.all([run(), run(), run()]);
    expect(emulator.head(space)?.commits).toBe(2);
    expect(new Set(results.map(({ treeId, commit }) => `${treeId} ${commit}`)).size).toBe(1);
    expect(results.filter(({ created }) => created)).toHaveLength(1);
  });

  test('of the same to a Space: one commit, and all succeed, with one journal', async () => {
    const { emulator, run } = await hostile();
    const stateFolder = folderWith();
    await run(stagedOf(), { stateFolder });
    const results = await Promise.all([1, 2, 3].map(() => run(undefined, { stateFolder })));
    expect(emulator.head(space)?.commits).toBe(3);
    expect(new Set(results.map(({ commit }) => commit)).size).toBe(1);
  });

  test('of different contents: whoever comes second is told, and nothing of the first is lost', async () => {
    const { emulator, between, run } = await hostile();
    await run(stagedOf());
    const theirs = stagedOf({ 'theirs.txt': 'theirs\n' });
    const until = between.reached(/\/commit\//, 1).then(() => push(clientOf(emulator), pushing(theirs)));
    between.trouble({ path: commitPath, does: { kind: 'hold', until } });
    const error = await failureOf(run(stagedOf({ 'ours.txt': 'ours\n' })));
    expect(error).toMatchObject({
      code: 'HAWSER_HF_HEAD_MOVED',
      message: expect.stringMatching(/^Failed to upload to space hawser\/echo_env: Somebody else committed/),
      hint: 'Somebody else pushed meanwhile. Look at the Space, then push again.',
    });
    expect(emulator.head(space)).toMatchObject({ tree: (await until).treeId, commits: 3 });
    expect((await run(stagedOf({ 'ours.txt': 'ours\n' }))).changes).toMatchObject({ added: ['ours.txt'] });
    expect(emulator.head(space)?.commits).toBe(4);
  });

  test('a commit between looking and asking is looked at again', async () => {
    const { emulator, between, run } = await hostile();
    await run(stagedOf());
    const until = between
      .reached(/\/preupload\//, 1)
      .then(() => push(clientOf(emulator), pushing(stagedOf({ 'theirs.txt': 'x' }))));
    between.trouble({ path: /\/preupload\//, does: { kind: 'hold', until } });
    const result = await run(stagedOf({ 'ours.txt': 'ours\n', 'theirs.txt': 'x' }));
    expect(result.changes.added).toEqual(['ours.txt']);
    expect(emulator.head(space)).toMatchObject({ tree: result.treeId, commits: 4 });
  });

  test('a Space that does not stand still is told', async () => {
    const { emulator, between, run } = await hostile();
    await run(stagedOf());
    const head = emulator.head(space);
    for (const digit of ['a', 'b', 'c'])
      between.trouble({
        path: /\/preupload\//,
        does: { kind: 'rewrite', rewrite: (text) => text.replace(/(?<="commitOid":")\w+/, digit.repeat(40)) },
      });
    between.trouble({ path: /\/tree\/[abc]{40}/, times: 9, does: { kind: 'answer', status: 200, text: '[]' } });
    const error = await failureOf(run());
    expect(error).toMatchObject({
      code: 'HAWSER_HF_HEAD_MOVED',
      message: expect.stringContaining('Others keep committing'),
    });
    expect(emulator.head(space)).toEqual(head);
  });
});

test.each([
  { what: 'its opening', path: /\/discussions$/ },
  { what: 'its commit', path: /\/commit\/refs/ },
])('a pull request whose answer to $what is lost is opened once, with one commit', async ({ path }) => {
  const { emulator, between, run } = await hostile();
  const main = await run(stagedOf());
  between.trouble({ method: 'POST', path, does: { kind: 'cut-answer' } });
  const result = await run(undefined, { pr: true });
  expect(result.pullRequest?.number).toBe(1);
  expect(emulator.head(space, 'refs/pr/1')).toEqual({ commit: result.commit, tree: result.treeId, commits: 3 });
  expect(emulator.head(space, 'refs/pr/2')).toBeUndefined();
  expect(emulator.head(space)?.commit).toBe(main.commit);
});

test('a tree that is not the planned one is told with both ids', async () => {
  const { emulator, between, run } = await hostile();
  await run(stagedOf());
  const other = '1'.repeat(40);
  between.trouble({
    path: /\/tree\//,
    after: 1,
    does: { kind: 'rewrite', rewrite: (text) => text.replace(/(?<="oid":")\w{40}/, other) },
  });
  const error = await failureOf(run(stagedOf({ 'a.txt': 'a' })));
  const head = emulator.head(space);
  expect(error).toMatchObject({
    code: 'HAWSER_HF_TREE_DIFFERS',
    message: expect.stringMatching(/^Failed to upload to space hawser\/echo_env: The commit \w+ of/),
    hint: expect.stringContaining('not what was pushed'),
    details: { space, commit: head?.commit, expected: head?.tree },
  });
});

test('a Space whose file stands where a folder has to be is told, and left alone', async () => {
  const { emulator, run } = await hostile();
  await run(stagedOf({ 'LICENSE.d/notes': undefined }));
  const hub = clientOf(emulator);
  const head = emulator.head(space);
  const file = { path: 'server2', size: 1, oid: '' };
  await hub.commit(space, {
    title: 'A file of theirs',
    description: '',
    parent: head?.commit ?? '',
    operations: [{ kind: 'file', file, read: async () => Buffer.from('x') }],
  });
  expect(await failureOf(run(stagedOf({ 'server2/app.py': 'app = 1\n' })))).toMatchObject({
    code: 'HAWSER_HF_UPLOAD_FAILED',
    message: expect.stringMatching(/^Failed to upload to space hawser\/echo_env: The files do not fit/),
    hint: expect.stringContaining('remove it there first'),
  });
  expect(emulator.head(space)?.commits).toBe(3);
});

describe('whatever goes wrong', () => {
  const deeds: fc.Arbitrary<Deed> = fc.oneof(
    fc.constantFrom(429, 500, 502, 503, 504).map((status): Deed => ({ kind: 'answer', status })),
    fc.constantFrom(400, 403, 404, 409, 412).map((status): Deed => ({ kind: 'answer', status })),
    fc.constantFrom(200, 500, 504).map((status): Deed => ({ kind: 'answer-after', status })),
    fc.boolean().map((half): Deed => ({ kind: 'cut-answer', half })),
    fc.nat(400).map((bytes): Deed => ({ kind: 'cut', bytes })),
  );
  const troubles = fc.array(
    fc.record({
      path: fc.constantFrom(/./, ...steps.map(({ path }) => path)),
      after: fc.nat(3),
      times: fc.integer({ min: 1, max: 6 }),
      does: deeds,
    }),
    { minLength: 1, maxLength: 4 },
  );

  test('a push ends with its tree or an error of ours, and the next one ends with the tree and at most one commit', async () => {
    const parts = { multipartBytes: 2000 };
    await fc.assert(
      fc.asyncProperty(troubles, fc.boolean(), async (schedule, isFirst) => {
        const emulator = await startHub(parts);
        const between = await interpose(emulator);
        const run = (staged: Staged): Promise<PushResult> =>
          push(clientOf(emulator, { endpoint: between.endpoint, clock: new FastClock() }), pushing(staged));
        if (!isFirst) await run(stagedOf());
        const before = emulator.head(space);
        const commits = before?.commits ?? 1;
        for (const trouble of schedule) between.trouble(trouble);
        const end = await ending(run(stagedOf(large)));
        const after = emulator.head(space);
        if (!(end instanceof HfPushError))
          expect(after).toEqual({ commit: end.commit, tree: end.treeId, commits: commits + 1 });
        between.calm();
        const next = await run(stagedOf(large));
        expect(emulator.head(space)).toEqual({ commit: next.commit, tree: next.treeId, commits: commits + 1 });
        // What failed left the old tree, or the new one.
        if (after && after.commits > commits) expect(after.tree).toBe(next.treeId);
        await emulator.close();
      }),
      { numRuns: scale(25, 2000) },
    );
  });
});
