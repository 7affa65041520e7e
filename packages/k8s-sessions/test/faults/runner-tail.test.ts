import { constants, tmpdir } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import { scale } from '../../../../test/support/scale.js';
import { startTerminal, type TerminalEnd } from '../../src/runner/terminal.js';

const size = { cols: 120, rows: 40 };
const env = { PATH: process.env['PATH'] ?? '', HOME: tmpdir(), LC_ALL: 'C' };

interface Run extends TerminalEnd {
  readonly output: Buffer;
}

async function run(command: string, options: { leftBehindMs?: number; typed?: string } = {}): Promise<Run> {
  const parts: Buffer[] = [];
  const terminal = await startTerminal({
    argv: ['/bin/sh', '-c', command],
    env,
    folder: tmpdir(),
    size,
    onOutput: (data) => parts.push(Buffer.from(data)),
    ...(options.leftBehindMs === undefined ? {} : { leftBehindMs: options.leftBehindMs }),
  });
  if (options.typed !== undefined) terminal.input.write(Buffer.from(options.typed));
  const end = await terminal.ended;
  return { ...end, output: Buffer.concat(parts) };
}

describe('the end of a program on a terminal', () => {
  test('no tail is lost, however busy the machine', async () => {
    const runs = scale(40, 1000);
    const lines = 5000;
    const whole = Array.from({ length: lines }, (_, at) => `${at + 1}\r\n`).join('');
    const lost: string[] = [];
    for (let at = 0; at < runs; at += 4) {
      // Four at a time on two cores: the reader is behind the writers.
      const ends = await Promise.all(Array.from({ length: 4 }, () => run(`seq 1 ${lines}; exit 7`)));
      for (const { output, code } of ends)
        if (code !== 7 || output.toString() !== whole) lost.push(`${code}: ${output.length} of ${whole.length}`);
    }
    expect(lost).toEqual([]);
  });

  test('an exit status is told as it is, also the ones that look like a signal', async () => {
    const codes = [0, 1, 2, 42, 126, 127, 128, 129, 130, 137, 141, 143, 255];
    const ends = await Promise.all(codes.map((code) => run(`exit ${code}`)));
    expect(ends.map(({ code, signal }) => ({ code, signal }))).toEqual(codes.map((code) => ({ code, signal: null })));
  });

  test('a signal is told by its name', async () => {
    const names = [
      'SIGHUP',
      'SIGINT',
      'SIGQUIT',
      'SIGABRT',
      'SIGKILL',
      'SIGSEGV',
      'SIGPIPE',
      'SIGTERM',
      'SIGUSR1',
    ] as const;
    const ends = await Promise.all(
      names.map((name) => run(`ulimit -c 0; kill -${constants.signals[name]} $$; sleep 60`)),
    );
    expect(ends.map(({ code, signal }) => ({ code, signal }))).toEqual(names.map((signal) => ({ code: null, signal })));
  });

  test('a program that kills its whole group loses nothing it wrote', async () => {
    const { signal, output } = await run('seq 1 2000; kill -9 0');
    expect(signal).toBe('SIGKILL');
    expect(output.toString().endsWith('1999\r\n2000\r\n')).toBe(true);
  });

  test('a program that is not there ends with 127, one that cannot be run with 126', async () => {
    expect((await run('exec /no/such/program')).code).toBe(127);
    expect((await run(`exec ${tmpdir()}`)).code).toBe(126);
  });

  test('those left behind are waited for, and told when they stay', async () => {
    const soon = await run(`trap '' HUP; (sleep 0.2; echo late) & exit 3`);
    expect({ ...soon, output: soon.output.toString() }).toEqual({
      code: 3,
      signal: null,
      leftBehind: 0,
      output: 'late\r\n',
    });
    const never = await run(`trap '' HUP; sleep 600 & setsid sleep 600 & sleep 0.1; exit 4`, { leftBehindMs: 50 });
    expect({ code: never.code, leftBehind: never.leftBehind }).toEqual({ code: 4, leftBehind: 2 });
  });

  test('output that was stopped by Ctrl-S does not keep a program from ending', async () => {
    const { code, output } = await run(`echo before; stty -echo; read line; exit 5`, { typed: '\u0013x\n' });
    expect(code).toBe(5);
    expect(output.toString()).toContain('before');
  });

  test('a terminal left raw and without echo takes the end all the same', async () => {
    expect(await run('stty raw -echo opost olcuc; printf abc; exit 6')).toEqual({
      code: 6,
      signal: null,
      leftBehind: 0,
      output: Buffer.from('ABC'),
    });
  });

  test('a signal reaches a program that has only just been started', async () => {
    const started = { argv: ['/bin/sh', '-c', 'sleep 60'], env, folder: tmpdir(), size, onOutput: () => undefined };
    for (let at = 0; at < scale(20, 500); at += 1) {
      const terminal = await startTerminal(started);
      terminal.signalAll('SIGTERM');
      expect(await terminal.ended).toMatchObject({ code: null, signal: 'SIGTERM' });
    }
  });
});
