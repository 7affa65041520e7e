import { createServer as createTcpServer } from 'node:net';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startSsmEmulator } from '@hawser/emulators/ssm';
import { createAwsApi } from '@hawser/ssm-channel/aws';
import { target, useEmulator } from '../support/emulator.js';
import { useHawser } from '../support/hawser.js';
import { expectSchema } from '../support/schema.js';

const hawser = useHawser();
const aws = useEmulator();

describe('ssm list', () => {
  test('shows every managed node and whether it can be reached', async () => {
    const { stdout, stderr, exitCode } = await hawser.run(['ssm', 'list'], { env: aws.env });
    const [heading, ...rows] = stdout.trimEnd().split('\n');
    expect(heading?.split(/\s{2,}/)).toEqual(['ID', 'NAME', 'STATE', 'PLATFORM', 'ADDRESS', 'AGENT']);
    expect(rows.find((row) => row.startsWith(target))).toContain('online');
    expect(rows.find((row) => row.startsWith('i-0fffffffffffffff0'))).toContain('ConnectionLost');
    expect([stderr, exitCode]).toEqual(['', 0]);
  });

  test('its JSON keeps its schema', async () => {
    const { json } = await hawser.run(['ssm', 'ls', '--json'], { env: aws.env });
    const { ok, data, warnings } = json as { ok: boolean; data: { nodes: { id: string }[] }; warnings: string[] };
    expect([ok, warnings]).toEqual([true, []]);
    expect(data.nodes.map(({ id }) => id)).toContain(target);
    expectSchema('ssm-list', data);
  });

  test('flags win over HAWSER_ variables, and those over the AWS ones', async () => {
    const dead = 'http://127.0.0.1:1';
    const env = { ...aws.env, AWS_ENDPOINT_URL: dead, HAWSER_ENDPOINT_URL: aws.emulator.endpoint };
    expect(await hawser.run(['ssm', 'list', '--json'], { env })).toMatchObject({ exitCode: 0 });
    const refused = await hawser.run(['ssm', 'list', '--json', '--endpoint-url', dead], { env });
    expect(refused.json).toMatchObject({ ok: false, error: { code: 'HAWSER_SSM_ENDPOINT_UNREACHABLE', exitCode: 1 } });
    expect(refused.exitCode).toBe(1);
  });
});

describe('ssm run', () => {
  test('keeps stdout and stderr apart, every byte of them, and ends with the remote exit code', async () => {
    const command = ['sh', '-c', `printf 'out\\n'; printf 'err\\n' >&2; exit 7`];
    const { stdout, stderr, exitCode } = await hawser.run(['ssm', 'run', target, '--', ...command], { env: aws.env });
    expect([stdout, stderr, exitCode]).toEqual(['out\n', 'err\n', 7]);
  });

  test('hands every word behind -- on untouched, a second -- and flags of ours included', async () => {
    const words = ['--json', '--', '--quiet', 'a b', `it's`, '$HOME', '*', ''];
    const { stdout } = await hawser.run(['ssm', 'run', target, '--', 'printf', '<%s>', ...words], { env: aws.env });
    expect(stdout).toBe(words.map((word) => `<${word}>`).join(''));
  });

  test('its JSON carries output and exit code, and it still ends with that', async () => {
    const { json, exitCode } = await hawser.run(
      ['ssm', 'run', target, '--json', '--', 'sh', '-c', 'echo out; echo err >&2; exit 3'],
      { env: aws.env },
    );
    expect(json).toEqual({ ok: true, data: { exitCode: 3, stdout: 'out\n', stderr: 'err\n' }, warnings: [] });
    expectSchema('ssm-run', (json as { data: unknown }).data);
    expect(exitCode).toBe(3);
  });

  test('a megabyte of output arrives whole', async () => {
    const { stdout, exitCode } = await hawser.run(['ssm', 'run', target, '--', 'seq', '150000'], { env: aws.env });
    expect(stdout).toBe(Array.from({ length: 150_000 }, (_, index) => `${index + 1}\n`).join(''));
    expect(exitCode).toBe(0);
  });

  test('what runs too long ends with 124: HAWSER_SSM_RUN_TIMED_OUT', async () => {
    const args = ['ssm', 'run', target, '--json', '--timeout', '300ms', '--', 'sleep', '600'];
    const { json, exitCode } = await hawser.run(args, { env: aws.env });
    expect(json).toMatchObject({ ok: false, error: { code: 'HAWSER_SSM_RUN_TIMED_OUT', exitCode: 124 } });
    expect(exitCode).toBe(124);
  });

  test.each([
    ['i-0fffffffffffffff0', 'HAWSER_SSM_TARGET_NOT_CONNECTED'],
    ['worker', 'HAWSER_SSM_TARGET_AMBIGUOUS'],
    ['tag:Role=nothing', 'HAWSER_SSM_TARGET_NOT_FOUND'],
  ])('what never ran on %s ends with 125: %s', async (name, code) => {
    const { json, exitCode } = await hawser.run(['ssm', 'run', name, '--json', '--', 'true'], { env: aws.env });
    expect(json).toMatchObject({ ok: false, error: { code, exitCode: 125 } });
    expect(exitCode).toBe(125);
  });

  test('an ambiguous target lists the candidates', async () => {
    const { stderr } = await hawser.run(['ssm', 'run', 'worker', '--', 'true'], { env: aws.env });
    expect(stderr).toContain('i-0aaaaaaaaaaaaaaa1');
    expect(stderr).toContain('i-0aaaaaaaaaaaaaaa2');
  });

  test('a session that is ended from elsewhere leaves the exit code unknown: HAWSER_SSM_EXIT_UNKNOWN', async () => {
    const running = hawser.start(['ssm', 'run', target, '--json', '--', 'sh', '-c', 'echo up; sleep 600'], {
      env: aws.env,
    });
    await terminate(await untilSession(running.ended));
    const { json, exitCode } = await running.ended;
    expect(json).toMatchObject({ ok: false, error: { code: 'HAWSER_SSM_EXIT_UNKNOWN', exitCode: 125 } });
    expect(exitCode).toBe(125);
  });

  test('a link that cannot be brought back ends with 75: the command may still run', async () => {
    await using stern = await startSsmEmulator({ refuse: { ResumeSession: 'AccessDeniedException' } });
    const running = hawser.start(['ssm', 'run', target, '--', 'sh', '-c', 'echo up; sleep 600'], {
      env: { ...stern.env },
    });
    await running.until(/up\n/);
    stern.gateway.cut();
    const { stderr, exitCode } = await running.ended;
    expect(stderr).toContain('✗ How the command ended is not known');
    expect(exitCode).toBe(75);
  });
});

