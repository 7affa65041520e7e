import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { closedPort, echoServer, exchange } from '../support/net.js';
import { plugin, target, World } from '../support/plugin.js';

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const response = '{"SessionId":"s","TokenValue":"t","StreamUrl":"ws://127.0.0.1:1/x"}';
const request = '{"Target":"i-1"}';

/** Observed of the original: words, stdout, exit status. */
test.each([
  [[], '\nThe Session Manager plugin was installed successfully. Use the AWS CLI to start a session.\n\n', 0],
  [['version'], '\nUnknown operation version. \nUse session-manager-plugin --version to check the version.\n\n', 0],
  [['--version'], '1.2.896.0\n', 0],
  [[response, 'us-east-1', 'StopSession', '', request, 'https://x'], 'Invalid Operation', 0],
  [
    ['bad', 'us-east-1', 'StartSession', '', request, 'https://x'],
    "Cannot perform start session: invalid character 'b' looking for beginning of value\n",
    0,
  ],
  [
    ['WRONG_ENV_NAME', 'us-east-1', 'StartSession', '', request, 'https://x'],
    "Cannot perform start session: invalid character 'W' looking for beginning of value\n",
    0,
  ],
  [
    ['AWS_SSM_START_SESSION_RESPONSE', 'us-east-1', 'StartSession', '', request, 'https://x'],
    'Cannot perform start session: unexpected end of JSON input\n',
    0,
  ],
  // The original crashes on these, with status 2.
  [
    [response, 'us-east-1', 'StartSession', '', '{}', 'https://x'],
    'Cannot perform start session: the request must be JSON with a Target\n',
    2,
  ],
  [
    ['{"TokenValue":"t"}', 'us-east-1', 'StartSession', '', request, 'https://x'],
    'Cannot perform start session: sessionId is required, streamUrl is required\n',
    2,
  ],
])('%j prints what the original prints', async (words, stdout, code) => {
  await using run = plugin(words);
  expect(await run.ended).toEqual({ code, signal: null });
  expect(run.text).toBe(stdout);
  expect(run.stderr).toBe('');
});

test('without any word standard input is never touched', async () => {
  await using run = plugin([]);
  // Nothing is written and nothing closed: a plugin that reads would wait.
  expect(await run.ended).toEqual({ code: 0, signal: null });
});

test('the version is what the environment says', async () => {
  await using run = plugin(['--version'], { env: { ...process.env, HAWSER_PLUGIN_VERSION: '1.2.764.0' } });
  await run.ended;
  expect(run.text).toBe('1.2.764.0\n');
});

test('the variable is read, and gone from the environment of what the plugin starts', async () => {
  // A credential process is the one program the plugin may start: it notes down what it sees.
  const seen = join(world.folder, 'seen');
  const config = join(world.folder, 'config');
  await writeFile(config, `[profile spy]\ncredential_process = sh -c 'env > ${seen}; exit 1'\n`);
  const start = await world.session();
  await using run = plugin(
    [
      'AWS_SSM_START_SESSION_RESPONSE_2',
      'us-east-1',
      'StartSession',
      'spy',
      JSON.stringify({ Target: target }),
      world.ssm.endpoint,
    ],
    {
      env: {
        ...world.env,
        AWS_ACCESS_KEY_ID: '',
        AWS_SECRET_ACCESS_KEY: '',
        AWS_CONFIG_FILE: config,
        AWS_SSM_START_SESSION_RESPONSE_2: JSON.stringify(start),
      },
      input: 'exit\n',
    },
  );
  await run.ended;
  expect(run.text).toContain(`\nStarting session with SessionId: ${start.sessionId}\n`);
  const environment = await readFile(seen, 'utf8');
  expect(environment).toContain('AWS_REGION=');
  expect(environment).not.toContain('AWS_SSM_START_SESSION_RESPONSE');
  expect(environment).not.toContain(start.tokenValue);
});

