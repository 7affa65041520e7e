import { describe, expect, test } from '@jest/globals';
import { describeRecord } from '../../src/diff/ownership.js';
import type { Finding } from '../../src/tree/types.js';
import { rollbackSpace } from '../../src/space/rollback.js';
import { getStatus } from '../../src/space/status.js';
import { binary, failureOf, readme, requestsOf } from '../support/hub.js';
import { space, startSpace } from '../support/space.js';

describe('going back', () => {
  test('makes a commit of the tree before: changed, added and deleted files, contents of LFS by name', async () => {
    const { hub, emulator, events, bring } = await startSpace();
    const first = await bring({ 'weights.bin': binary(5000, 1), 'gone.bin': binary(700, 3), 'old.txt': 'old\n' });
    const second = await bring({ 'weights.bin': binary(5000, 2), 'new.txt': 'new\n', 'server/app.py': 'app = 2\n' });
    const before = emulator.requests.length;
    events.length = 0;
    const back = await rollbackSpace(hub, space);
    expect(back).toEqual({
      space,
      commit: emulator.head(space)?.commit,
      from: second.commit,
      to: first.commit,
      treeId: first.treeId,
    });
    expect(emulator.head(space)).toMatchObject({ tree: first.treeId, commits: 4 });
    expect(new Uint8Array(await hub.readFile(space, 'weights.bin', 'main'))).toEqual(new Uint8Array(binary(5000, 1)));
    // Nothing is uploaded: LFS has it, and the rest is in the commit.
    const sent = requestsOf(emulator, before).filter((line) => !line.startsWith('GET'));
    expect(sent).toEqual([`POST /api/spaces/${space}/commit/main`]);
    expect(events).toEqual(
      (['started', 'done'] as const).map((state) => ({ type: 'step', step: 'rollback', state, space })),
    );
  });

  test('goes further back each time, and what was pushed since counts again', async () => {
    const { hub, emulator, bring } = await startSpace();
    const trees = [];
    for (const text of ['one', 'two', 'three']) trees.push((await bring({ 'a.txt': text })).treeId);
    expect((await rollbackSpace(hub, space)).treeId).toBe(trees[1]);
    expect((await rollbackSpace(hub, space)).treeId).toBe(trees[0]);
    expect((await failureOf(rollbackSpace(hub, space))).code).toBe('HAWSER_HF_NOTHING_TO_ROLL_BACK');
    await bring({ 'a.txt': 'four' });
    expect((await rollbackSpace(hub, space)).treeId).toBe(trees[0]);
    expect(emulator.head(space)?.tree).toBe(trees[0]);
    const { commits } = await getStatus(hub, space);
    expect(
      commits.map(({ title, isOurs, rolledBackTo }) => [title.slice(0, 7), isOurs, rolledBackTo !== undefined]),
    ).toEqual([
      ['Go back', true, true],
      ['Push ec', true, false],
      ['Go back', true, true],
      ['Go back', true, true],
      ['Push ec', true, false],
      ['Push ec', true, false],
      ['Push ec', true, false],
      ['initial', false, false],
    ]);
  });

  test('goes to the commit that is named, by the beginning of its id', async () => {
    const { hub, bring } = await startSpace();
    const first = await bring({ 'a.txt': 'one' });
    await bring({ 'a.txt': 'two' });
    const third = await bring({ 'a.txt': 'three' });
    const back = await rollbackSpace(hub, space, { to: first.commit.slice(0, 12) });
    expect(back).toMatchObject({ to: first.commit, treeId: first.treeId });
    // And forward again.
    expect(await rollbackSpace(hub, space, { to: third.commit })).toMatchObject({ treeId: third.treeId });
  });

  test('a push after it makes a commit only for what differs', async () => {
    const { hub, bring } = await startSpace();
    await bring({ 'a.txt': 'one' });
    await bring({ 'a.txt': 'two', 'b.txt': 'b' });
    await rollbackSpace(hub, space);
    expect(await bring({ 'a.txt': 'one' })).toMatchObject({ unchanged: true });
    const again = await bring({ 'a.txt': 'two', 'b.txt': 'b' });
    expect(again.changes).toMatchObject({ added: ['b.txt'], updated: ['a.txt'], deleted: [] });
  });

  test.each([
    ['only its first push', undefined],
    ['no such commit', '0123456789'],
    ['several such commits', ''],
    ['that tree already', 'HEAD'],
  ])('is refused where there is %s', async (_what, to) => {
    const { hub, emulator, bring } = await startSpace();
    const { commit } = await bring();
    const error = await failureOf(
      rollbackSpace(hub, space, to === undefined ? {} : { to: to === 'HEAD' ? commit : to }),
    );
    expect(error).toMatchObject({ code: 'HAWSER_HF_NOTHING_TO_ROLL_BACK', exitCode: 1 });
    expect(emulator.head(space)?.commits).toBe(2);
  });

  test('of a Space that is not there says so', async () => {
    const { hub } = await startSpace();
    expect(await failureOf(rollbackSpace(hub, space))).toMatchObject({
      code: 'HAWSER_HF_SPACE_NOT_FOUND',
      message: `There is no Space ${space}, or it is hidden from you`,
    });
  });

  test('is refused when somebody else commits meanwhile, and nothing of theirs is lost', async () => {
    const { hub, emulator, bring } = await startSpace();
    await bring({ 'a.txt': 'one' });
    const second = await bring({ 'a.txt': 'two' });
    const theirs = async (): Promise<string> => {
      const bytes = Buffer.from('theirs\n');
      const { id } = await hub.commit(space, {
        title: 'From the web',
        description: '',
        parent: second.commit,
        operations: [{ kind: 'file', file: { path: 'b.txt', size: 7, oid: '' }, read: async () => bytes }],
      });
      return id;
    };
    const readFile = hub.readFile.bind(hub);
    let head = '';
    const raced = {
      ...hub,
      // The contents are fetched while the commit is sent: just then somebody is faster.
      readFile: async (...given: Parameters<typeof readFile>) => {
        head ||= await theirs();
        return await readFile(...given);
      },
    };
    expect((await failureOf(rollbackSpace(raced, space))).code).toBe('HAWSER_HF_HEAD_MOVED');
    expect(emulator.head(space)?.commit).toBe(head);
  });

  test('is done once, though its answer is lost', async () => {
    const { hub, emulator, bring } = await startSpace();
    const first = await bring({ 'a.txt': 'one' });
    await bring({ 'a.txt': 'two' });
    emulator.fail({ path: /\/commit\//, does: { kind: 'drop-after' } });
    expect((await rollbackSpace(hub, space)).treeId).toBe(first.treeId);
    expect(emulator.head(space)).toMatchObject({ tree: first.treeId, commits: 4 });
  });

  test('does not write what the Hub gives for another content', async () => {
    const { hub, emulator, bring } = await startSpace();
    await bring({ 'a.txt': 'one' });
    await bring({ 'a.txt': 'two' });
    const lying = { ...hub, readFile: async () => Buffer.from('eno') };
    expect(await failureOf(rollbackSpace(lying, space))).toMatchObject({
      code: 'HAWSER_HF_PROTOCOL',
      message: expect.stringContaining('a.txt'),
    });
    expect(emulator.head(space)?.commits).toBe(3);
  });

  test('goes over commits of others as well', async () => {
    const { hub, emulator, bring } = await startSpace();
    const { commit, treeId } = await bring();
    const bytes = Buffer.from(`${readme}More\n`);
    await hub.commit(space, {
      title: 'From the web',
      description: describeRecord({ contents: 'x', kept: undefined }).replace('Hawser-', 'Other-'),
      parent: commit,
      operations: [{ kind: 'file', file: { path: 'README.md', size: bytes.length, oid: '' }, read: async () => bytes }],
    });
    expect(await rollbackSpace(hub, space)).toMatchObject({ to: commit, treeId });
    expect(emulator.head(space)?.tree).toBe(treeId);
  });
});

describe('a push that goes back when it fails', () => {
  const options = { wait: true, rollbackOnFailure: true } as const;

  test.each([
    ['build-error', 'HAWSER_HF_BUILD_FAILED', ['Building image.', 'Pushing image.', 'Build failed.']],
    ['runtime-error', 'HAWSER_HF_RUN_FAILED', ['Application failed.']],
  ] as const)('after a %s says why, and where the Space is', async (ends, failed, lines) => {
    const { emulator, events, bring } = await startSpace([{}, { ends }, {}]);
    const first = await bring({}, options);
    expect(first.stage).toBe('RUNNING');
    events.length = 0;
    const error = await failureOf(bring({ 'a.txt': 'a' }, options));
    expect(error).toMatchObject({
      code: 'HAWSER_HF_ROLLED_BACK',
      exitCode: 1,
      message: expect.stringContaining(`. ${space} is back at ${first.commit.slice(0, 10)}`),
      cause: { code: failed },
      details: { failed, to: first.commit, commit: emulator.head(space)?.commit, lines },
    });
    expect(emulator.head(space)).toMatchObject({ tree: first.treeId, commits: 4 });
    expect(
      events.flatMap((event) => (event.type === 'step' ? [`${event.step} ${event.state}`] : [])).slice(-3),
    ).toEqual(['wait started', 'rollback started', 'rollback done']);
  });

  const finding = (severity: Finding['severity']): Finding => ({
    rule: 'live/health',
    severity,
    message: 'it says 500',
  });

  test('after an app that does not pass its check, which is asked where it answers', async () => {
    const { emulator, hub, bring } = await startSpace();
    const first = await bring({}, options);
    const seen: unknown[] = [];
    const liveCheck = async (app: { readonly space: string; readonly url: string }): Promise<readonly Finding[]> => {
      seen.push([app.space, app.url, (await hub.runtime(space)).stage]);
      return [finding('warning'), finding('error')];
    };
    const error = await failureOf(bring({ 'a.txt': 'a' }, { ...options, liveCheck }));
    expect(error).toMatchObject({
      code: 'HAWSER_HF_ROLLED_BACK',
      message: `The app of ${space} runs, but it says 500. ${space} is back at ${first.commit.slice(0, 10)}`,
      cause: { code: 'HAWSER_HF_LIVE_CHECK_FAILED' },
      details: { failed: 'HAWSER_HF_LIVE_CHECK_FAILED', findings: [{ rule: 'live/health', message: 'it says 500' }] },
    });
    expect(seen).toEqual([[space, first.appUrl, 'RUNNING']]);
    expect(emulator.head(space)?.tree).toBe(first.treeId);
  });

  test('passes where the check only warns', async () => {
    const { emulator, bring } = await startSpace();
    const liveCheck = async (): Promise<readonly Finding[]> => [finding('warning')];
    expect(await bring({}, { liveCheck })).toMatchObject({ stage: 'RUNNING' });
    expect(emulator.head(space)?.commits).toBe(2);
  });

  test('leaves the Space as it is where there is nothing before, or going back is not asked for', async () => {
    const { emulator, bring } = await startSpace([{ ends: 'build-error' }, {}, { ends: 'build-error' }]);
    expect((await failureOf(bring({}, options))).code).toBe('HAWSER_HF_BUILD_FAILED');
    expect(emulator.head(space)?.commits).toBe(2);
    await bring({ 'a.txt': 'a' }, options);
    const liveCheck = async (): Promise<readonly Finding[]> => [finding('error')];
    expect((await failureOf(bring({ 'a.txt': 'a' }, { liveCheck }))).code).toBe('HAWSER_HF_LIVE_CHECK_FAILED');
    expect((await failureOf(bring({ 'a.txt': 'b' }, { wait: true }))).code).toBe('HAWSER_HF_BUILD_FAILED');
    expect(emulator.head(space)?.commits).toBe(4);
  });

  test('does not go back because the Hub cannot be asked', async () => {
    const { emulator, bring } = await startSpace();
    await bring({}, options);
    emulator.fail({ path: /\/runtime$/, times: 100, does: { kind: 'status', status: 500 } });
    const error = await failureOf(bring({ 'a.txt': 'a' }, options));
    expect(error.code).toBe('HAWSER_HF_HUB_FAILED');
    expect(emulator.head(space)?.commits).toBe(3);
  });
});
