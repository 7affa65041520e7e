import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Terminal } from '../../../../test/support/terminal.js';
import { echoServer, exchange } from '../support/net.js';
import { bin, plugin, sessionOptions, target, World } from '../support/plugin.js';
import { stubGateway } from '../support/stub-gateway.js';

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const failingCommand = { command: "sh -c 'echo out; echo err >&2; exit 7'", separateOutputStream: 'true' };

test('every missing field is named at once, and the exit code is 2', async () => {
  await using run = plugin(['--region', 'us-east-1'], { input: '' });
  expect(await run.ended).toEqual({ code: 2, signal: null });
  expect(run.text).toBe('');
  expect(run.stderr).toBe(
    ['sessionId', 'streamUrl', 'tokenValue']
      .map((name) => `session-manager-plugin: Validation error: ${name} is required\n`)
      .join(''),
  );
});

test.each([
  [
    ['--session-id', 's', '--stream-url', 'https://x', '--token-value', 't'],
    'streamUrl must be a WebSocket URL (ws:// or wss://)',
  ],
  [
    ['--session-id', 's', '--stream-url', 'ws://x', '--token-value', 't', '--parameters', '{'],
    'Invalid parameters JSON: unexpected end of JSON input',
  ],
  [
    ['--session-id', 's', '--stream-url', 'ws://x', '--token-value', 't', '--session-type', 'Port'],
    'Port session missing portNumber parameter',
  ],
  [
    ['--session-id', 's', '--stream-url', 'ws://x', '--token-value', 't', '--session-type', 'X'],
    'Unsupported session type: X',
  ],
  [['--verbose', '--bogus'], 'Unknown option: --bogus'],
  [['{"sessionId":"s"'], 'Error parsing JSON input: unexpected end of JSON input'],
])('%j is invalid: exit code 2 and why', async (words, why) => {
  await using run = plugin(words);
  expect(await run.ended).toEqual({ code: 2, signal: null });
  expect(run.stderr).toContain(`Validation error: ${why}\n`);
});

test('--help prints the options on stdout', async () => {
  for (const option of ['--help', '-h']) {
    await using run = plugin([option]);
    expect(await run.ended).toEqual({ code: 0, signal: null });
    expect(run.text).toContain('--stream-url URL');
  }
});

test('a session by options runs to its end, with exit code 0', async () => {
  const start = await world.session();
  await using run = world.own(sessionOptions(start), { input: 'echo hi-$((1+1))\nexit\n' });
  expect(await run.ended).toEqual({ code: 0, signal: null });
  expect(run.text).toContain('hi-2\r\n');
  expect(run.text).toContain(`Exiting session with sessionId: ${start.sessionId}.`);
  expect(run.stderr).toBe('');
});

test('the response as sole argument does the same', async () => {
  const start = await world.session();
  await using run = world.own([JSON.stringify(start)], { input: 'echo hi-$((1+1))\n' });
  expect(await run.ended).toEqual({ code: 0, signal: null });
  expect(run.text).toContain('hi-2\r\n');
});

test.each([[['-']], [['--verbose']]])(
  'with %j the response is read from standard input, and the rest is the session’s',
  async (words) => {
    const start = await world.session();
    await using run = world.own(words, { input: `${JSON.stringify({ ...start, target })}\necho hi-$((1+1))\n` });
    expect(await run.ended).toEqual({ code: 0, signal: null });
    expect(run.text).toContain('hi-2\r\n');
  },
);

test('standard input that cannot be read is named', () => {
  const unreadable = openSync(join(world.folder, 'unreadable'), 'w');
  try {
    const { status, stderr } = spawnSync(process.execPath, [bin, '-'], {
      stdio: [unreadable, 'pipe', 'pipe'],
      encoding: 'utf8',
    });
    expect(status).toBe(2);
    expect(stderr).toContain('Validation error: Standard input cannot be read: EBADF');
  } finally {
    closeSync(unreadable);
  }
});

