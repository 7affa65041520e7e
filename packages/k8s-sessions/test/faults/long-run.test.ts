import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { attach, createSessionsClient, type OpenSocket } from '../../src/client/index.js';
import { nodeSockets } from '../../src/client/node.js';
import { dice, givenSeed } from '../../../../test/support/dice.js';
import { Vitals, recordLongRun } from '../../../../test/support/long-run.js';
import { patient } from '../../../../test/support/patience.js';
import { Program } from '../../../../test/support/program.js';
import { scale } from '../../../../test/support/scale.js';
import { endRuns } from '../../../../test/support/end-runs.js';

const support = (name: string): string => fileURLToPath(new URL(`../support/${name}`, import.meta.url));

let folder: string;
let service: Program;
let gateway: Program;
let at: { readonly url: string; readonly apiKey: string };
let edge: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hawser-long-'));
  const page = join(folder, 'page');
  mkdirSync(page);
  writeFileSync(join(page, 'index.html'), '<!doctype html>');
  service = new Program(process.execPath, [support('local-service.mjs'), folder, 'process', page]);
  at = JSON.parse((await service.shows(/^\{.*\}$/m))[0]) as typeof at;
  gateway = new Program(process.execPath, [support('chaos-gateway.mjs'), folder, page, '0']);
  [edge] = await gateway.shows(/^http:\S+$/m);
});
afterAll(async () => {
  for (const program of [service, gateway]) program.child.kill('SIGKILL');
  await Promise.all([service.ended, gateway.ended]);
  endRuns(folder);
  rmSync(folder, { recursive: true, force: true });
});

/** Sockets that break in the middle, after so many bytes from the far end, as often as is said. */
function breaking(roll: () => number, times: number, onCut: () => void): OpenSocket {
  const open = nodeSockets();
  let left = times;
  return (target, handlers) => {
    if (left === 0) return open(target, handlers);
    left -= 1;
    let bytes = 200 + Math.floor(roll() * 30_000);
    let isCut = false;
    const socket = open(target, {
      ...handlers,
      onMessage(data) {
        if (isCut) return;
        bytes -= data.length;
        if (bytes > 0) return handlers.onMessage(data);
        isCut = true;
        socket.close();
        onCut();
        return handlers.onClose(1006, 'cut by the test');
      },
    });
    return socket;
  };
}

/** One session from its start to its end, over cuts; says whether what was seen is what was written. */
async function oneSession(seed: number, onCut: () => void): Promise<{ readonly bytes: number }> {
  const roll = dice(seed);
  const [lines, code] = [200 + Math.floor(roll() * 1_800), Math.floor(roll() * 100)];
  // Byte by byte the same whoever prints it: what a viewer put together is held to more than the service's own digest.
  const command = `stty -opost; i=0; while [ $i -lt ${lines} ]; do i=$((i+1)); echo "line $i of ${seed}"; done; exit ${code}`;
  const created = await createSessionsClient(at).create({ command });
  const hash = createHash('sha256');
  let bytes = 0;
  const view = await attach({
    url: edge,
    session: created.sessionId,
    ticket: created.token,
    whole: true,
    openSocket: breaking(roll, Math.floor(roll() * 4), onCut),
    onOutput: (data) => {
      hash.update(data);
      bytes += data.length;
    },
  });
  const end = await patient(view.ended, () => `session of seed ${seed} does not end; link ${view.state.link}`);
  const expected = createHash('sha256');
  for (let line = 1; line <= lines; line += 1) expected.update(`line ${line} of ${seed}\n`);
  const seen = hash.digest('hex');
  expect({ seed, seen, end }).toEqual({
    seed,
    seen: expected.digest('hex'),
    end: { reason: 'exited', exit: expect.objectContaining({ digest: seen, code }) },
  });
  return { bytes };
}

test('sessions by the hundred over cuts on both sides of the gateway: every byte once, every exit code true; memory stays flat', async () => {
  const startedMs = performance.now();
  const count = scale(4, 500);
  const atOnce = scale(2, 50);
  const vitals = new Vitals();
  const sums = { bytes: 0, cuts: 0, gatewayCuts: 0 };
  const run = async (number: number): Promise<void> => {
    sums.bytes += (await oneSession(givenSeed * 100_003 + number, () => (sums.cuts += 1))).bytes;
    if (number % 10 !== 5) return;
    // Every tenth that ends cuts all others off from their runners.
    gateway.child.kill('SIGUSR2');
    sums.gatewayCuts += 1;
  };
  // In waves: between them there is nothing that memory could be needed for.
  // Nobody waits an hour for a program that is gone.
  const died = [service, gateway].map(async (program) => {
    const { code, signal } = await program.ended;
    throw new Error(`A program of the service ended with ${code ?? signal}:\n${program.stderr}`);
  });
  for (const death of died) death.catch(() => undefined);
  for (let first = 0; first < count; first += atOnce) {
    const wave = Array.from({ length: Math.min(atOnce, count - first) }, (_, index) => run(first + index));
    await Promise.race([Promise.all(wave), ...died]);
    vitals.sample();
  }
  expect(sums.cuts).toBeGreaterThan(0);
  const { figures, grown } = vitals.growth;
  expect(grown).toEqual([]);
  recordLongRun('sessions', `${count} sessions, ${atOnce} at once`, startedMs, {
    sessions: count,
    'MiB seen': Math.round((sums.bytes / 1_048_576) * 10) / 10,
    'sockets cut at the viewer': sums.cuts,
    'cuts of all sockets to runners': sums.gatewayCuts,
    ...figures,
  });
});
