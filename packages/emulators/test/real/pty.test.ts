import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { spawnPty } from '../../src/ssm/agent/pty.js';
import { childrenOf } from '../support/emulator.js';

interface Run {
  readonly output: Buffer;
  readonly exitCode: number;
}

/** Runs a command on a terminal to its end; `types` is written when it says that it is ready. */
function run(command: readonly string[], types?: string): Promise<Run> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const starting = spawnPty({
      command,
      environment: { PATH: process.env['PATH']!, TERM: 'xterm-256color' },
      onData: (bytes) => {
        chunks.push(bytes);
        if (types !== undefined && bytes.includes('ready')) void starting.then((pty) => pty.write(Buffer.from(types)));
      },
      onExit: (exitCode) => resolve({ output: Buffer.concat(chunks), exitCode }),
      onDrain: () => {},
    });
    starting.catch(reject);
  });
}

describe('a program on a terminal', () => {
  test('loses no tail: 40 programs that write 200 KB and end at once, while the machine is busy', async () => {
    const load: ChildProcess[] = Array.from({ length: 2 }, () => spawn('sh', ['-c', 'while :; do :; done']));
    try {
      const expected = createHash('sha256').update('x'.repeat(200_000)).digest('hex');
      for (let round = 0; round < 40; round += 1) {
        const { output, exitCode } = await run(['sh', '-c', `head -c 200000 /dev/zero | tr '\\0' x; exit ${round}`]);
        expect([output.length, exitCode]).toEqual([200_000, round]);
        expect(createHash('sha256').update(output).digest('hex')).toBe(expected);
      }
    } finally {
      for (const child of load) child.kill('SIGKILL');
      await Promise.all(load.map((child) => new Promise((resolve) => child.once('exit', resolve))));
    }
  });

  test.each([
    ['an exit code', 'exit 7', 7],
    ['a signal', 'kill -TERM $$', 143],
    ['a kill', 'kill -KILL $$', 137],
    ['a program that does not exist', 'exec nosuchprogram', 127],
  ])('tells of %s', async (_, command, exitCode) => {
    expect((await run(['sh', '-c', command])).exitCode).toBe(exitCode);
  });

  test('passes bytes that look like the beginning of its end mark', async () => {
    const { output } = await run(['printf', 'a\\000b\\000\\000c\\000']);
    expect(output).toEqual(Buffer.from('a\0b\0\0c\0'));
  });

  test('keeps to the signals typed at it, and dies of none itself', async () => {
    const { output, exitCode } = await run(
      ['sh', '-c', 'trap "echo caught; exit 5" INT; echo ready; while :; do sleep 0.01; done'],
      '\x03\x03\x1a',
    );
    expect(output.toString()).toContain('caught');
    expect(exitCode).toBe(5);
  });

  test('tells when more input waits than a program reads, and when it was read', async () => {
    let drained: (() => void) | undefined;
    const whenDrained = new Promise<void>((resolve) => {
      drained = resolve;
    });
    const chunks: Buffer[] = [];
    // The program reads nothing until somebody opens the other end of this pipe.
    const folder = await mkdtemp(join(tmpdir(), 'hawser-pty-'));
    const gate = join(folder, 'gate');
    execFileSync('mkfifo', [gate]);
    const pty = await spawnPty({
      // Raw, or the kernel throws away what exceeds its line buffer.
      command: ['sh', '-c', 'stty raw -echo; echo ready; : <"$0"; exec head -c 300000 >/dev/null', gate],
      environment: { PATH: process.env['PATH']! },
      onData: (bytes) => chunks.push(bytes),
      onExit: () => {},
      onDrain: () => drained?.(),
    });
    while (!Buffer.concat(chunks).includes('ready')) await new Promise((resolve) => setImmediate(resolve));
    expect(pty.write(Buffer.alloc(300_000, 'y'))).toBe(false);
    await writeFile(gate, '');
    await whenDrained;
    await pty.kill();
    await rm(folder, { recursive: true });
    expect(childrenOf(process.pid)).toEqual([]);
  });

  test('does not stop the process when nobody reads what is typed', async () => {
    // A stream of the terminal library would spin here until the program reads, and it reads when we let it.
    const { output, exitCode } = await run(
      ['sh', '-c', 'stty raw -echo; printf ready; sleep 0.2; head -c 1000000 | wc -c'],
      'x'.repeat(1_000_000),
    );
    expect(output.toString()).toContain('1000000');
    expect(exitCode).toBe(0);
    let ticks = 0;
    const ticking = setInterval(() => ticks++, 1);
    const unread = await run(['sh', '-c', 'stty raw -echo; printf ready; sleep 0.2; exit 3'], 'x'.repeat(1_000_000));
    clearInterval(ticking);
    expect(unread.exitCode).toBe(3);
    expect(ticks).toBeGreaterThan(1);
  });

  test('is gone with what it started when it is killed', async () => {
    let exits = 0;
    const pty = await spawnPty({
      command: ['sh', '-c', 'sleep 61 & sleep 62'],
      environment: { PATH: process.env['PATH']! },
      onData: () => {},
      onExit: () => (exits += 1),
      onDrain: () => {},
    });
    await pty.kill();
    await pty.kill();
    expect(exits).toBe(0);
    expect(childrenOf(process.pid)).toEqual([]);
  });
});
