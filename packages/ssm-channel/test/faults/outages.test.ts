import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { WebSocketServer } from 'ws';
import { scale } from '../../../../test/support/scale.js';
import type { SsmApi } from '../../src/aws/api.js';
import { MessageType, PayloadType, encodeMessage } from '../../src/codec/index.js';
import { openSession } from '../../src/session/open.js';
import type { SessionState } from '../../src/session/types.js';
import { TARGET, type World, openWorld, readUntil, sha256, text } from '../support/world.js';

const quick = { keepAliveMs: 100, resume: { firstMs: 10, longestMs: 100 } } as const;

describe('outages', () => {
  let world: World;
  afterEach(() => world.close());

  test('the hourly cut (close 1000 Bye) passes unnoticed', async () => {
    world = await openWorld({ gateway: { cutAfterMs: 200 } });
    const states: SessionState[] = [];
    const shell = await world.open(undefined, undefined, quick);
    shell.on('state', (state) => states.push(state));
    shell.stdin.write('stty -echo; PS1=; for i in 1 2 3 4 5 6; do echo line-$i; sleep 0.1; done; exit 0\n');
    const printed = await text(shell.stdout);
    expect(printed.match(/line-\d/g)).toEqual(['line-1', 'line-2', 'line-3', 'line-4', 'line-5', 'line-6']);
    expect(await shell.ended).toMatchObject({ reason: 'exited' });
    expect(states).toContainEqual({ state: 'resuming', attempt: expect.any(Number), cause: 'closed with 1000 (Bye)' });
  });

  test('what is typed while the network is down is not lost', async () => {
    world = await openWorld();
    const shell = await world.open(undefined, undefined, quick);
    shell.stdin.write('echo before-$((1))\n');
    await readUntil(shell.stdout, 'before-1');
    const down = new Promise<void>((resolve) => {
      shell.on('state', ({ state, attempt }) => {
        if (state === 'resuming' && (attempt ?? 0) >= 2) resolve();
      });
    });
    await world.emulator.gateway.stop();
    for (const letter of 'echo typed-$((2+2))') shell.stdin.write(letter);
    await down;
    // The outage itself, in soak the five minutes a person would wait for the network: no event ends it but time.
    if (scale(0, 1) === 1) await delay(5 * 60_000);
    shell.stdin.write('; exit\n');
    await world.emulator.gateway.start();
    expect(await text(shell.stdout)).toContain('typed-4');
    expect(await shell.ended).toMatchObject({ reason: 'exited' });
  });

  test('a gateway that dies and comes back in the middle of an upload costs no byte', async () => {
    world = await openWorld();
    const sent = randomBytes(24 << 20);
    const hash = createHash('sha256');
    let bytes = 0;
    let restarts = 0;
    const sink = createServer((socket) => {
      socket.on('data', (chunk: Buffer) => {
        hash.update(chunk);
        bytes += chunk.length;
        if (restarts < 2 && bytes > (restarts + 1) * (6 << 20)) {
          restarts++;
          void world.emulator.gateway.stop().then(() => world.emulator.gateway.start());
        }
        if (bytes === sent.length) socket.end(hash.digest('hex'));
      });
    }).listen(0, '127.0.0.1');
    await once(sink, 'listening');
    const forward = await world.forward((sink.address() as AddressInfo).port, quick);
    const client = connect({ port: forward.address.port, host: '127.0.0.1' });
    client.write(sent);
    expect(await text(client)).toBe(sha256(sent));
    expect(restarts).toBe(2);
    expect(world.emulator.sessions[0]?.reconnects).toBeGreaterThanOrEqual(2);
    await forward.close();
    sink.close();
  });

  test('a gateway that dies and comes back in the middle of a download costs no byte', async () => {
    // What was on its way at the cut comes back one message per 100 ms: agents resend nothing but the oldest.
    world = await openWorld({ agent: { paced: true } });
    const sent = randomBytes(1 << 20);
    const source = createServer((socket) => void socket.write(sent)).listen(0, '127.0.0.1');
    await once(source, 'listening');
    const session = await world.open(
      'AWS-StartSSHSession',
      { portNumber: [String((source.address() as AddressInfo).port)] },
      quick,
    );
    const back: Buffer[] = [];
    let bytes = 0;
    let restarts = 0;
    for await (const chunk of session.stdout) {
      back.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (restarts < 2 && bytes > (restarts + 1) * (300 << 10)) {
        restarts++;
        void world.emulator.gateway.stop().then(() => world.emulator.gateway.start());
      }
      if (bytes >= sent.length) break;
    }
    expect(restarts).toBe(2);
    expect(sha256(Buffer.concat(back))).toBe(sha256(sent));
    source.close();
  });

  test('a peer that falls silent is noticed by its missing pongs, and replaced', async () => {
    world = await openWorld();
    const shell = await world.open(undefined, undefined, quick);
    await readUntil(shell.stdout, '#').catch(() => '');
    const resumed = new Promise<void>((resolve) => {
      let resuming = false;
      shell.on('state', ({ state }) => {
        if (state === 'resuming') resuming = true;
        if (state === 'connected' && resuming) resolve();
      });
    });
    world.emulator.gateway.stall(shell.sessionId);
    await resumed;
    shell.stdin.write('echo alive-$((1+1)); exit\n');
    expect(await text(shell.stdout)).toContain('alive-2');
  });

  test('an outage longer than our patience ends with what happened and what to do', async () => {
    world = await openWorld();
    const shell = await world.open(undefined, undefined, {
      ...quick,
      resume: { firstMs: 5, longestMs: 10, giveUpAfterMs: 150 },
    });
    await world.emulator.gateway.stop();
    const end = await shell.ended;
    expect(end).toMatchObject({
      reason: 'lost',
      error: { code: 'HAWSER_SSM_LINK_LOST', hint: expect.stringContaining('start a new session') },
    });
    await world.emulator.gateway.start();
  });

  test('a refused resume ends the session at once, and says which permission is missing', async () => {
    world = await openWorld({ refuse: { ResumeSession: 'AccessDeniedException' } });
    const shell = await world.open(undefined, undefined, quick);
    world.emulator.gateway.cut(shell.sessionId);
    const end = await shell.ended;
    expect(end.reason).toBe('lost');
    expect(end.error).toMatchObject({
      code: expect.stringMatching(/HAWSER_SSM_(RESUME_REFUSED|ACCESS_DENIED)/),
      hint: expect.any(String),
    });
  });

  test('a session that timed out meanwhile cannot be resumed, and says so', async () => {
    world = await openWorld();
    const shell = await world.open(undefined, undefined, quick);
    // It hears nothing of its end, and when it notices that nobody answers, the service has no token for it any more.
    world.emulator.gateway.stall(shell.sessionId);
    await world.api.terminateSession(shell.sessionId, {});
    expect(await shell.ended).toMatchObject({
      reason: 'lost',
      error: { code: 'HAWSER_SSM_SESSION_TIMED_OUT', hint: expect.stringContaining('Start a new session') },
    });
  });

  test('a refused token is an error, not a hang', async () => {
    world = await openWorld();
    const start = await world.start();
    await expect(openSession({ start: { ...start, tokenValue: 'not-the-token' } })).rejects.toMatchObject({
      code: 'HAWSER_SSM_TOKEN_REFUSED',
    });
  });

  test('a refused token is replaced by a resumed one where there is an api', async () => {
    world = await openWorld();
    const start = await world.start();
    const shell = await openSession({
      start: { ...start, tokenValue: 'not-the-token' },
      api: world.api,
      target: TARGET,
      ...quick,
    });
    shell.stdin.write('exit\n');
    shell.stdout.resume();
    expect(await shell.ended).toMatchObject({ reason: 'exited' });
  });

  test('an endpoint nobody listens on is an error with the next step', async () => {
    world = await openWorld();
    const start = await world.start();
    await expect(
      openSession({
        start: { ...start, streamUrl: 'ws://127.0.0.1:9/v1/data-channel/x' },
        openWithinMs: 100,
        resume: { firstMs: 5, longestMs: 10 },
      }),
    ).rejects.toMatchObject({ code: 'HAWSER_SSM_ENDPOINT_UNREACHABLE', hint: expect.stringContaining('network') });
  });

  test('an agent that dies is told as a pause, and the service ends the session in words', async () => {
    world = await openWorld({ gateway: { idleTimeoutMs: 400 } });
    const shell = await world.open(undefined, undefined, quick);
    shell.stdout.resume();
    const states: string[] = [];
    shell.on('state', ({ state }) => states.push(state));
    world.emulator.gateway.killAgent(shell.sessionId);
    const end = await shell.ended;
    expect(states).toContain('paused');
    expect(end.output).toMatch(/idle|timed out/i);
  });

  test('two ends with different keys cannot talk, and say so', async () => {
    world = await openWorld({ agent: { kms: { keyId: 'arn:aws:kms:us-east-1:123456789012:key/hawser' } } });
    const { api } = world;
    const forgetful: SsmApi = {
      ...(api.upgrade ? { upgrade: api.upgrade } : {}),
      resumeSession: (...request) => api.resumeSession(...request),
      terminateSession: (...request) => api.terminateSession(...request),
      async generateDataKey(...request) {
        const { ciphertext } = await api.generateDataKey(...request);
        return { ciphertext, plaintext: randomBytes(64) };
      },
    };
    await expect(openSession({ start: await world.start(), api: forgetful, target: TARGET })).rejects.toMatchObject({
      code: 'HAWSER_SSM_DECRYPT_FAILED',
    });
  });

  test('a far side that speaks something else is an error, not a hang', async () => {
    world = await openWorld();
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    server.on('connection', (socket) => {
      socket.send(
        encodeMessage({
          messageType: MessageType.OutputStreamData,
          createdDate: 1,
          sequenceNumber: 0,
          messageId: randomUUID(),
          payloadType: PayloadType.HandshakeRequest,
          payload: Buffer.from('hello'),
        }),
      );
    });
    const { port } = server.address() as AddressInfo;
    const start = { sessionId: 'other', tokenValue: 't', streamUrl: `ws://127.0.0.1:${port}/` };
    await expect(openSession({ start })).rejects.toMatchObject({ code: 'HAWSER_SSM_PROTOCOL' });
    for (const client of server.clients) client.terminate();
    server.close();
  });
});
