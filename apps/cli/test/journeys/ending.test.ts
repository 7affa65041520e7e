import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { target, useEmulator } from '../support/emulator.js';
import { bin, useHawser } from '../support/hawser.js';

const hawser = useHawser();
const aws = useEmulator();

describe('Ctrl-C', () => {
  test('ends a command that runs with 130, and its session with it', async () => {
    const running = hawser.start(['ssm', 'run', target, '--', 'sh', '-c', 'echo up; sleep 600'], { env: aws.env });
    await running.until(/up\n/);
    running.kill('SIGINT');
    const { stdout, stderr, exitCode } = await running.ended;
    expect([stdout, stderr, exitCode]).toEqual(['up\n', '✗ Cancelled.\n', 130]);
    expect(aws.emulator.sessions.at(-1)?.state).toBe('Terminated');
  });

  test('is said in JSON form too', async () => {
    const running = hawser.start(['ssm', 'run', target, '--json', '--', 'sh', '-c', 'sleep 600'], { env: aws.env });
    await untilOpen(running.ended);
    running.kill('SIGINT');
    const { json, exitCode } = await running.ended;
    expect(json).toEqual({
      ok: false,
      error: { code: 'HAWSER_CLI_CANCELLED', message: 'Cancelled.', exitCode: 130, details: {} },
    });
    expect(exitCode).toBe(130);
  });

  test('gives up a call that AWS does not answer', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const asked = once(silent, 'connection');
    const running = hawser.start(['ssm', 'list'], {
      env: { ...aws.env, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` },
    });
    await asked;
    running.kill('SIGINT');
    expect(await running.ended).toMatchObject({ stdout: '', stderr: '✗ Cancelled.\n', exitCode: 130 });
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
});

describe('SIGTERM', () => {
  test('ends a command with 143', async () => {
    const running = hawser.start(['ssm', 'run', target, '--', 'sh', '-c', 'echo up; sleep 600'], { env: aws.env });
    await running.until(/up\n/);
    running.kill('SIGTERM');
    expect(await running.ended).toMatchObject({ stderr: '✗ Stopped, as asked.\n', exitCode: 143 });
  });
});

describe('a reader that leaves', () => {
  test('ends the command behind the pipe quietly with 141, and its session with it', async () => {
    const child = spawn(process.execPath, [bin, 'ssm', 'run', target, '--', 'yes'], {
      cwd: hawser.home,
      env: { PATH: process.env['PATH'], HOME: hawser.home, ...aws.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [code] = (await once(child, 'close')) as [number | null];
    expect([code, stderr]).toEqual([141, '']);
    expect(aws.emulator.sessions.at(-1)?.state).toBe('Terminated');
  });
});

/** Resolves when the newest session is open. */
async function untilOpen(ended: Promise<unknown>): Promise<void> {
  const before = aws.emulator.sessions.length;
  let over = false;
  void ended.then(() => (over = true));
  while (!over && aws.emulator.sessions.slice(before).every(({ clientVersion }) => clientVersion === undefined)) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
