import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { GetConnectionStatusCommand, ResumeSessionCommand, TerminateSessionCommand } from '@aws-sdk/client-ssm';
import {
  decodeMessage,
  encodeAgentSessionState,
  encodeMessage,
  encodeOpenDataChannel,
  MessageType,
  parseChannelClosed,
  PayloadType,
} from '@hawser/ssm-channel/codec';
import WebSocket from 'ws';
import { startBench, type Bench } from '../support/emulator.js';
import type { RawClient } from '../support/raw-client.js';
import { signUpgrade, type SignUpgradeOptions } from '../support/sign-upgrade.js';

async function openShell(bench: Bench): Promise<{ client: RawClient; sessionId: string }> {
  const grant = await bench.start();
  const client = await bench.connect(grant);
  await client.prints('# ');
  return { client, sessionId: grant.SessionId! };
}

const upgradeStatus = (socket: WebSocket): Promise<number> =>
  new Promise((resolve, reject) => {
    socket.once('unexpected-response', (request, response) => {
      request.destroy();
      resolve(response.statusCode ?? 0);
    });
    socket.once('open', () => reject(new Error('The upgrade was not refused.')));
    socket.once('error', () => {});
  });

describe('opening a data channel', () => {
  test('accepts a signed upgrade, and says so', async () => {
    const bench = await startBench();
    const grant = await bench.start();
    const client = await bench.connect(grant, { headers: await signUpgrade(bench, grant.StreamUrl!) });
    await client.prints('# ');
    expect(bench.emulator.sessions[0]!.signature).toBe('valid');
  });

  test.each<[string, SignUpgradeOptions, (url: string) => string]>([
    ['a wrong secret', { secret: 'wrong' }, String],
    ['another service', { service: 'ssm' }, String],
    ['an old date', { dateMs: Date.now() - 600_000 }, String],
    ['a query that was changed afterwards', {}, (url) => url.replace('cell-number=', 'cell-number=x')],
  ])('refuses an upgrade signed with %s', async (_, options, change) => {
    const bench = await startBench();
    const grant = await bench.start();
    const headers = await signUpgrade(bench, grant.StreamUrl!, options);
    expect(await upgradeStatus(new WebSocket(change(grant.StreamUrl!), { headers }))).toBe(403);
    expect(bench.emulator.sessions[0]!.signature).toBe('invalid');
    expect(bench.emulator.calls.at(-1)).toMatchObject({ operation: 'OpenDataChannel', signature: 'invalid' });
  });

  test('refuses upgrades for sessions that do not exist, or on request', async () => {
    const refuse: Record<string, string> = {};
    const bench = await startBench({ refuse });
    const grant = await bench.start();
    expect(await upgradeStatus(new WebSocket(grant.StreamUrl!.replace(grant.SessionId!, 'nobody')))).toBe(404);
    refuse['OpenDataChannel'] = 'AccessDeniedException';
    expect(await upgradeStatus(new WebSocket(grant.StreamUrl!))).toBe(403);
  });

  test.each([
    ['text that is no JSON', 'hello'],
    ['a wrong token', encodeOpenDataChannel({ requestId: 'r', tokenValue: 'x', clientId: 'c', clientVersion: '1' })],
    ['a channel nobody opens', (token: string) => JSON.stringify({ TokenValue: token, RequestId: 'r' })],
    ['a binary frame', Buffer.from('{}')],
  ])('closes a socket whose first frame is %s', async (_, first) => {
    const bench = await startBench();
    const grant = await bench.start();
    const socket = new WebSocket(grant.StreamUrl!);
    await once(socket, 'open');
    socket.send(typeof first === 'function' ? first(grant.TokenValue!) : first);
    const [code] = await once(socket, 'close');
    expect(code).toBe(1008);
  });

  test('answers pings, and offers no compression', async () => {
    const bench = await startBench();
    const { client } = await openShell(bench);
    client.socket.ping('keepalive');
    const [payload] = await once(client.socket, 'pong');
    expect(String(payload)).toBe('keepalive');
    expect(client.socket.extensions).toBe('');
  });

  test('closes a socket that sends more than a frame may hold', async () => {
    const bench = await startBench({ gateway: { maxFrameBytes: 4096 } });
    const { client } = await openShell(bench);
    client.send(PayloadType.Output, Buffer.alloc(5000, '#'));
    expect((await client.closed).code).toBe(1009);
  });
});

