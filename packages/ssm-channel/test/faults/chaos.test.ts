import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, type Server, createServer } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import type { ChaosOptions } from '@hawser/emulators/ssm';
import { scale } from '../../../../test/support/scale.js';
import { openSession } from '../../src/session/open.js';
import { TARGET, openWorld, sha256 } from '../support/world.js';

const RUNS = scale(12, 1000);
const FIRST_SEED = Number(process.env['HAWSER_SEED'] ?? 1);
const BYTES = 120_000;
const HANGS_AFTER_MS = 45_000;

/** Sends back `bytes` pseudo-random bytes of its own, and reports the digest of what it got. */
async function counterpart(
  expected: number,
  reply: Buffer,
): Promise<{ server: Server; port: number; received: Promise<string> }> {
  let tell: (sha256: string) => void = () => {};
  const received = new Promise<string>((resolve) => {
    tell = resolve;
  });
  const server = createServer((socket) => {
    const hash = createHash('sha256');
    let bytes = 0;
    socket.on('error', () => {});
    socket.write(reply);
    socket.on('data', (chunk: Buffer) => {
      hash.update(chunk);
      bytes += chunk.length;
      if (bytes === expected) tell(hash.digest('hex'));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port, received };
}

/** What goes wrong in the run of this seed: sometimes one thing, sometimes all of them. */
function chaosOf(seed: number): ChaosOptions {
  const kinds: ChaosOptions[] = [
    { lose: 0.05 },
    { duplicate: 0.2 },
    { reorder: 0.3 },
    { truncate: 0.03 },
    { delayMs: 20 },
    { cutEveryMs: 150 },
    { pauseEveryMs: 60 },
    { halfOpenEveryMs: 400 },
    { lose: 0.02, duplicate: 0.05, reorder: 0.1, truncate: 0.01, delayMs: 5, cutEveryMs: 300, pauseEveryMs: 200 },
  ];
  return kinds[seed % kinds.length] as ChaosOptions;
}

/** One transfer both ways under the chaos of a seed; gives the digests of what was sent and of what arrived. */
async function run(seed: number): Promise<{ sent: string[]; arrived: string[] }> {
  await using world = await openWorld({ seed, chaos: chaosOf(seed), agent: { payloadBytes: 4_096 } });
  const up = randomBytes(BYTES);
  const down = randomBytes(BYTES);
  const { server, port, received } = await counterpart(up.length, down);
  try {
    const start = await world.start('AWS-StartSSHSession', { portNumber: [String(port)] });
    const session = await openSession({
      start,
      api: world.api,
      target: TARGET,
      keepAliveMs: 100,
      resume: { firstMs: 10, longestMs: 100 },
    });
    const back = createHash('sha256');
    let bytes = 0;
    session.stdin.write(up);
    for await (const chunk of session.stdout) {
      back.update(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes >= down.length) break;
    }
    const arrived = [await received, back.digest('hex')];
    await session.terminate();
    return { sent: [up, down].map(sha256), arrived };
  } finally {
    server.close();
  }
}

/** A run that hangs has to say which one it was. */
async function orHang<T>(seed: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const hung = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`seed ${seed} hangs`)), HANGS_AFTER_MS);
  });
  try {
    return await Promise.race([work, hung]);
  } finally {
    clearTimeout(timer);
  }
}

describe('chaos', () => {
  test('every seeded run delivers both directions byte for byte, and none hangs', async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
      const { sent, arrived } = await orHang(seed, run(seed)).catch((cause: unknown) => {
        throw new Error(`repeat this run with HAWSER_SEED=${seed}`, { cause });
      });
      expect({ seed, digests: arrived }).toEqual({ seed, digests: sent });
    }
  });
});
