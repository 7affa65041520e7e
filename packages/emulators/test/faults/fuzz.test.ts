import { once } from 'node:events';
import { request } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { GetConnectionStatusCommand, ResumeSessionCommand } from '@aws-sdk/client-ssm';
import { PayloadType } from '@hawser/ssm-channel/codec';
import WebSocket from 'ws';
import { scale } from '../../../../test/support/scale.js';
import { createRandom, type Random } from '../../src/seed.js';
import { startBench } from '../support/emulator.js';

const seed = Number(process.env['HAWSER_SEED'] ?? 1);

/** A frame that was sound once: some of its bytes are changed, and its end may be missing or doubled. */
function mutate(frame: Buffer, random: Random): Buffer {
  const copy = Buffer.from(frame);
  for (let count = random.below(8); count > 0; count -= 1) copy[random.below(copy.length)] = random.below(256);
  const length = random.below(copy.length + 1);
  return random.next() < 0.3 ? copy.subarray(0, length) : random.next() < 0.1 ? Buffer.concat([copy, copy]) : copy;
}

describe('the emulator under fuzz', () => {
  test(`takes any frame from a client, and still serves it (seed ${seed})`, async () => {
    const random = createRandom(`fuzz-${seed}`);
    const bench = await startBench({ agent: { checkDigests: false } });
    const client = await bench.open();
    await client.prints('# ');
    const sound = [...client.frames].map(({ payload }) => payload);
    const frames: Buffer[] = [];
    const intercept = client.socket.send.bind(client.socket) as (frame: Buffer) => void;
    client.socket.send = (frame: Buffer) => void frames.push(frame);
    client.sendNumbered(0, PayloadType.Output, '#\n');
    client.sendNumbered(0, PayloadType.Size, '{"cols":80,"rows":24}');
    client.sendNumbered(5, PayloadType.Output, sound[0]!);
    client.sendNumbered(0, PayloadType.Flag, Buffer.alloc(4));
    for (const message of client.data) client.acknowledge(message);
    client.socket.send = intercept;

    const before = process.memoryUsage().rss;
    const count = scale(20_000, 1_000_000);
    for (let index = 0; index < count; index += 1) {
      client.socket.send(mutate(frames[random.below(frames.length)]!, random));
      if (index % 1000 === 0) {
        client.socket.ping();
        await once(client.socket, 'pong');
      }
    }
    client.socket.ping();
    await once(client.socket, 'pong');
    expect(process.memoryUsage().rss - before).toBeLessThan(512 * 1024 * 1024);

    const second = await bench.open();
    await second.prints('# ');
    second.send(PayloadType.Output, 'echo alive-$((1+1))\n');
    await second.prints('alive-2');
  });

  test('takes any first frame on a new channel', async () => {
    const random = createRandom(`open-${seed}`);
    // Without an agent the session waits for as long as it takes.
    const bench = await startBench({ targets: [{ id: 'i-0eeeeeeeeeeeeeee0', agent: 'external' }] });
    const { SessionId } = await bench.start(undefined, {}, 'i-0eeeeeeeeeeeeeee0');
    for (let index = 0; index < scale(50, 2000); index += 1) {
      const grant = await bench.ssm.send(new ResumeSessionCommand({ SessionId: SessionId! }));
      const socket = new WebSocket(grant.StreamUrl!);
      await once(socket, 'open');
      const text = Buffer.from(JSON.stringify({ RequestId: 1, TokenValue: grant.TokenValue, ClientId: null }));
      socket.send(mutate(text, random), { binary: random.next() < 0.5 });
      const [code] = (await once(socket, 'close')) as [number];
      expect([1007, 1008]).toContain(code);
    }
  });

  test('answers any request to its API with an error of the client', async () => {
    const random = createRandom(`api-${seed}`);
    const bench = await startBench();
    const url = new URL(bench.emulator.endpoint);
    const targets = [
      'AmazonSSM.StartSession',
      'TrentService.Decrypt',
      'AmazonEC2ContainerServiceV20141113.ExecuteCommand',
      'Nobody.Knows',
      '',
    ];
    const types = ['application/x-amz-json-1.1', 'application/x-www-form-urlencoded', ''];
    for (let index = 0; index < scale(200, 5000); index += 1) {
      const body = mutate(Buffer.from('{"Target":"i-0123456789abcdef0","Parameters":{"a":["b"]},"Action":1}'), random);
      const status = await new Promise<number>((resolve, reject) => {
        const outgoing = request({
          host: url.hostname,
          port: url.port,
          method: ['POST', 'GET', 'PUT'][random.below(3)]!,
          path: ['/', '/v1/data-channel/x', '/%%%?&=', '/a/../b'][random.below(4)]!,
          headers: {
            'x-amz-target': targets[random.below(targets.length)]!,
            'content-type': types[random.below(types.length)]!,
            'content-length': body.length,
            ...(random.next() < 0.5
              ? {
                  authorization: String(
                    mutate(
                      Buffer.from('AWS4-HMAC-SHA256 Credential=A/2/3/4/5, SignedHeaders=host, Signature=0'),
                      random,
                    ),
                  ).replaceAll(/[^\x20-\x7e]/gu, ''),
                }
              : {}),
          },
        });
        outgoing.once('response', (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        });
        outgoing.once('error', reject);
        outgoing.end(body);
      });
      expect([400, 403]).toContain(status);
    }
    await expect(bench.ssm.send(new GetConnectionStatusCommand({ Target: 'i-1' }))).resolves.toBeDefined();
    expect(bench.emulator.sessions).toEqual([]);
  });

  test('refuses bodies that are too large', async () => {
    const bench = await startBench();
    const { status } = await fetch(bench.emulator.endpoint, { method: 'POST', body: 'x'.repeat(1024 * 1024 + 1) });
    expect(status).toBe(413);
  });
});
