import { once } from 'node:events';
import { type AddressInfo, type Socket, createServer } from 'node:net';
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createStreamType, openSession } from '../../src/session/open.js';
import { TARGET, type World, digest, openWorld, readUntil, sha256, text } from '../support/world.js';

describe('sessions', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  test('a shell runs what is typed, and ends when it exits', async () => {
    const shell = await world.open();
    shell.stdin.write('echo sum-$((20+22)); exit\n');
    expect(await text(shell.stdout)).toContain('sum-42');
    expect(await shell.ended).toMatchObject({ reason: 'exited', output: '' });
    expect(shell.facts).toMatchObject({ sessionType: 'Standard_Stream', encrypted: false });
  });

  test('the far terminal has the size we say, and learns of every change', async () => {
    const shell = await world.open();
    shell.resize({ columns: 101, rows: 33 });
    shell.stdin.write('stty size\n');
    expect(await readUntil(shell.stdout, '33 101')).toContain('stty size');
    shell.resize({ columns: 77, rows: 22 });
    shell.stdin.write('stty size\n');
    await readUntil(shell.stdout, '22 77');
    await shell.terminate();
  });

  test('the end of standard input does not cut the output short', async () => {
    const shell = await world.open();
    shell.stdin.end('stty -echo; PS1=; seq 1 20000\n');
    const printed = await text(shell.stdout);
    expect(printed.match(/^\d+\r$/gm)).toHaveLength(20_000);
    expect((await shell.ended).reason).toBe('exited');
  });

  test('the end of standard input in the middle of a line still ends a reader', async () => {
    const shell = await world.open('AWS-StartInteractiveCommand', {
      command: [`sh -c 'echo ready; stty -echo; cat; echo over'`],
    });
    await readUntil(shell.stdout, 'ready');
    shell.stdin.end('no newline');
    expect(await text(shell.stdout)).toMatch(/no newline\r\nover/);
  });

  test('a command gives stdout and stderr apart, and its true exit code', async () => {
    const command = await world.run(`sh -c 'echo to-out; echo to-err >&2; exit 7'`);
    const [out, err] = await Promise.all([text(command.stdout), text(command.stderr)]);
    expect({ out, err }).toEqual({ out: 'to-out\n', err: 'to-err\n' });
    expect(await command.ended).toMatchObject({ reason: 'exited', exitCode: 7 });
  });

  test('a command that cannot be started says why, though its exit code comes first', async () => {
    const command = await world.run('no-such-command-here');
    const [out, err] = await Promise.all([text(command.stdout), text(command.stderr)]);
    expect(out).toBe('');
    expect(err).toContain('no-such-command-here');
    expect(await command.ended).toMatchObject({ exitCode: 1 });
  });

  test('8 MiB of output arrive byte for byte', async () => {
    const command = await world.run(`sh -c 'seq 1 1200000'`);
    command.stderr.resume();
    const expected = Array.from({ length: 1_200_000 }, (_, index) => `${index + 1}\n`).join('');
    expect(await digest(command.stdout)).toEqual({ bytes: expected.length, sha256: sha256(Buffer.from(expected)) });
  });

  test('a session of an interactive command without a prompt can be silent to its end', async () => {
    const session = await world.open('AWS-StartInteractiveCommand', { command: ['true'] });
    expect(await text(session.stdout)).toBe('');
    expect(await session.ended).toMatchObject({ reason: 'exited' });
  });

  test('an SSH session is one clean byte stream both ways, single line feeds included', async () => {
    const echo = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
    await once(echo, 'listening');
    const session = await world.open('AWS-StartSSHSession', {
      portNumber: [String((echo.address() as AddressInfo).port)],
    });
    const sent = randomBytes(2_000_000);
    const received = (async () => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      for await (const chunk of session.stdout) {
        chunks.push(chunk as Buffer);
        bytes += (chunk as Buffer).length;
        if (bytes === 1 + sent.length) break;
      }
      return Buffer.concat(chunks);
    })();
    session.stdin.write(Buffer.from([0x0a]));
    session.stdin.write(sent);
    const back = await received;
    expect(back[0]).toBe(0x0a);
    expect(sha256(back.subarray(1))).toBe(sha256(sent));
    session.stdin.end();
    expect((await session.ended).reason).toBe('exited');
    echo.close();
  });

  test('what was written before the end of input reaches the destination of an SSH session', async () => {
    const sent = randomBytes(3_000_000);
    const sink = createServer().listen(0, '127.0.0.1');
    const dialled = once(sink, 'connection') as Promise<[Socket]>;
    await once(sink, 'listening');
    const session = await world.open('AWS-StartSSHSession', {
      portNumber: [String((sink.address() as AddressInfo).port)],
    });
    session.stdout.resume();
    const [socket] = await dialled;
    session.stdin.end(sent);
    expect(await digest(socket)).toEqual({ bytes: sent.length, sha256: sha256(sent) });
    sink.close();
  });

  test('many sessions live in one process without knowing of each other', async () => {
    const commands = await Promise.all(
      Array.from({ length: 8 }, (_, index) => world.run(`sh -c 'seq 1 ${1000 + index}; exit ${index}'`)),
    );
    const results = await Promise.all(
      commands.map(async (command) => {
        command.stderr.resume();
        return { lines: (await text(command.stdout)).split('\n').length - 1, exitCode: (await command.ended).exitCode };
      }),
    );
    expect(results).toEqual(commands.map((_, index) => ({ lines: 1000 + index, exitCode: index })));
  });

  test('terminate ends a running command for good', async () => {
    const command = await world.run('sleep 600');
    command.stdout.resume();
    command.stderr.resume();
    expect(await command.terminate()).toMatchObject({ reason: 'terminated' });
    expect(world.emulator.calls.filter((call) => call.operation === 'TerminateSession').length).toBeGreaterThan(0);
    expect(world.emulator.sessions.find((session) => session.id === command.sessionId)?.state).toBe('Terminated');
  });

  test('an aborted signal ends a live session, and refuses one that is being opened', async () => {
    const live = new AbortController();
    const shell = await openSession({
      start: await world.start(),
      api: world.api,
      target: TARGET,
      signal: live.signal,
    });
    live.abort();
    expect(await shell.ended).toMatchObject({ reason: 'terminated' });
    const start = await world.start();
    const reason = new Error('changed my mind');
    await expect(openSession({ start, api: world.api, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const during = new AbortController();
    const opening = openSession({ start: await world.start(), api: world.api, signal: during.signal });
    during.abort(reason);
    await expect(opening).rejects.toBe(reason);
  });

  test('the websocket upgrade is signed, and the current version is reported', async () => {
    const command = await world.run('true');
    command.stdout.resume();
    command.stderr.resume();
    await command.ended;
    const seen = world.emulator.sessions.find((session) => session.id === command.sessionId);
    expect(seen).toMatchObject({ signature: 'valid', clientVersion: expect.stringMatching(/^1\.2\.\d{3,}\.\d+$/) });
  });

  test('a session type nobody serves is refused with words', async () => {
    await expect(
      openSession({
        start: await world.start('AWS-StartNonInteractiveCommand', {
          command: ['true'],
          separateOutputStream: ['true'],
        }),
        api: world.api,
        types: [createStreamType('Standard_Stream', { inputEnd: 'eot' })],
      }),
    ).rejects.toMatchObject({
      code: 'HAWSER_SSM_HANDSHAKE_REFUSED',
      message: expect.stringContaining('Unknown session type NonInteractiveCommands'),
    });
  });

  test("a session type of one's own is served by one's own handler", async () => {
    const { openDataChannel } = await import('../../src/session/data-channel.js');
    const seen: string[] = [];
    const channel = await openDataChannel({
      start: await world.start('AWS-StartNonInteractiveCommand', {
        command: ['echo mine'],
        separateOutputStream: ['true'],
      }),
      api: world.api,
      types: [
        {
          name: 'NonInteractiveCommands',
          serve: (data) => ({
            served: data,
            handler: {
              deliver(kind, bytes) {
                seen.push(`${kind}:${bytes.toString()}`);
                data.delivered(bytes.length);
              },
            },
          }),
        },
      ],
    });
    expect(await channel.ended).toMatchObject({ exitCode: 0 });
    expect(seen).toContain('output:mine\n');
  });
});

describe('encrypted sessions', () => {
  let world: World | undefined;
  afterEach(() => world?.close());

  for (const challenge of ['none', 'offered', 'required'] as const) {
    test(`a shell is encrypted with a KMS data key, random challenge ${challenge}`, async () => {
      world = await openWorld({
        agent: { kms: { keyId: 'arn:aws:kms:us-east-1:111122223333:key/hawser', challenge } },
      });
      const shell = await world.open();
      expect(shell.facts).toMatchObject({
        encrypted: true,
        customerMessage: 'This session is encrypted using AWS KMS.',
      });
      shell.stdin.write('echo secret-$((1+1)); exit\n');
      expect(await text(shell.stdout)).toContain('secret-2');
      const call = world.emulator.calls.find((one) => one.operation === 'GenerateDataKey');
      expect(call?.input).toMatchObject({
        NumberOfBytes: 64,
        EncryptionContext: { 'aws:ssm:SessionId': shell.sessionId, 'aws:ssm:TargetId': TARGET },
      });
      expect(JSON.stringify(call?.input).includes('aws:ssm:RandomChallenge')).toBe(challenge !== 'none');
    });
  }

  test('a command is encrypted too, exit code and stderr included', async () => {
    world = await openWorld({ agent: { kms: { keyId: 'arn:aws:kms:us-east-1:111122223333:key/hawser' } } });
    const command = await world.run(`sh -c 'echo a; echo b >&2; exit 3'`);
    const [out, err] = await Promise.all([text(command.stdout), text(command.stderr)]);
    expect({ out, err, end: await command.ended }).toMatchObject({ out: 'a\n', err: 'b\n', end: { exitCode: 3 } });
  });

  test('a caller without kms:GenerateDataKey is told so', async () => {
    world = await openWorld({
      agent: { kms: { keyId: 'arn:aws:kms:us-east-1:111122223333:key/hawser' } },
      refuse: { GenerateDataKey: 'AccessDeniedException' },
    });
    await expect(world.open()).rejects.toMatchObject({
      code: 'HAWSER_SSM_KMS_DENIED',
      hint: expect.stringContaining('kms:GenerateDataKey'),
    });
  });
});