test('a shell prints what the original prints', async () => {
  const start = await world.session();
  await using run = world.dropIn(start);
  await run.shows(/\$ $/);
  run.type('echo hi-$((1+1))\n');
  await run.shows(/hi-2\r\n\$ $/);
  run.type('exit\n');
  expect(await run.ended).toEqual({ code: 0, signal: null });
  expect(run.text).toBe(
    `\nStarting session with SessionId: ${start.sessionId}\n$ echo hi-$((1+1))\r\nhi-2\r\n$ exit\r\n\n\nExiting session with sessionId: ${start.sessionId}.\n\n`,
  );
});

test('the end of input ends a shell after everything it printed', async () => {
  const start = await world.session();
  await using run = world.dropIn(start, { input: 'head -c 200000 /dev/zero | tr "\\0" x; echo; echo all-of-it' });
  expect(await run.ended).toEqual({ code: 0, signal: null });
  expect(run.text.match(/x{1000}/g)?.length).toBe(200);
  expect(run.text).toContain('all-of-it\r\n');
  expect(run.text.endsWith(`\n\nExiting session with sessionId: ${start.sessionId}.\n\n`)).toBe(true);
});

test('SIGINT, SIGQUIT and SIGTSTP go to the far side as bytes', async () => {
  const start = await world.session();
  await using run = world.dropIn(start);
  await run.shows(/\$ $/);
  run.type('stty -isig -icanon; echo rea""dy; od -An -tx1 -N3\n');
  await run.shows(/ready\r\n/);
  for (const [signal, byte] of [
    ['SIGINT', /\^C/],
    ['SIGQUIT', /\^\\/],
    ['SIGTSTP', /\^Z/],
  ] as const) {
    run.child.kill(signal);
    await run.shows(byte);
  }
  await run.shows(/ 03 1c 1a\r\n/);
  run.type('stty sane; exit\n');
  expect(await run.ended).toEqual({ code: 0, signal: null });
});

test('SIGTERM ends a shell session for good, with status 0', async () => {
  const start = await world.session();
  await using run = world.dropIn(start);
  await run.shows(/\$ $/);
  run.child.kill('SIGTERM');
  expect(await run.ended).toEqual({ code: 0, signal: null });
  expect(run.text.endsWith(`\n\nExiting session with sessionId: ${start.sessionId}.\n\n`)).toBe(true);
  expect(world.ssm.calls.some(({ operation, input }) => operation === 'TerminateSession' && isOf(input, start))).toBe(
    true,
  );
});

test('a command with separate output prints error output and exit code among the output, and ends with 0', async () => {
  const start = await world.session('AWS-StartNonInteractiveCommand', {
    command: "sh -c 'echo out; echo err >&2; exit 7'",
    separateOutputStream: 'true',
  });
  await using run = world.dropIn(start);
  expect(await run.ended).toEqual({ code: 0, signal: null });
  expect(run.text).toMatch(/^\nStarting session with SessionId: \S+\n/);
  for (const part of ['out\n', 'err\n', 'EXIT_CODE: 7']) expect(run.text).toContain(part);
  expect(run.stderr).toBe('');
});

test('asked to by the environment, the remote exit code is ours and the streams stay apart', async () => {
  const start = await world.session('AWS-StartNonInteractiveCommand', {
    command: "sh -c 'echo out; echo err >&2; exit 7'",
    separateOutputStream: 'true',
  });
  await using run = world.dropIn(start, { env: { HAWSER_PLUGIN_EXIT_CODE: 'remote', HAWSER_PLUGIN_QUIET: '1' } });
  expect(await run.ended).toEqual({ code: 7, signal: null });
  expect(run.text).toBe('out\n');
  expect(run.stderr).toBe('err\n');
});