describe('what a test can do to a session', () => {
  test('cut with a code, drop, and reset', async () => {
    const bench = await startBench();
    const ways = [
      [
        { code: 1011, reason: 'oops' },
        { code: 1011, reason: 'oops' },
      ],
      [{ code: 1006 }, { code: 1006, reason: '' }],
      [{ reset: true }, { code: 1006, reason: '' }],
      [undefined, { code: 1000, reason: 'Bye' }],
    ] as const;
    for (const [how, seen] of ways) {
      const { client, sessionId } = await openShell(bench);
      bench.emulator.gateway.cut(sessionId, how);
      expect(await client.closed).toEqual(seen);
    }
  });

  test('stall: the socket stays open and nothing comes, not even a pong', async () => {
    const bench = await startBench();
    const { client, sessionId } = await openShell(bench);
    bench.emulator.gateway.stall(sessionId);
    let heard = 0;
    client.socket.on('pong', () => (heard += 1));
    client.socket.on('message', () => (heard += 1));
    client.socket.ping('are you there');
    client.send(PayloadType.Output, 'echo unheard\n');
    const again = await bench.ssm.send(new ResumeSessionCommand({ SessionId: sessionId }));
    const resumed = await bench.connect(again, { next: 0 });
    resumed.send(PayloadType.Output, 'echo he$((1))rd\n');
    await resumed.until(() => resumed.frames.some(({ payload }) => payload.includes('he1rd\r\n')));
    expect(heard).toBe(0);
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
  });

  test('pause: the agent keeps its output to itself until it is resumed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hawser-emulators-'));
    try {
      const bench = await startBench({ agent: { directory: folder } });
      const client = await bench.open('AWS-StartInteractiveCommand', {
        command: 'mkfifo go gone; echo first; read line <go; echo late; echo >gone; sleep 60',
      });
      await client.prints('first\r\n');
      // The agent takes any acknowledgement for leave to go on: let the last one arrive first.
      client.socket.ping();
      await once(client.socket, 'pong');
      bench.emulator.gateway.pause();
      await client.frame(MessageType.PausePublication);
      await writeFile(join(folder, 'go'), '\n');
      await readFile(join(folder, 'gone'));
      client.socket.ping();
      await once(client.socket, 'pong');
      expect(client.bytes().toString()).toBe('first\r\n');
      bench.emulator.gateway.resume();
      await client.prints('late\r\n');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('killAgent: the client is told to pause and hears no more', async () => {
    const bench = await startBench();
    const { client, sessionId } = await openShell(bench);
    bench.emulator.gateway.killAgent(sessionId);
    await client.frame(MessageType.PausePublication);
    client.send(PayloadType.Output, 'exit\n');
    client.socket.ping();
    await once(client.socket, 'pong');
    expect(client.frames.at(-1)!.messageType).toBe(MessageType.PausePublication);
    expect(bench.emulator.sessions[0]!.state).toBe('Connected');
  });

  test('stop and start: nobody listens in between, and sessions live on at the same address', async () => {
    const bench = await startBench();
    const { client, sessionId } = await openShell(bench);
    client.send(PayloadType.Output, 'x=kept\n');
    await client.acknowledged(0);
    await bench.emulator.gateway.stop();
    expect((await client.closed).code).toBe(1006);
    await expect(bench.ssm.send(new GetConnectionStatusCommand({ Target: 'i-1' }))).rejects.toMatchObject({
      message: expect.stringContaining('ECONNREFUSED'),
    });
    await bench.emulator.gateway.start();
    const resumed = await bench.connect(await bench.ssm.send(new ResumeSessionCommand({ SessionId: sessionId })));
    resumed.sendNumbered(1, PayloadType.Output, 'echo "<$x>"\n');
    await resumed.until(() => resumed.frames.some(({ payload }) => payload.includes('<kept>')));
  });

  test('a closed emulator is not started again', async () => {
    const bench = await startBench();
    await bench.emulator.close();
    await bench.emulator.close();
    await expect(bench.emulator.gateway.start()).rejects.toMatchObject({ code: 'HAWSER_EMULATOR_CLOSED', exitCode: 1 });
  });
});