test('wrong words and missing fields are named together, unless standard input has yet to tell', async () => {
  await using told = plugin(['--session-id', 's', '--bogus']);
  await told.ended;
  expect(told.stderr.match(/Validation error: .+/g)).toEqual([
    'Validation error: Unknown option: --bogus',
    'Validation error: streamUrl is required',
    'Validation error: tokenValue is required',
  ]);
  await using untold = plugin(['--verbose', '--bogus']);
  await untold.ended;
  expect(untold.stderr.match(/Validation error: .+/g)).toEqual(['Validation error: Unknown option: --bogus']);
});

test('with part of the session in options, standard input is not waited for', async () => {
  await using run = plugin(['--session-id', 's']);
  // Standard input stays open: a plugin that reads it would wait.
  expect(await run.ended).toEqual({ code: 2, signal: null });
  expect(run.stderr).toContain('streamUrl is required');
});

test('at a terminal, options that name no session name what is missing instead of waiting', async () => {
  using terminal = new Terminal('sh', ['-c', '"$0" "$1" --verbose; echo "code=$?."; read _', process.execPath, bin], {
    env: world.env,
  });
  await terminal.shows(/sessionId is required/);
  expect((await terminal.shows(/code=(\d+)\./))[1]).toBe('2');
});

test('options come before members of the JSON', async () => {
  const start = await world.session();
  await using run = world.own([JSON.stringify({ ...start, tokenValue: 'stale' }), '--token-value', start.tokenValue], {
    input: 'exit\n',
  });
  expect(await run.ended).toEqual({ code: 0, signal: null });
  expect(world.ssm.calls.filter(({ operation }) => operation === 'ResumeSession')).toEqual([]);
});

test('a session that fails ends with 1, or with 125 when the remote exit code is asked for', async () => {
  await using strict = await World.start({ refuse: { ResumeSession: 'AccessDeniedException' } });
  for (const [flags, code] of [
    [[], 1],
    [['--exit-code'], 125],
  ] as const) {
    const start = await strict.session();
    await using run = strict.own([...sessionOptions({ ...start, tokenValue: 'a-wrong-token' }), ...flags]);
    expect(await run.ended).toEqual({ code, signal: null });
    expect(run.stderr).toMatch(/^session-manager-plugin: Cannot perform start session: .+\n$/m);
    expect(run.text + run.stderr).not.toContain('a-wrong-token');
  }
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends a shell gracefully, with 130', async (signal) => {
  const start = await world.session();
  await using run = world.own(sessionOptions(start));
  await run.shows(/\$ $/);
  run.child.kill(signal);
  expect(await run.ended).toEqual({ code: 130, signal: null });
  expect(run.text).toContain(`Exiting session with sessionId: ${start.sessionId}.`);
  expect(world.ssm.sessions.find(({ id }) => id === start.sessionId)?.state).toBe('Terminated');
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends a forwarded port gracefully, with 130', async (signal) => {
  const start = await world.session('AWS-StartPortForwardingSession', { portNumber: '9', localPortNumber: '0' });
  await using run = world.own(sessionOptions(start));
  await run.shows(/Waiting for connections/);
  run.child.kill(signal);
  expect(await run.ended).toEqual({ code: 130, signal: null });
  expect(run.text).toContain('Terminate signal received, exiting.\n');
});

test('a signal before the session is open ends the plugin too', async () => {
  await using gateway = await stubGateway();
  await using run = plugin(sessionOptions(gateway.start), {
    env: { ...world.env, AWS_ENDPOINT_URL: world.ssm.endpoint },
  });
  await gateway.opened;
  run.child.kill('SIGINT');
  expect(await run.ended).toEqual({ code: 130, signal: null });
});

test('--client-id is the id the service hears, and a fresh one without it', async () => {
  for (const [words, id] of [
    [['--client-id', 'our-client'], /^our-client$/],
    [[], /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/],
  ] as const) {
    await using gateway = await stubGateway();
    await using run = plugin([...sessionOptions(gateway.start), ...words], { env: world.env });
    const { message } = await gateway.opened;
    expect(run.text).toContain('Starting session');
    expect(message['ClientId']).toMatch(id);
    expect(message).toMatchObject({ TokenValue: 'a-token', ClientVersion: '1.2.896.0' });
  }
});