test('a session that cannot begin says so on stdout and ends with 0, or with 125 when exit codes are asked for', async () => {
  await using strict = await World.start({ refuse: { ResumeSession: 'AccessDeniedException' } });
  for (const [env, code] of [
    [{}, 0],
    [{ HAWSER_PLUGIN_EXIT_CODE: 'remote' }, 125],
    [{ SSM_PLUGIN_SKIP_CLIENT_CONFIGURE: 'true' }, 0],
  ] as const) {
    const start = await strict.session();
    await using run = strict.dropIn({ ...start, tokenValue: 'a-wrong-token' }, { env });
    expect(await run.ended).toEqual({ code, signal: null });
    expect(run.text).toMatch(/\nCannot perform start session: .+\n$/);
    expect(run.text + run.stderr).not.toContain('a-wrong-token');
  }
});

test('what the service wrote when it closed the channel is shown as the original shows it', async () => {
  const start = await world.session('AWS-StartSSHSession', { portNumber: String(await closedPort()) });
  await using run = world.dropIn(start);
  expect(await run.ended).toEqual({ code: 0, signal: null });
  expect(run.text).toMatch(
    new RegExp(`\\n\\nSessionId: ${start.sessionId} : [^]*Unable to connect to specified port[^]*\\n\\n$`),
  );
});

test('a forwarded port prints what the original prints, and a signal ends it', async () => {
  await using page = await echoServer();
  const start = await world.session('AWS-StartPortForwardingSession', {
    portNumber: String(page.port),
    localPortNumber: '0',
  });
  const id = start.sessionId;
  await using run = world.dropIn(start);
  const [, port] = await run.shows(/Port (\d+) opened for sessionId \S+\.\nWaiting for connections\.\.\.\n/);
  for (const words of ['first', 'second']) expect(await exchange(Number(port), words)).toBe(words);
  await run.shows(/Connection accepted/);
  run.child.kill('SIGINT');
  expect(await run.ended).toEqual({ code: 0, signal: null });
  expect(run.text).toBe(
    `\nStarting session with SessionId: ${id}\nPort ${port} opened for sessionId ${id}.\nWaiting for connections...\n\nConnection accepted for session [${id}]\nTerminate signal received, exiting.\n\n\nExiting session with sessionId: ${id}.\n\n`,
  );
});

test.each(['SIGQUIT', 'SIGTSTP', 'SIGTERM', 'SIGHUP'] as const)('%s ends a forwarded port too', async (signal) => {
  const start = await world.session('AWS-StartPortForwardingSession', { portNumber: '9', localPortNumber: '0' });
  await using run = world.dropIn(start);
  await run.shows(/Waiting for connections/);
  run.child.kill(signal);
  expect(await run.ended).toEqual({ code: 0, signal: null });
});

test('a destination that refuses is said once per connection, and the port stays open', async () => {
  const start = await world.session('AWS-StartPortForwardingSession', {
    portNumber: String(await closedPort()),
    localPortNumber: '0',
  });
  await using run = world.dropIn(start);
  const [, port] = await run.shows(/Port (\d+) opened/);
  const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined);
  await new Promise((closed) => socket.once('close', closed));
  await run.shows(/\nConnection to destination port failed, check SSM Agent logs\.\n/);
  run.child.kill('SIGTERM');
  expect(await run.ended).toEqual({ code: 0, signal: null });
});

test('a taken local port is named', async () => {
  await using taken = await echoServer();
  const start = await world.session('AWS-StartPortForwardingSession', {
    portNumber: '9',
    localPortNumber: String(taken.port),
  });
  await using run = world.dropIn(start);
  expect(await run.ended).toEqual({ code: 0, signal: null });
  expect(run.text).toMatch(/\nCannot perform start session: .*address already in use/);
});

