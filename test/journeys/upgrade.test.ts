import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Program } from '../support/program.js';
import { type Ended, runToEnd } from '../support/run-to-end.js';
import { hawser, root } from '../support/workspace.js';

const fixtures = join(root, 'test/fixtures/state');

interface Kept {
  readonly version: string;
  /** When it was left, in milliseconds since 1970. */
  readonly atMs: number;
  readonly files: Readonly<Record<string, { readonly mode: string; readonly text?: string; readonly gzip?: string }>>;
}

interface Answer<T> {
  readonly ok: boolean;
  readonly data: T;
}

/** What `scripts/state-fixture.mjs` kept at each release: a home and a project as that release left them. */
const releases = readdirSync(fixtures).map((name) => JSON.parse(readFileSync(join(fixtures, name), 'utf8')) as Kept);

describe.each(releases)('what $version left behind', ({ atMs, files }) => {
  const folder = mkdtempSync(join(tmpdir(), 'hawser-upgrade-'));
  const env = {
    PATH: process.env['PATH'],
    HOME: join(folder, 'home'),
    TMPDIR: process.env['TMPDIR'],
    LANG: 'C.UTF-8',
    // What is kept for a week is still there an hour later, whenever this test runs.
    NODE_OPTIONS: `--require ${join(folder, 'then.cjs')}`,
  };
  const run = (...words: string[]): Promise<Ended> =>
    runToEnd(process.execPath, [hawser, ...words], { cwd: join(folder, 'project'), env });
  const ask = async <T>(...words: string[]): Promise<T> => {
    const { stdout, stderr } = await run(...words, '--json');
    expect({ words, stderr, stdout }).toMatchObject({ words, stdout: expect.stringMatching(/^\{"ok":true/) });
    return (JSON.parse(stdout) as Answer<T>).data;
  };

  beforeAll(() => {
    const shiftMs = atMs + 3_600_000 - Date.now();
    const then = `globalThis.Date = class extends Date {
      constructor(...words) { super(...(words.length === 0 ? [Date.now()] : words)); }
      static now() { return super.now() + ${shiftMs}; }
    };`;
    writeFileSync(join(folder, 'then.cjs'), then);
    for (const [path, { mode, text, gzip }] of Object.entries(files)) {
      const file = join(folder, path);
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      const content = text?.replaceAll('@FOLDER@', folder) ?? gunzipSync(Buffer.from(gzip ?? '', 'base64'));
      writeFileSync(file, content, { mode: Number.parseInt(mode, 8) });
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

  test('executions, their logs and their receipts are read, and a new one stands beside them', async () => {
    const listed = await ask<{ executions: { execution_id: string; exit_code: number }[] }>('exec', 'list', '--local');
    const { executions } = listed;
    expect(executions).toEqual([expect.objectContaining({ phase: 'failed', exit_code: 3 })]);
    const id = executions[0]?.execution_id ?? '';
    expect(await run('exec', 'logs', '--local', id)).toMatchObject({
      stdout: expect.stringContaining('kept by exec\n'),
    });
    expect(await run('exec', 'verify', 'receipt.json')).toMatchObject({ code: 0 });
    // What supervises it is told nothing of another time, so it lives in ours.
    const now = ['exec', '--local', '--no-repo', '--isolation', 'process', 'echo new; exit 5'];
    const { NODE_OPTIONS: _then, ...today } = env;
    expect(
      await runToEnd(process.execPath, [hawser, ...now], { cwd: join(folder, 'project'), env: today }),
    ).toMatchObject({
      code: 5,
      stdout: 'new\n',
    });
    const { executions: both } = await ask<typeof listed>('exec', 'list', '--local');
    expect(both).toContainEqual(expect.objectContaining({ exit_code: 5 }));
  });

  test('sessions and their transcripts are read out of the database, which is brought up to date', async () => {
    await using service = new Program(process.execPath, [hawser, 'sessions', 'serve', '--json'], { env, cwd: folder });
    await service.shows(/^\{.*\}$/m);
    const { sessions } = await ask<{ sessions: { sessionId: string }[] }>('sessions', 'list');
    expect(sessions).toEqual([expect.objectContaining({ state: 'archived' })]);
    const logs = await run('sessions', 'logs', sessions[0]?.sessionId ?? '');
    expect(logs).toMatchObject({ code: 0, stdout: expect.stringContaining('kept by sessions') });
    service.child.kill('SIGTERM');
    await service.ended;
  });

  test('trust in tunnels and what was pushed still hold', async () => {
    expect(await ask('net', 'trust', '--yes')).toMatchObject({ trusted: true });
    // What was trusted before is read, and written on from there.
    const trusted = readFileSync(join(folder, 'home/.local/share/hawser/trusted-tunnels.json'), 'utf8');
    expect(JSON.parse(trusted)).toMatchObject({ revision: 2 });
    const { stdout: sets } = await run('net', 'list', '--sets', '--json');
    expect(sets).toContain('staging');
    const receipts = Object.keys(files).filter((path) => path.includes('/hf/receipts/'));
    for (const path of receipts) expect(await run('verify', join(folder, path))).toMatchObject({ code: 0 });
    expect(receipts.length).toBeGreaterThan(0);
  });
});