test('the version stated to the service is configurable', async () => {
  await using gateway = await stubGateway();
  await using run = plugin(sessionOptions(gateway.start), {
    env: { ...world.env, HAWSER_PLUGIN_VERSION: '1.2.764.0' },
  });
  expect((await gateway.opened).message['ClientVersion']).toBe('1.2.764.0');
  expect(run.stderr).toBe('');
});

test('--profile and --region say who signs and for where', async () => {
  const credentials = join(world.folder, 'credentials');
  await writeFile(
    credentials,
    '[other]\naws_access_key_id = AKIAOTHERPROFILE0000\naws_secret_access_key = other-secret\n',
  );
  await using gateway = await stubGateway();
  await using run = plugin([...sessionOptions(gateway.start), '--profile', 'other', '--region', 'eu-north-1'], {
    env: { ...world.env, AWS_SHARED_CREDENTIALS_FILE: credentials },
  });
  const { headers } = await gateway.opened;
  expect(run.stderr).toBe('');
  expect(headers.authorization).toMatch(
    /Credential=AKIAOTHERPROFILE0000\/\d{8}\/eu-north-1\/ssmmessages\/aws4_request/,
  );
});

test('--endpoint-url is where a session is resumed', async () => {
  const start = await world.session();
  await using run = world.own([...sessionOptions(start), '--endpoint-url', world.ssm.endpoint], {
    env: { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' },
  });
  await run.shows(/\$ $/);
  world.ssm.gateway.cut(start.sessionId);
  run.type('echo back-$((1+1))\nexit\n');
  await run.shows(/back-2\r\n/);
  expect(await run.ended).toEqual({ code: 0, signal: null });
});

test('--target is part of the encryption context', async () => {
  await using sealed = await World.start({ agent: { kms: { keyId: 'alias/sealed' } } });
  const start = await sealed.session();
  await using run = sealed.own([...sessionOptions(start), '--target', target], { input: 'exit\n' });
  expect(await run.ended).toEqual({ code: 0, signal: null });
  expect(sealed.ssm.calls.find(({ operation }) => operation === 'GenerateDataKey')?.input).toMatchObject({
    EncryptionContext: { 'aws:ssm:TargetId': target, 'aws:ssm:SessionId': start.sessionId },
  });
});

test.each([
  [['--session-type', 'NonInteractiveCommands'], 'NonInteractiveCommands'],
  [['--document-name', 'AWS-StartSSHSession'], 'Port'],
])('%j refuses a session of another type', async (words, expected) => {
  const start = await world.session();
  await using run = world.own([...sessionOptions(start), ...words]);
  expect(await run.ended).toEqual({ code: 1, signal: null });
  expect(run.stderr).toContain(`the session is of type Standard_Stream, and ${expected} was expected`);
  expect(world.ssm.sessions.find(({ id }) => id === start.sessionId)?.state).toBe('Terminated');
});

test.each([
  [['--session-type', 'InteractiveCommands']],
  [['--document-name', 'SSM-SessionManagerRunShell']],
  [['--document-name', 'Our-Own-Document']],
])('%j takes a shell', async (words) => {
  const start = await world.session();
  await using run = world.own([...sessionOptions(start), ...words], { input: 'exit\n' });
  expect(await run.ended).toEqual({ code: 0, signal: null });
});

test('localPortNumber among --parameters is where the port is opened', async () => {
  await using echo = await echoServer();
  const free = await (async () => {
    await using other = await echoServer();
    return other.port;
  })();
  const start = await world.session('AWS-StartPortForwardingSession', {
    portNumber: String(echo.port),
    localPortNumber: '0',
  });
  const parameters = JSON.stringify({ portNumber: [String(echo.port)], localPortNumber: [String(free)] });
  await using run = world.own([...sessionOptions(start), '--session-type', 'Port', '--parameters', parameters]);
  await run.shows(new RegExp(`Port ${free} opened`));
  expect(await exchange(free, 'through')).toBe('through');
});

test('--verbose tells what happens in detail, and keeps the token to itself', async () => {
  const start = await world.session();
  await using run = world.own([...sessionOptions(start), '-v'], { input: 'exit\n' });
  expect(await run.ended).toEqual({ code: 0, signal: null });
  expect(run.stderr).toContain(`Session ${start.sessionId} is of type Standard_Stream`);
  expect(run.stderr).not.toContain(start.tokenValue);
});

test('--log-file makes its folder and is written to, in more detail when verbose', async () => {
  const lengths: number[] = [];
  for (const flags of [[], ['--verbose']]) {
    const file = join(world.folder, `logs-${flags.length}`, 'deep', 'plugin.log');
    await using sealed = await World.start();
    const start = await sealed.session();
    await using run = sealed.own([...sessionOptions(start), '--log-file', file, ...flags]);
    await run.shows(/\$ $/);
    sealed.ssm.gateway.cut(start.sessionId);
    run.type('echo on-$((1+1))\nexit\n');
    await run.ended;
    const log = await readFile(file, 'utf8');
    expect(log).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} INFO Starting session/m);
    expect(log).toMatch(/ WARN The link is resuming/);
    expect(log).not.toContain(start.tokenValue);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    lengths.push(log.length);
  }
  expect(lengths.length).toBe(2);
});

