import { createHash } from 'node:crypto';
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { HubEmulator, HubFault } from '@hawser/emulators/hub';
import { push } from '../../src/push/push.js';
import type { PushResult } from '../../src/push/types.js';
import { scale } from '../../../../test/support/scale.js';
import { patient } from '../../../../test/support/patience.js';
import { Program } from '../../../../test/support/program.js';
import { flatEnvironment } from '../../../../test/support/environments.js';
import { folderWith, writeFiles } from '../support/folders.js';
import { binary, clientOf, requestsOf, startHub } from '../support/hub.js';

const space = 'hawser/my_env';
const pusher = join(import.meta.dirname, '../support/pusher.mjs');
const secrets = { API_KEY: 'planted-secret' };
const contents = { 'weights.bin': binary(5000), 'logo.png': binary(900, 7) };

interface Stand {
  readonly emulator: HubEmulator;
  readonly options: { readonly from: string; readonly environment: string; readonly stateFolder: string };
}

async function stand(): Promise<Stand> {
  const emulator = await startHub({ multipartBytes: 2000 });
  const from = folderWith(flatEnvironment());
  for (const [name, bytes] of Object.entries(contents)) writeFiles(from, { [`envs/my_env/${name}`]: bytes });
  return { emulator, options: { from, environment: 'my_env', stateFolder: join(from, 'state') } };
}

/** Starts a pusher, and kills it when the Hub has done to a request what was asked, and all is ready. */
async function killedAt({ emulator, options }: Stand, fault: HubFault, ready?: Promise<unknown>): Promise<void> {
  const at = emulator.requests.length;
  const stalled = emulator.requested((request) => request.status === 0 && emulator.requests.indexOf(request) >= at);
  const seen = stalled.then(() => ready);
  emulator.fail(fault);
  const [account] = emulator.accounts;
  const input = { endpoint: emulator.endpoint, token: account?.token, ...options, secrets };
  await using program = new Program(process.execPath, [pusher, JSON.stringify(input)], { env: {} });
  const ended = program.ended.then(() => `The pusher ended by itself: ${program.text}${program.stderr}`);
  const news = await patient(Promise.race([seen, ended]), () => `Nothing came of ${fault.path}`);
  if (typeof news === 'string') throw new Error(news);
  program.child.kill('SIGKILL');
  expect((await program.ended).signal).toBe('SIGKILL');
}

async function again({ emulator, options }: Stand): Promise<PushResult> {
  return await push(clientOf(emulator), { ...options, secrets });
}

describe('a pusher that is killed', () => {
  // What a first push asks, in its order, and what it makes.
  let asked: readonly string[] = [];
  let tree: string | undefined;
  beforeAll(async () => {
    const one = await stand();
    await again(one);
    asked = requestsOf(one.emulator);
    tree = one.emulator.head(space)?.tree;
    await one.emulator.close();
  });

  // Nothing happens in the Hub when it is asked for something: killed after that is killed before what comes next.
  const parts = [0, 1, 2, 3];
  test.each([
    ...parts.map((part) => ({ part, kind: 'stall' as const, lines: /./ })),
    ...parts.map((part) => ({ part, kind: 'stall-after' as const, lines: /^(POST|PUT)/ })),
  ])('at any request ($kind, $part of 4), and pushes again: same tree, one commit', async ({ part, kind, lines }) => {
    const steps = asked.flatMap((line, step) => (lines.test(line) ? [step] : []));
    expect(steps.length).toBeGreaterThan(8);
    // Every third one where time is short, with the last: that is the commit, of those that change something.
    const chosen = steps.toReversed().filter((_, index) => index % scale(3, 1) === 0);
    for (const step of chosen.filter((_, index) => index % parts.length === part)) {
      const one = await stand();
      const { emulator } = one;
      await killedAt(one, { path: /./, after: step, does: { kind } });
      const since = emulator.requests.length;
      const wasCommitted = emulator.head(space)?.commits === 2;
      const result = await again(one);
      const what = `${kind} at ${step}: ${asked[step]}`;
      expect([what, emulator.head(space)]).toEqual([what, { commit: result.commit, tree, commits: 2 }]);
      expect([what, result.resumed, result.unchanged]).toEqual([what, wasCommitted, false]);
      if (wasCommitted)
        expect([what, requestsOf(emulator, since).filter((line) => line.startsWith('PUT'))]).toEqual([what, []]);
      expect(await again(one)).toMatchObject({ unchanged: true, resumed: false });
      await emulator.close();
    }
  });

  test('in the middle of an upload sends the rest only', async () => {
    const one = await stand();
    const { emulator } = one;
    // The small object is there, the large one is in the middle of its parts.
    const small = emulator.requested(({ path, status }) => /\/upload\/[^/]+$/.test(path) && status === 200);
    await killedAt(one, { method: 'POST', path: /\/complete$/, does: { kind: 'stall' } }, small);
    const since = emulator.requests.length;
    await again(one);
    const sent = requestsOf(emulator, since).filter((line) => line.startsWith('PUT'));
    expect(sent).toHaveLength(3);
    expect(sent.every((line) => /\/upload\/[^/]+\/[123]$/.test(line))).toBe(true);
  });

  test('twice, and with the last line of its journal torn, goes on as well', async () => {
    const one = await stand();
    const { emulator, options } = one;
    await killedAt(one, { path: /objects\/batch/, does: { kind: 'stall' } });
    const journal = join(options.stateFolder, readdirSync(options.stateFolder)[0] ?? '');
    appendFileSync(journal, '\n{"did":"commit","contents":"sha256:0');
    await killedAt(one, { path: /\/commit\/main/, does: { kind: 'stall-after' } });
    expect(emulator.head(space)?.commits).toBe(2);
    expect(await again(one)).toMatchObject({ resumed: true, unchanged: false });
    expect(emulator.head(space)?.commits).toBe(2);
  });

  test('leaves a journal that does not tell the secret, and digests that are used', async () => {
    const one = await stand();
    await killedAt(one, { path: /\/commit\/main/, does: { kind: 'stall' } });
    const [name = ''] = readdirSync(one.options.stateFolder);
    const text = readFileSync(join(one.options.stateFolder, name), 'utf8');
    expect(text).not.toContain('planted-secret');
    for (const bytes of Object.values(contents))
      expect(text).toContain(createHash('sha256').update(bytes).digest('hex'));
  });

  test('while settings change: the rest of them is done, then the commit', async () => {
    const one = await stand();
    await again(one);
    writeFiles(one.options.from, { 'envs/my_env/new.txt': 'new\n' });
    const changed = { ...one, options: { ...one.options, variables: { A: '1', B: '2' }, private: true } };
    await killedAt(changed, { method: 'POST', path: /\/variables/, after: 1, does: { kind: 'stall' } });
    expect(one.emulator.head(space)?.commits).toBe(2);
    const result = await push(clientOf(one.emulator), { ...changed.options, secrets });
    expect(result.settings).toEqual([{ kind: 'variable', key: 'B', to: '2' }]);
    expect(one.emulator.head(space)).toMatchObject({ tree: result.treeId, commits: 3 });
  });
});
