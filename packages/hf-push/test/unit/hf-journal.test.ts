import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Journal } from '../../src/journal/journal.js';
import { push } from '../../src/push/push.js';
import { runToEnd } from '../../../../test/support/run-to-end.js';
import { folderWith } from '../support/folders.js';
import { binary, clientOf, failureOf, pushing, stagedOf, startHub } from '../support/hub.js';

const endpoint = 'https://huggingface.co';
const commit = { did: 'commit', contents: 'sha256:1', parent: 'a', treeId: 't' } as const;
const open = async (folder: string): Promise<Journal> => await Journal.open(folder, endpoint, 'ann/echo');
const textOf = (folder: string): string => readFileSync(join(folder, readdirSync(folder)[0] ?? ''), 'utf8');

describe('a journal', () => {
  test('tells what an unfinished push did, and what it computed', async () => {
    const folder = join(folderWith(), 'state', 'hf');
    const journal = await open(folder);
    await journal.write({ did: 'begin', contents: 'sha256:1' });
    await journal.write({ did: 'digest', oid: 'o', sha256: 's' });
    await journal.write({ did: 'pull-request', contents: 'sha256:1', number: 7 });
    await journal.write(commit);
    const again = await open(folder);
    expect(again.unfinishedCommit('sha256:1')).toMatchObject({ parent: 'a', treeId: 't' });
    expect(again.unfinishedCommit('sha256:2')).toBeUndefined();
    expect(again.unfinishedPullRequest('sha256:1')).toBe(7);
    expect(again.sha256Of('o')).toBe('s');
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, readdirSync(folder)[0] ?? '')).mode & 0o777).toBe(0o600);
  });

  test('is of one Space at one endpoint', async () => {
    const folder = folderWith();
    await (await open(folder)).write(commit);
    const others = [Journal.open(folder, 'http://elsewhere', 'ann/echo'), Journal.open(folder, endpoint, 'ann/other')];
    for (const other of await Promise.all(others)) expect(other.unfinishedCommit('sha256:1')).toBeUndefined();
  });

  test('that is ended keeps digests of what is still pushed and secrets, and nothing else', async () => {
    const folder = folderWith();
    const journal = await open(folder);
    await journal.write({ did: 'digest', oid: 'kept', sha256: 'k' });
    await journal.write({ did: 'digest', oid: 'gone', sha256: 'g' });
    await journal.writeSecret('KEY', 'old', 'monday');
    await journal.writeSecret('KEY', 'new', 'tuesday');
    await journal.write(commit);
    await journal.end('sha256:1', new Set(['kept']));
    expect(textOf(folder).trim().split('\n')).toHaveLength(2);
    expect(readdirSync(folder)).toHaveLength(1);
    const again = await open(folder);
    expect([again.sha256Of('kept'), again.sha256Of('gone')]).toEqual(['k', undefined]);
    expect(again.unfinishedCommit('sha256:1')).toBeUndefined();
    expect(again.hasSecret('KEY', 'new', 'tuesday')).toBe(true);
  });

  test('knows whether a secret is the one that was set, and never its value', async () => {
    const folder = folderWith();
    const journal = await open(folder);
    await journal.writeSecret('KEY', 'planted-secret', 'monday');
    await journal.writeSecret('SAME', 'planted-secret', undefined);
    expect(journal.hasSecret('KEY', 'planted-secret', 'monday')).toBe(true);
    expect(journal.hasSecret('KEY', 'another', 'monday')).toBe(false);
    expect(journal.hasSecret('KEY', 'planted-secret', 'tuesday')).toBe(false);
    expect(journal.hasSecret('OTHER', 'planted-secret', 'monday')).toBe(false);
    const text = textOf(folder);
    expect(text).not.toContain('planted-secret');
    // The same value twice does not look the same.
    expect(new Set(text.match(/"mac":"\w+"/g)).size).toBe(2);
  });

  test('torn at any byte tells what stands before, and takes what comes after', async () => {
    const whole = folderWith();
    const journal = await open(whole);
    await journal.write({ did: 'digest', oid: 'first', sha256: '1' });
    await journal.write(commit);
    const bytes = readFileSync(join(whole, readdirSync(whole)[0] ?? ''));
    const firstEnds = bytes.indexOf('\n', 1);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: bytes.length }), async (length) => {
        const folder = folderWith();
        writeFileSync(join(folder, readdirSync(whole)[0] ?? ''), bytes.subarray(0, length));
        const torn = await open(folder);
        expect(torn.sha256Of('first')).toBe(length >= firstEnds ? '1' : undefined);
        await torn.write({ did: 'digest', oid: 'next', sha256: '2' });
        expect((await open(folder)).sha256Of('next')).toBe('2');
      }),
      { numRuns: 60 },
    );
  });

  test.each(['null', '7', '[]', '{"did":7}', 'x'.repeat(100), '{"did":"digest"}'])(
    'with a line that is none of ours, %s, is read past it',
    async (line) => {
      const folder = folderWith();
      await (await open(folder)).write(commit);
      appendFileSync(join(folder, readdirSync(folder)[0] ?? ''), `${line}\n`);
      expect((await open(folder)).unfinishedCommit('sha256:1')).toMatchObject({ parent: 'a' });
    },
  );

  test('written by two pushes at once loses no line of the one that goes on', async () => {
    const folder = folderWith();
    const one = await open(folder);
    const two = await open(folder);
    await Promise.all([
      one.write({ did: 'begin', contents: 'sha256:2' }),
      two.write({ did: 'begin', contents: 'sha256:1' }),
      two.write(commit),
      two.writeSecret('KEY', 'value', undefined),
    ]);
    await one.end('sha256:2', new Set());
    await two.write({ did: 'digest', oid: 'later', sha256: 'l' });
    const again = await open(folder);
    expect(again.unfinishedCommit('sha256:1')).toMatchObject({ parent: 'a' });
    expect(again.hasSecret('KEY', 'value', undefined)).toBe(true);
    expect(again.sha256Of('later')).toBe('l');
    await Promise.all([one.end('sha256:2', new Set()), two.end('sha256:1', new Set())]);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  test('without a folder keeps nothing, and works', async () => {
    const journal = await Journal.open(undefined, endpoint, 'ann/echo');
    await journal.write(commit);
    expect(journal.unfinishedCommit('sha256:1')).toMatchObject({ parent: 'a' });
    const another = await Journal.open(undefined, endpoint, 'ann/echo');
    expect(another.unfinishedCommit('sha256:1')).toBeUndefined();
    await journal.end('sha256:1', new Set());
    expect(journal.unfinishedCommit('sha256:1')).toBeUndefined();
  });
});