test('a failing validation is in the log file as well', async () => {
  const file = join(world.folder, 'invalid', 'plugin.log');
  await using run = plugin(['--session-id', 's', '--log-file', file]);
  await run.ended;
  expect(await readFile(file, 'utf8')).toMatch(/ ERROR Validation error: tokenValue is required\n/);
});

test('--quiet leaves nothing but the session’s bytes on stdout', async () => {
  const start = await world.session('AWS-StartNonInteractiveCommand', failingCommand);
  await using run = world.own([...sessionOptions(start), '--quiet']);
  expect(await run.ended).toEqual({ code: 0, signal: null });
  expect(run.text).toBe('out\n');
  expect(run.stderr).toBe('err\n');
});

test('--exit-code ends with the remote exit code', async () => {
  const start = await world.session('AWS-StartNonInteractiveCommand', failingCommand);
  await using run = world.own([...sessionOptions(start), '--exit-code']);
  expect(await run.ended).toEqual({ code: 7, signal: null });
  expect(run.text).not.toContain('EXIT_CODE');
});

test('a terminal is raw during a shell, ~. ends it, and the terminal is as before', async () => {
  const start = await world.session();
  const script = 'before=$(stty -g); "$0" "$@"; echo "code=$?."; [ "$before" = "$(stty -g)" ] && echo sa""me; read _';
  using terminal = new Terminal('sh', ['-c', script, process.execPath, bin, ...sessionOptions(start)], {
    env: world.env,
    size: { columns: 93, rows: 31 },
  });
  await terminal.shows(/\$ $/);
  terminal.type('stty size\r');
  await terminal.shows(/31 93\r\n/);
  // Until a program is in front and answers, a shell may keep a Ctrl-C for itself.
  terminal.type('cat\rhere\r');
  await terminal.shows(/here\r\n[^]*here\r\n/);
  terminal.type('\x03');
  await terminal.shows(/\^C[^]*\$ $/);
  // Keys may overtake a change of the window: the far side is to say when it comes.
  terminal.type(`sh -c 'trap "stty size" WINCH; sleep 1000 & echo wait""ing; wait; kill $!'\r`);
  await terminal.shows(/waiting\r\n/);
  terminal.resize({ columns: 70, rows: 20 });
  await terminal.shows(/20 70\r\n/);
  terminal.type('\r~.');
  expect((await terminal.shows(/code=(\d+)\./))[1]).toBe('0');
  await terminal.shows(/same/);
  expect(world.ssm.sessions.find(({ id }) => id === start.sessionId)?.state).toBe('Terminated');
});