test('an old agent serves a port one connection at a time, with the texts of that mode', async () => {
  await using old = await World.start({ agent: { version: '3.0.196.0' } });
  await using page = await echoServer();
  const start = await old.session('AWS-StartPortForwardingSession', {
    portNumber: String(page.port),
    localPortNumber: '0',
  });
  const id = start.sessionId;
  await using run = old.dropIn(start);
  const [, port] = await run.shows(/Port (\d+) opened for sessionId \S+\.\n/);
  expect(await exchange(Number(port), 'ping')).toBe('ping');
  run.child.kill('SIGINT');
  await run.ended;
  expect(run.text).toBe(
    `\nStarting session with SessionId: ${id}\nPort ${port} opened for sessionId ${id}.\nConnection accepted for session ${id}.\nTerminate signal received, exiting.\n\n\nExiting session with sessionId: ${id}.\n\n`,
  );
});

test('one byte stream passes unchanged both ways, lone newlines included', async () => {
  await using echo = await echoServer();
  const start = await world.session('AWS-StartSSHSession', { portNumber: String(echo.port) });
  await using run = world.dropIn(start, { env: { HAWSER_PLUGIN_QUIET: '1' } });
  run.type('\n');
  await run.shows(/\n/);
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7 + (index >> 8)) & 0xff));
  run.child.stdin.write(bytes);
  await run.until(() => run.stdout.length > bytes.length || undefined, 'sending everything back');
  run.child.stdin.end();
  expect(await run.ended).toEqual({ code: 0, signal: null });
  expect(run.stdout.equals(Buffer.concat([Buffer.from('\n'), bytes]))).toBe(true);
});

test('told to skip AWS, nothing is signed and nothing asked', async () => {
  const start = await world.session();
  const before = world.ssm.calls.length;
  await using run = world.dropIn(start, { env: { SSM_PLUGIN_SKIP_CLIENT_CONFIGURE: 'true' } });
  await run.shows(/\$ $/);
  run.child.kill('SIGTERM');
  await run.ended;
  expect(world.ssm.sessions.find(({ id }) => id === start.sessionId)?.signature).toBe('none');
  expect(world.ssm.calls.slice(before).map(({ operation }) => operation)).not.toContain('TerminateSession');
});

test('a cut link is resumed and typing goes on', async () => {
  const start = await world.session();
  await using run = world.dropIn(start);
  await run.shows(/\$ $/);
  world.ssm.gateway.cut(start.sessionId);
  run.type('echo still-$((1+1))\n');
  await run.shows(/still-2\r\n/);
  run.type('exit\n');
  expect(await run.ended).toEqual({ code: 0, signal: null });
  expect(world.ssm.calls.some(({ operation, input }) => operation === 'ResumeSession' && isOf(input, start))).toBe(
    true,
  );
});

test('a session the service has no token for any more timed out', async () => {
  await using gone = await World.start({ refuse: { ResumeSession: 'DoesNotExistException' } });
  const start = await gone.session();
  await using run = gone.dropIn(start);
  await run.shows(/\$ $/);
  gone.ssm.gateway.cut(start.sessionId);
  expect(await run.ended).toEqual({ code: 0, signal: null });
  expect(run.text.endsWith(`Session: ${start.sessionId} timed out.\n`)).toBe(true);
});

test('a caller too old for encryption is told so by the agent', async () => {
  await using sealed = await World.start({ agent: { kms: { keyId: 'alias/sealed' } } });
  const start = await sealed.session();
  const json = JSON.stringify(start);
  await using old = plugin([json, 'us-east-1', 'StartSession'], { env: sealed.env });
  await old.ended;
  expect(old.text).toContain('Installed version of CLI does not support Session Manager encryption feature.');
});

test('an encrypted session says so and works', async () => {
  await using sealed = await World.start({ agent: { kms: { keyId: 'alias/sealed', challenge: 'required' } } });
  const start = await sealed.session();
  await using run = sealed.dropIn(start);
  await run.shows(/This session is encrypted using AWS KMS\.\n/);
  await run.shows(/\$ $/);
  run.type('exit\n');
  expect(await run.ended).toEqual({ code: 0, signal: null });
});

function isOf(input: unknown, { sessionId }: { readonly sessionId: string }): boolean {
  return (input as { SessionId?: string }).SessionId === sessionId;
}