describe('what the service does by itself', () => {
  test('cuts sockets after their time with 1000 Bye', async () => {
    const bench = await startBench({ gateway: { cutAfterMs: 50 } });
    // Not a word is waited for: on a busy machine the shell's first one comes later than the end.
    const client = await bench.connect(await bench.start());
    expect(await client.closed).toEqual({ code: 1000, reason: 'Bye' });
  });

  test('ends idle sessions', async () => {
    const bench = await startBench({ gateway: { idleTimeoutMs: 50 } });
    // Not a word is waited for, as above.
    const client = await bench.connect(await bench.start());
    const closed = await client.frame(MessageType.ChannelClosed);
    expect(parseChannelClosed(closed.payload).output).toContain('inactivity');
  });

  test('ends a session on TerminateSession, and tells the client, also when it comes back later', async () => {
    const bench = await startBench();
    const { client, sessionId } = await openShell(bench);
    bench.emulator.gateway.cut(sessionId);
    await client.closed;
    const again = await bench.ssm.send(new ResumeSessionCommand({ SessionId: sessionId }));
    await bench.ssm.send(new TerminateSessionCommand({ SessionId: sessionId }));
    const resumed = await bench.connect(again);
    const closed = await resumed.frame(MessageType.ChannelClosed);
    expect(closed.headerLength).toBe(112);
    expect(resumed.frames).toHaveLength(1);
  });

  test('lets a second client with a new token replace the first', async () => {
    const bench = await startBench();
    const { client, sessionId } = await openShell(bench);
    await bench.connect(await bench.ssm.send(new ResumeSessionCommand({ SessionId: sessionId })));
    expect(await client.closed).toEqual({ code: 1000, reason: 'Bye' });
    expect(bench.emulator.sessions[0]!.reconnects).toBe(1);
  });
});

describe('an agent over the wire', () => {
  test('asks for a token, connects, and talks to the client', async () => {
    const bench = await startBench({ targets: [{ id: 'i-0eeeeeeeeeeeeeee0', agent: 'external' }] });
    const grant = await bench.start(undefined, {}, 'i-0eeeeeeeeeeeeeee0');
    const client = await bench.connect(grant);
    await client.frame(MessageType.PausePublication);

    const path = `/v1/data-channel/${grant.SessionId}`;
    const created = await fetch(`${bench.emulator.endpoint}${path}`, { method: 'POST', body: '{}' });
    expect(created.status).toBe(201);
    const tokenValue = /<TokenValue>(.*)<\/TokenValue>/.exec(await created.text())![1]!;
    const agent = new WebSocket(`${bench.emulator.endpoint}${path}?role=publish_subscribe`.replace('http', 'ws'));
    await once(agent, 'open');
    const heard: string[] = [];
    agent.on('message', (frame: Buffer) => heard.push(decodeMessage(frame).messageType));
    agent.send(
      encodeOpenDataChannel({
        requestId: randomUUID(),
        tokenValue,
        clientId: randomUUID(),
        clientInstanceId: 'i-0eeeeeeeeeeeeeee0',
      }),
    );
    await client.frame(MessageType.StartPublication);
    const state = encodeMessage({
      messageType: MessageType.AgentSessionState,
      createdDate: 1,
      sequenceNumber: 0,
      flags: 3,
      messageId: randomUUID(),
      payloadType: 0,
      payload: encodeAgentSessionState({ schemaVersion: 1, sessionState: 'Connected', sessionId: grant.SessionId! }),
    });
    agent.send(state);
    await client.frame(MessageType.AgentSessionState);
    client.send(PayloadType.Output, 'typed');
    while (heard.length < 2) await once(agent, 'message');
    expect(heard).toEqual([MessageType.StartPublication, MessageType.InputStreamData]);
    agent.terminate();
    await client.until(
      () => client.frames.filter(({ messageType }) => messageType === MessageType.PausePublication).length === 2,
    );
    await bench.ssm.send(new TerminateSessionCommand({ SessionId: grant.SessionId! }));
    const refused = await fetch(`${bench.emulator.endpoint}${path}`, { method: 'POST', body: '{}' });
    expect([refused.status, await refused.text()]).toEqual([
      400,
      expect.stringContaining('Session is already terminated'),
    ]);
  });
});
