import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { MessageType, parseChannelClosed, PayloadType } from '@hawser/ssm-channel/codec';
import { startSsmEmulator } from '@hawser/emulators/ssm';
import { clientsFor, startBench } from '../support/emulator.js';
import { GetConnectionStatusCommand } from '@aws-sdk/client-ssm';

const separate = 'AWS-StartNonInteractiveCommand';

describe('the real agent and this one', () => {
  test('paced: waits before it reads, and sends at most 1,024 bytes a message', async () => {
    const bench = await startBench({ agent: { paced: true } });
    const client = await bench.open('AWS-StartInteractiveCommand', { command: 'head -c 5000 /dev/zero | tr "\\0" x' });
    await client.frame(MessageType.ChannelClosed);
    expect(client.data.map(({ payload }) => payload.length)).toEqual([1024, 1024, 1024, 1024, 904]);
  });

  test('unpaced: fills messages as asked', async () => {
    const bench = await startBench({ agent: { payloadBytes: 2000, quirks: false } });
    const client = await bench.open('AWS-StartNonInteractiveCommand', { command: 'head -c 5000 /dev/zero' });
    await client.shakeHands();
    await client.frame(MessageType.ChannelClosed);
    expect(client.data.slice(2).map(({ payload }) => payload.length)).toEqual([2000, 2000, 1000]);
  });

  test('with their quirks lose a tail that looks like half a character; without, they do not', async () => {
    const tail = async (quirks: boolean): Promise<string> => {
      const bench = await startBench({ agent: { quirks } });
      const client = await bench.open('AWS-StartInteractiveCommand', { command: `printf 'ab\\303'` });
      await client.frame(MessageType.ChannelClosed);
      return client.bytes().toString('latin1');
    };
    expect([await tail(true), await tail(false)]).toEqual(['ab', 'ab\xc3']);
  });

  test('repeat the oldest unacknowledged message, and no other', async () => {
    const bench = await startBench();
    const client = await bench.open(
      'AWS-StartInteractiveCommand',
      { command: 'echo a; read x; echo b; read x' },
      { acknowledges: false },
    );
    await client.prints('a\r\n');
    client.send(PayloadType.Output, '\n');
    await client.prints('b\r\n');
    const numbers = (): readonly number[] =>
      client.frames
        .filter(({ messageType }) => messageType === MessageType.OutputStreamData)
        .map(({ sequenceNumber }) => Number(sequenceNumber));
    const first = numbers().length;
    await client.until(() => numbers().length >= first + 3);
    expect(new Set(numbers().slice(first))).toEqual(new Set([0]));
  });

  test('give the last messages of a session a while to be acknowledged, and no longer', async () => {
    const bench = await startBench({ agent: { closeWaitMs: 50 } });
    const client = await bench.open(
      'AWS-StartInteractiveCommand',
      { command: 'echo unheard' },
      { acknowledges: false },
    );
    await client.frame(MessageType.ChannelClosed);
    const types = client.frames.map(({ messageType }) => messageType);
    expect(types.slice(-2)).toEqual([MessageType.AgentSessionState, MessageType.ChannelClosed]);
  });

  test('say what they were sent: bytes and digest, in order, once each', async () => {
    const bench = await startBench();
    const client = await bench.open();
    await client.prints('# ');
    for (const [number, text] of [
      [1, 'b\n'],
      [0, 'a\n'],
      [1, 'b\n'],
      [2, 'c\n'],
    ] as const) {
      client.sendNumbered(number, PayloadType.Output, text);
    }
    await client.acknowledged(2);
    expect(bench.emulator.sessions[0]!.received).toEqual({
      bytes: 6,
      sha256: createHash('sha256').update('a\nb\nc\n').digest('hex'),
    });
  });

  test('drop input that is larger than the test allows, without a word', async () => {
    const bench = await startBench({ agent: { maxInputPayloadBytes: 1024 } });
    const client = await bench.open();
    await client.prints('# ');
    client.sendNumbered(0, PayloadType.Output, Buffer.alloc(1025, '#'));
    client.socket.ping();
    await once(client.socket, 'pong');
    expect(client.frames.some(({ messageType }) => messageType === MessageType.Acknowledge)).toBe(false);
    client.sendNumbered(0, PayloadType.Output, Buffer.alloc(1024, '#'));
    await client.acknowledged(0);
  });

  test('run in the folder and with the variables they were given', async () => {
    const bench = await startBench({ agent: { directory: '/', environment: { HAWSER_TEST: 'given' } } });
    const client = await bench.open('AWS-StartInteractiveCommand', { command: 'pwd; echo "$HAWSER_TEST $TERM"' });
    await client.frame(MessageType.ChannelClosed);
    expect(client.bytes().toString()).toBe('/\r\ngiven xterm-256color\r\n');
  });

  test.each([
    ['a folder', '/', 'fork/exec /: permission denied'],
    ['a file that is not there', '/nowhere/at/all', 'fork/exec /nowhere/at/all: no such file or directory'],
    [
      'an unfinished quote',
      `sh 'x`,
      'Unable to start command: Failed to parse commands input: EOF found when expecting closing quote',
    ],
  ])('tell of %s that is to be run', async (_, command, words) => {
    const bench = await startBench();
    const client = await bench.open(separate, { command, separateOutputStream: 'true' });
    await client.shakeHands();
    await client.frame(MessageType.ChannelClosed);
    expect(client.bytes(PayloadType.StdErr).toString()).toContain(words);
  });

  test('fail a terminal that cannot be had with their words', async () => {
    const bench = await startBench({ agent: { directory: '/nowhere/at/all' } });
    const client = await bench.open();
    const closed = await client.frame(MessageType.ChannelClosed);
    expect(parseChannelClosed(closed.payload).output).toBe(
      '\n----------ERROR-------\nUnable to start command: Failed to start pty: chdir /nowhere/at/all: no such file or directory\n',
    );
  });

  test('serve the documents a test adds', async () => {
    const bench = await startBench({
      documents: [
        {
          name: 'Acme-Greet',
          sessionType: 'InteractiveCommands',
          parameters: { who: { default: 'world', allowedPattern: '^[a-z]+$' } },
          properties: { command: 'echo hello {{ who }}' },
        },
      ],
    });
    const client = await bench.open('Acme-Greet', { who: 'there' });
    await client.frame(MessageType.ChannelClosed);
    expect(client.bytes().toString()).toBe('hello there\r\n');
    await expect(bench.start('Acme-Greet', { who: 'X' })).rejects.toMatchObject({ name: 'InvalidParameters' });
  });
});

describe('an emulator that cannot be started', () => {
  test('says which option is wrong', async () => {
    const wrong = (options: object): Promise<unknown> =>
      expect(startSsmEmulator(options)).rejects.toMatchObject({ code: 'HAWSER_EMULATOR_OPTION', exitCode: 2 });
    await wrong({ targets: [{ id: 'web-1' }] });
    await wrong({ chaos: { lose: 1.5 } });
    await wrong({ chaos: { lose: 0.6, duplicate: 0.6 } });
    await wrong({ agent: { payloadBytes: 0 } });
  });

  test('says that its port is taken', async () => {
    const first = await startBench();
    const port = Number(new URL(first.emulator.endpoint).port);
    await expect(startSsmEmulator({ port })).rejects.toMatchObject({
      code: 'HAWSER_EMULATOR_LISTEN',
      exitCode: 1,
      details: { port },
    });
  });

  test('listens on IPv6 when asked', async () => {
    const { emulator } = await startBench({ host: '::1' });
    expect(emulator.endpoint).toMatch(/^http:\/\/\[::1\]:\d+$/);
    await expect(
      clientsFor(emulator).ssm.send(new GetConnectionStatusCommand({ Target: 'i-1' })),
    ).resolves.toBeDefined();
  });
});
