import { createHash, randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { attach, createSessionsClient } from '../../src/client/index.js';
import { nodeSockets } from '../../src/client/node.js';
import { patient } from '../../../../test/support/patience.js';
import { Program } from '../../../../test/support/program.js';
import { scale } from '../../../../test/support/scale.js';
import { endRuns } from '../../../../test/support/end-runs.js';

const support = (name: string): string => fileURLToPath(new URL(`../support/${name}`, import.meta.url));

let folder: string;
let page: string;
/** Controller and database (and a gateway that nobody uses): one process, as local mode is. */
let service: Program;
let at: { readonly url: string; readonly apiKey: string };
let gateway: Program;
let edge: string;

async function startService(): Promise<void> {
  service = new Program(process.execPath, [support('local-service.mjs'), folder, 'process', page]);
  at = JSON.parse((await service.shows(/^\{.*\}$/m))[0]) as typeof at;
}

async function startGateway(): Promise<void> {
  const port = edge === undefined ? '0' : new URL(edge).port;
  gateway = new Program(process.execPath, [support('chaos-gateway.mjs'), folder, page, port]);
  [edge] = await gateway.shows(/^http:\S+$/m);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hawser-chaos-'));
  page = join(folder, 'page');
  mkdirSync(page);
  writeFileSync(join(page, 'index.html'), '<!doctype html>');
  await startService();
  await startGateway();
});
afterAll(async () => {
  for (const program of [service, gateway]) program.child.kill('SIGKILL');
  await Promise.all([service.ended, gateway.ended]);
  endRuns(folder);
  rmSync(folder, { recursive: true, force: true });
});

/** What is done to the system while a session runs. */
const faults: Readonly<Record<string, () => Promise<void>>> = {
  'the gateway is killed': async () => {
    gateway.child.kill('SIGKILL');
    await gateway.ended;
    await startGateway();
  },
  'controller and database are killed': async () => {
    service.child.kill('SIGKILL');
    await service.ended;
    await startService();
  },
  'the sockets to the runner are cut': async () => {
    gateway.child.kill('SIGUSR2');
  },
};

/** Numbers that a seed gives again and again. */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const given = process.env['HAWSER_SEED'];

test(
  'what a viewer put together is the log, and every typed line came once, whatever is killed',
  async () => {
    const seed = given === undefined ? randomInt(2 ** 31) : Number(given);
    const below = numbersFrom(seed);
    const rounds = scale(1, 100);
    for (let round = 0; round < rounds; round++) {
      const outcome = await oneRound(below, `HAWSER_SEED=${seed}, round ${round}`);
      expect({ seed, round, ...outcome }).toEqual({
        seed,
        round,
        sameDigest: true,
        typed: Array.from({ length: outcome.typed.length }, (_, n) => n),
        enough: true,
        code: 7,
      });
    }
  },
  scale(120_000, 3_600_000),
);

/** One session: output without end, numbered lines typed into it, faults in between; then its end. */
async function oneRound(
  below: (limit: number) => number,
  named: string,
): Promise<{
  readonly sameDigest: boolean;
  readonly typed: readonly number[];
  readonly enough: boolean;
  readonly code: number | null;
}> {
  const command = [
    'stty -echo',
    '(i=0; while :; do i=$((i+1)); echo "noise $i ........................................"; [ $((i % 50)) = 0 ] && sleep 0.01; done) & noise=$!',
    'while read -r line; do echo "typed:$line:"; [ "$line" = end ] && break; done',
    'kill $noise',
    'exit 7',
  ].join('\n');
  const created = await createSessionsClient(at).create({ command });
  const hash = createHash('sha256');
  let tail = '';
  const typed: string[] = [];
  const watching = new Set<() => void>();
  const view = await attach({
    url: edge,
    session: created.sessionId,
    ticket: created.token,
    whole: true,
    openSocket: nodeSockets(),
    onOutput: (data) => {
      hash.update(data);
      const text = tail + Buffer.from(data).toString('latin1');
      const last = text.lastIndexOf('\n') + 1;
      for (const [, line] of text.slice(0, last).matchAll(/typed:(\w+):/g)) typed.push(line ?? '');
      tail = text.slice(last);
      for (const check of watching) check();
    },
  });
  const seen = async (count: number): Promise<void> => {
    const awaited = new Promise<void>((resolve) => {
      const check = (): void => {
        if (typed.length < count) return;
        watching.delete(check);
        resolve();
      };
      watching.add(check);
      check();
    });
    await patient(awaited, () => `${named}: ${typed.length} of ${count} lines came back; link ${view.state.link}`);
  };

  // Each once, in any order.
  const kinds = Object.values(faults);
  let sent = 0;
  while (kinds.length > 0) {
    const [inflict] = kinds.splice(below(kinds.length), 1);
    for (let lines = 1 + below(4); lines > 0; lines--) view.type(`${sent++}\n`);
    const fault = inflict!();
    for (let lines = 1 + below(4); lines > 0; lines--) view.type(`${sent++}\n`);
    await fault;
    await seen(sent);
  }
  view.type('end\n');
  const end = await patient(view.ended, () => `${named}: the view does not end; link ${view.state.link}`);
  const exit = end.reason === 'exited' ? end.exit : undefined;
  return {
    sameDigest: exit?.digest === hash.digest('hex'),
    typed: typed.slice(0, -1).map(Number),
    enough: typed.length === sent + 1 && typed.at(-1) === 'end',
    code: exit?.code ?? null,
  };
}