describe('ssm start', () => {
  test('runs what is typed in a real shell', async () => {
    const { stdout, exitCode } = await hawser.run(['ssm', 'start', 'tag:Role=web'], {
      env: aws.env,
      stdin: 'echo answer-$((6 * 7))\nexit\n',
    });
    expect(stdout).toContain('answer-42');
    expect(exitCode).toBe(0);
  });

  test('with --json the shell shows on stderr, and stdout says how it ended', async () => {
    const { stdout, stderr, json, exitCode } = await hawser.run(['ssm', 'start', target, '--json'], {
      env: aws.env,
      stdin: 'echo answer-$((6 * 7))\nexit\n',
    });
    expect(stderr).toContain('answer-42');
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(json).toMatchObject({ ok: true, data: { target, reason: 'exited' } });
    expectSchema('ssm-start', (json as { data: unknown }).data);
    expect(exitCode).toBe(0);
  });

  test('takes another document with its parameters, and says the reason', async () => {
    const args = ['ssm', 'start', target, '--document', 'AWS-StartInteractiveCommand'];
    const { stdout, exitCode } = await hawser.run(
      [...args, '--parameter', 'command=echo from-the-document', '--reason', 'ticket 7'],
      { env: aws.env },
    );
    expect(stdout).toContain('from-the-document');
    expect(exitCode).toBe(0);
    const asked = aws.emulator.calls.findLast(({ operation }) => operation === 'StartSession');
    expect(asked?.input).toMatchObject({ Reason: 'ticket 7', DocumentName: 'AWS-StartInteractiveCommand' });
  });

  test('a parameter without a value is refused: HAWSER_SSM_PARAMETER', async () => {
    const { json, exitCode } = await hawser.run(['ssm', 'start', target, '--parameter', 'command', '--json'], {
      env: aws.env,
    });
    expect(json).toMatchObject({ ok: false, error: { code: 'HAWSER_SSM_PARAMETER', exitCode: 2 } });
    expect(exitCode).toBe(2);
  });
});

describe('ssm sessions', () => {
  test('lists what is open, and what was', async () => {
    const shell = hawser.start(['ssm', 'start', target], { env: aws.env });
    shell.stdin.write('echo ready-$((1 + 1))\n');
    await shell.until(/ready-2/);
    const open = await hawser.run(['ssm', 'sessions', '--json', '--target', target], { env: aws.env });
    const { data } = open.json as { data: { sessions: { sessionId: string; status: string }[] } };
    expectSchema('ssm-sessions', data);
    expect(data.sessions.map(({ status }) => status)).toContain('Connected');
    shell.stdin.end('exit\n');
    expect(await shell.ended).toMatchObject({ exitCode: 0 });
    const { stdout } = await hawser.run(['ssm', 'sessions', '--history'], { env: aws.env });
    for (const { sessionId } of data.sessions) expect(stdout).toContain(sessionId);
  });
});

