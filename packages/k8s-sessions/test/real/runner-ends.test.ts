import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { assignmentOf, memoryControl } from '../support/memory-control.js';
import { startRunner, type StartedRunner } from '../support/started-runner.js';
import { runRunner, type RunnerExit } from '../../src/runner/index.js';

async function endOf(runner: StartedRunner): Promise<{ readonly status: number; readonly exit: RunnerExit }> {
  const status = await runner.status;
  expect(runner.control.exits).toHaveLength(1);
  return { status, exit: runner.control.exits[0]! };
}

const hangs = `trap 'echo caught; exit 9' TERM; echo up; while :; do sleep 0.05; done`;

describe('how a session ends', () => {
  test.each([
    ['exit 0', { reason: 'ok', code: 0, signal: null }, 0],
    ['exit 42', { reason: 'nonzero', code: 42, signal: null }, 42],
    ['exit 137', { reason: 'nonzero', code: 137, signal: null }, 137],
    ['kill -KILL $$', { reason: 'signal', code: null, signal: 'SIGKILL' }, 137],
    ['kill -SEGV $$', { reason: 'signal', code: null, signal: 'SIGSEGV' }, 139],
    ['no-such-program-here', { reason: 'nonzero', code: 127, signal: null }, 127],
    ['echo "hello world" && exit 5', { reason: 'nonzero', code: 5, signal: null }, 5],
  ])('%s', async (command, record, status) => {
    await using runner = await startRunner(assignmentOf({ command }));
    const end = await endOf(runner);
    expect(end.exit).toMatchObject(record);
    expect(end.status).toBe(status);
  });

  test('a program without a shell, its environment and its prompt', async () => {
    const marker = 'PLANTED-$HOME `x` "quoted"\nsecond line';
    await using runner = await startRunner(
      assignmentOf({
        command: null,
        argv: ['/usr/bin/env', '-0'],
        prompt: marker,
        promptNames: ['HAWSER_PROMPT', 'CLAUDE_PROMPT'],
        env: { COLOUR: 'blue' },
      }),
    );
    const viewer = await runner.view({}, { whole: true });
    await viewer.frame('exit');
    const lines = viewer.text().toString().replaceAll('\r\n', '\n').split('\0');
    expect(lines).toEqual(
      expect.arrayContaining([
        `HAWSER_PROMPT=${marker}`,
        `CLAUDE_PROMPT=${marker}`,
        'COLOUR=blue',
        'TERM=xterm-256color',
        'COLORTERM=truecolor',
        `HAWSER_SESSION_ID=${runner.session}`,
      ]),
    );
    // Nothing of the runner's own surroundings, and not its secret.
    expect(viewer.text().toString()).not.toContain(runner.secret);
    expect(lines.some((line) => line.startsWith('npm_') || line.startsWith('JEST_'))).toBe(false);
  });

  test('a wish to stop is SIGTERM, and SIGKILL for what does not care', async () => {
    await using polite = await startRunner(assignmentOf({ command: hangs }));
    await (await polite.view({}, { whole: true })).shows('up');
    polite.control.wish({ stop: { reason: 'cancelled', graceMs: 20_000 } });
    expect((await endOf(polite)).exit).toMatchObject({ reason: 'cancelled', code: 9 });

    await using deaf = await startRunner(
      assignmentOf({
        command: `trap '' TERM HUP; (trap '' TERM HUP; sleep 600) & echo up; while :; do sleep 600; done`,
      }),
    );
    await (await deaf.view({}, { whole: true })).shows('up');
    deaf.control.wish({ stop: { reason: 'cancelled', graceMs: 50 } });
    expect((await endOf(deaf)).exit).toMatchObject({ reason: 'cancelled', signal: 'SIGKILL' });
  });

  test('SIGTERM to the runner drains: the end is kept and told, and the reason is the one it was given', async () => {
    await using runner = await startRunner(assignmentOf({ command: hangs }), { terminateReason: 'evicted' });
    const viewer = await runner.view({}, { whole: true });
    await viewer.shows('up');
    runner.terminate();
    expect((await viewer.frame('exit')).exit).toMatchObject({ reason: 'evicted', code: 9 });
    expect(viewer.text().toString()).toContain('caught');
    expect((await endOf(runner)).status).toBe(9);
  });

  test('the deadline, and a session nobody cares for, end it', async () => {
    await using late = await startRunner(assignmentOf({ command: 'sleep 600', deadlineMs: 100 }));
    expect((await endOf(late)).exit).toMatchObject({ reason: 'deadline' });
    await using idle = await startRunner(assignmentOf({ command: 'sleep 600', idleMs: 100 }));
    expect((await endOf(idle)).exit).toMatchObject({ reason: 'idle' });
  });

  test('a stop during the installation runs no command', async () => {
    await using runner = await startRunner(
      assignmentOf({ command: 'touch ran', installCommand: 'echo up; sleep 600' }),
    );
    await (await runner.view({}, { whole: true })).shows('up\r\n');
    runner.control.wish({ stop: { reason: 'cancelled', graceMs: 2000 } });
    const { exit, status } = await endOf(runner);
    expect(exit).toMatchObject({ reason: 'cancelled', code: null, signal: null });
    expect(status).toBe(125);
    await expect(access(join(runner.folder, 'work', 'ran'))).rejects.toThrow('ENOENT');
  });

  test('an installation comes before the command; one that fails is the end', async () => {
    await using good = await startRunner(
      assignmentOf({ command: 'cat made', installCommand: 'echo made-before > made' }),
    );
    const viewer = await good.view({}, { whole: true });
    await viewer.frame('exit');
    expect(viewer.text().toString()).toContain('made-before');
    expect(good.control.phases.map(({ state }) => state)).toEqual(['installing', 'running', 'draining']);

    await using bad = await startRunner(assignmentOf({ command: 'touch ran', installCommand: 'exit 3' }));
    const { exit, status } = await endOf(bad);
    expect(exit).toMatchObject({
      reason: 'install_failed',
      code: null,
      signal: null,
      message: 'exit 3 ended with status 3.',
    });
    expect(status).toBe(125);
  });

  test('without exitOnJob it goes on serving the log, and never a fresh shell', async () => {
    await using runner = await startRunner(
      assignmentOf({ command: 'seq 1 20000; echo over; exit 6', exitOnJob: false }),
    );
    while (runner.control.exits.length === 0) await runner.control.called();
    const viewer = await runner.view();
    expect((await viewer.frame('exit')).exit.code).toBe(6);
    expect(Buffer.from((await viewer.frame('snapshot')).data).toString()).toContain('over');
    expect((await viewer.frame('hello')).hello.state).toBe('exited');
    viewer.type('echo fresh\r');
    await viewer.frame('note', ({ code }) => code === 'not_running');
    // Also a window of another size, and one that was here before, see the end.
    const other = await runner.view({}, { since: 'before:7', size: { cols: 40, rows: 10 } });
    expect(Buffer.from((await other.frame('snapshot')).data).toString()).toContain('over');
    await other.frame('exit');
    runner.terminate();
    expect(await runner.status).toBe(6);
  });

  test('who lost the claim, or gets no work, ends quietly and runs nothing', async () => {
    const run = (control: ReturnType<typeof memoryControl>): Promise<number> =>
      runRunner({ control, session: 's', secret: 'x', host: '127.0.0.1', port: 0, folder: '/nonexistent', env: {} });
    const lost = memoryControl(assignmentOf({ command: 'exit 1' }), { won: false });
    expect([await run(lost), lost.phases, lost.exits]).toEqual([0, [], []]);
    expect(await run(memoryControl(undefined))).toBe(0);
  });

  test('an attempt that the service has given up ends its command', async () => {
    await using runner = await startRunner(assignmentOf({ command: hangs }));
    const viewer = await runner.view({}, { whole: true });
    await viewer.shows('up');
    runner.control.isOver = true;
    expect((await viewer.frame('exit')).exit).toMatchObject({ reason: 'lost', code: 9 });
    expect(await runner.status).toBe(9);
    expect(runner.control.exits).toEqual([]);
  });

  test('a hostile command reaches its own session only', async () => {
    await using runner = await startRunner(assignmentOf({ command: 'kill -9 0; echo never' }));
    // kill 0 ends the group the command is in; the runner is in another.
    expect((await endOf(runner)).exit).toMatchObject({ reason: 'signal', signal: 'SIGKILL' });
    await writeFile(join(runner.folder, 'still-here'), 'yes');
    expect(await readFile(join(runner.folder, 'still-here'), 'utf8')).toBe('yes');
  });

  test('the source comes first, then npm install where a package.json lies, then the command in its folder', async () => {
    const made = await mkdtemp(join(tmpdir(), 'hawser-source-'));
    await mkdir(join(made, 'app'));
    await writeFile(join(made, 'app', 'package.json'), '{}');
    await writeFile(join(made, 'app', 'hello.txt'), 'hello from the source');
    await mkdir(join(made, 'bin'));
    await writeFile(join(made, 'bin', 'npm'), '#!/bin/sh\necho "npm $* was run" > installed\n', { mode: 0o755 });
    const archive = execFileSync('tar', ['-cz', '-C', made, 'app']);
    const server = createServer((request, response) =>
      request.url === '/app.tar.gz' ? response.end(archive) : response.writeHead(404).end(),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      await using runner = await startRunner(
        assignmentOf({ command: 'cat hello.txt installed', source: { url: `${base}/app.tar.gz` } }),
        { env: { PATH: `${join(made, 'bin')}:${process.env['PATH']}` } },
      );
      const viewer = await runner.view({}, { whole: true });
      await viewer.frame('exit');
      expect(viewer.text().toString()).toContain('hello from the source');
      expect(viewer.text().toString()).toContain('npm install was run');
      const revision = createHash('sha256').update(archive).digest('hex');
      expect(runner.control.phases).toEqual([
        { state: 'fetching', detail: `${base}/app.tar.gz` },
        { state: 'installing', detail: 'npm install', revision },
        { state: 'running', detail: null, revision },
        { state: 'draining', detail: null },
      ]);

      await using missing = await startRunner(
        assignmentOf({ command: 'true', source: { url: `${base}/none.tar.gz` } }),
      );
      const { exit, status } = await endOf(missing);
      expect(exit).toMatchObject({
        reason: 'fetch_failed',
        code: null,
        signal: null,
        message: expect.stringContaining('404'),
      });
      expect(status).toBe(125);
    } finally {
      server.closeAllConnections();
      server.close();
      await rm(made, { recursive: true });
    }
  });
});