describe('a state folder that cannot be used', () => {
  test.each<{ what: string; made: (folder: string) => string }>([
    { what: 'a file', made: (folder) => (writeFileSync(join(folder, 'state'), ''), join(folder, 'state')) },
    { what: 'one below a file', made: (folder) => (writeFileSync(join(folder, 'f'), ''), join(folder, 'f', 'state')) },
  ])('$what: the push fails before it touches the Hub', async ({ made }) => {
    const emulator = await startHub();
    const stateFolder = made(folderWith());
    const error = await failureOf(push(clientOf(emulator), pushing(stagedOf(), { stateFolder })));
    expect(error).toMatchObject({
      code: 'HAWSER_HF_LOCAL_FILE',
      message: expect.stringMatching(/^The journal .*hawser--echo_env\.\w+\.jsonl cannot be used: E/),
      hint: expect.stringContaining('has room'),
    });
    expect(emulator.requests.every(({ method }) => method === 'GET')).toBe(true);
  });

  test('a folder where its file has to be: the same', async () => {
    const emulator = await startHub();
    const stateFolder = folderWith();
    await push(clientOf(emulator), pushing(stagedOf(), { stateFolder }));
    const [name = ''] = readdirSync(stateFolder);
    const other = folderWith();
    mkdirSync(join(other, name));
    const error = await failureOf(
      push(clientOf(emulator), pushing(stagedOf({ 'a.txt': 'a' }), { stateFolder: other })),
    );
    expect(error.code).toBe('HAWSER_HF_LOCAL_FILE');
    expect(emulator.head('hawser/echo_env')?.commits).toBe(2);
  });

  test('no room: told with what the system said, at most one commit, and the next push goes on', async () => {
    const emulator = await startHub();
    const from = folderWith({
      'echo_env/openenv.yaml': 'spec_version: 1\nname: echo_env\n',
      'echo_env/Dockerfile': 'FROM python:3.11-slim\nCMD ["true"]\n',
      'echo_env/README.md': '---\ntitle: E\nemoji: 🔊\ncolorFrom: blue\ncolorTo: red\nsdk: docker\n---\n',
      'echo_env/models.py': '',
      'echo_env/client.py': '',
      'echo_env/server/app.py': '',
      ...Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`echo_env/${index}.bin`, binary(3000, index)])),
    });
    const stateFolder = join(from, 'state');
    const [account] = emulator.accounts;
    const options = { from, environment: 'echo_env', stateFolder };
    const input = JSON.stringify({ endpoint: emulator.endpoint, token: account?.token, ...options });
    const pusher = join(import.meta.dirname, '../support/pusher.mjs');
    // The shell lets no file of the pusher grow beyond a block: as on a full disk, a line is cut off in its middle.
    const limited = `trap '' XFSZ; ulimit -f 1; exec "$0" "$@"`;
    const full = await runToEnd('sh', ['-c', limited, process.execPath, pusher, input], { env: {} });
    expect([full.stderr, JSON.parse(full.stdout)]).toEqual([
      '',
      expect.objectContaining({ code: 'HAWSER_HF_LOCAL_FILE', message: expect.stringContaining('EFBIG') }),
    ]);
    const result = await push(clientOf(emulator), options);
    expect(emulator.head('hawser/echo_env')).toEqual({ commit: result.commit, tree: result.treeId, commits: 2 });
  });
});