describe('ssm forward', () => {
  const page = 'a page behind the bastion';
  const web = createServer((_request, response) => response.end(page));
  beforeAll(async () => {
    web.listen(0, '127.0.0.1');
    await once(web, 'listening');
  });
  afterAll(() => {
    web.closeAllConnections();
    web.close();
  });
  const webPort = (): string => String((web.address() as AddressInfo).port);

  test('says where it listens, carries connections, and ends with 130 on Ctrl-C', async () => {
    const args = ['ssm', 'forward', target, '--remote-port', webPort(), '--lanes', '2', '--json'];
    const forward = hawser.start(args, { env: aws.env });
    const [line] = await forward.until(/^\{.*\}\n/);
    const facts = JSON.parse(line) as { port: number; sessionIds: string[] };
    expectSchema('ssm-forward', facts);
    expect(facts.sessionIds).toHaveLength(2);
    const answers = Array.from({ length: 4 }, async () => (await fetch(`http://127.0.0.1:${facts.port}/`)).text());
    expect(await Promise.all(answers)).toEqual([page, page, page, page]);
    forward.kill('SIGINT');
    expect(await forward.ended).toMatchObject({ exitCode: 130 });
    await expect(fetch(`http://127.0.0.1:${facts.port}/`)).rejects.toThrow('fetch failed');
    const state = aws.emulator.sessions
      .filter(({ id }) => facts.sessionIds.includes(id))
      .map((session) => session.state);
    expect(state).toEqual(['Terminated', 'Terminated']);
  });

  test('people see both ends', async () => {
    const args = ['ssm', 'forward', target, '--remote-port', webPort(), '--bind', '127.0.0.1'];
    const forward = hawser.start(args, { env: aws.env });
    const [, port] = await forward.until(/✓ 127\.0\.0\.1:(\d+) → localhost:\d+ at i-0123456789abcdef0\n/);
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe(page);
    forward.kill('SIGTERM');
    expect(await forward.ended).toMatchObject({ exitCode: 143 });
  });

  test('a port that nothing listens on is said on stderr, and the forward stays', async () => {
    const args = ['ssm', 'forward', target, '--remote-port', '1'];
    const forward = hawser.start(args, { env: aws.env });
    const [, port] = await forward.until(/127\.0\.0\.1:(\d+) /);
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow('fetch failed');
    await forward.until(/! i-0123456789abcdef0 could not connect to localhost:1\.\n/, 'stderr');
    forward.kill('SIGHUP');
    expect(await forward.ended).toMatchObject({ exitCode: 129 });
  });

  test('a taken port is said', async () => {
    const args = ['ssm', 'forward', target, '--remote-port', '1', '--local-port', webPort(), '--json'];
    const { json, exitCode } = await hawser.run(args, { env: aws.env });
    expect(json).toMatchObject({ ok: false, error: { code: 'HAWSER_SSM_PORT_IN_USE', exitCode: 1 } });
    expect(exitCode).toBe(1);
  });

  test('a session that is ended from elsewhere ends it: HAWSER_SSM_FORWARD_ENDED', async () => {
    const forward = hawser.start(['ssm', 'forward', target, '--remote-port', webPort(), '--json'], { env: aws.env });
    const [line] = await forward.until(/^\{.*\}\n/);
    const { sessionIds } = JSON.parse(line) as { sessionIds: string[] };
    await terminate(sessionIds[0]);
    const { json, exitCode } = await forward.ended;
    expect(json).toMatchObject({ ok: false, error: { code: 'HAWSER_SSM_FORWARD_ENDED', exitCode: 1 } });
    expect(exitCode).toBe(1);
  });
});

describe('ssm ssh-proxy', () => {
  test('makes stdin and stdout the connection, and says nothing of its own on them', async () => {
    const server = createTcpServer((socket) => {
      socket.write('SSH-2.0-test\r\n');
      socket.on('data', (bytes: Buffer) => socket.end(Buffer.from(bytes.toReversed())));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const port = String((server.address() as AddressInfo).port);
    const proxy = hawser.start(['ssm', 'ssh-proxy', target, '--port', port], { env: aws.env });
    await proxy.until(/SSH-2\.0-test\r\n/);
    proxy.stdin.write('abc');
    const { stdout, stderr, exitCode } = await proxy.ended;
    server.close();
    expect([stdout, stderr, exitCode]).toEqual(['SSH-2.0-test\r\ncba', '', 0]);
  });
});

/** Ends a session as an administrator would. */
async function terminate(sessionId: string | undefined): Promise<void> {
  using api = createAwsApi({ env: aws.env });
  await api.terminateSession(sessionId ?? '', {});
}

/** The session that a command just started. */
async function untilSession(ended: Promise<unknown>): Promise<string> {
  const before = aws.emulator.sessions.length;
  let over = false;
  void ended.then(() => (over = true));
  while (!over) {
    const session = aws.emulator.sessions.slice(before).find(({ clientVersion }) => clientVersion !== undefined);
    if (session) return session.id;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('It ended without a session.');
}
