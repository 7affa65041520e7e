import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineDocument, openStore, StateStoreError, type StateDocument } from '@hawser/state-store';
import { expect, test } from '@jest/globals';
import { scale } from '../../../../test/support/scale.js';
import { tempFolder } from '../support/folder.js';
import { chooseSeed, randomFrom } from '../support/random.js';

interface Net {
  tunnels: { name: string; port: number }[];
}

function isNet(data: unknown): boolean {
  const tunnels = (data as Partial<Net> | null)?.tunnels;
  return (
    Array.isArray(tunnels) &&
    tunnels.every(
      (tunnel) => typeof tunnel?.name === 'string' && Number.isSafeInteger(tunnel?.port) && tunnel.port < 65_536,
    )
  );
}

const net = defineDocument<Net>({
  name: 'net',
  version: 2,
  schema: { type: 'object' },
  validate: isNet,
  migrations: {
    2: (data) => ({ tunnels: (data as { list: Net['tunnels'] }).list.map(({ name, port }) => ({ name, port })) }),
  },
  default: () => ({ tunnels: [] }),
});

/** Damages bytes in one of the ways that disks, crashes and editors do. */
function corrupt(bytes: Buffer, random: (limit: number) => number): Buffer {
  const at = random(bytes.length);
  const length = 1 + random(bytes.length - at);
  const damages: (() => Buffer)[] = [
    () => bytes.subarray(0, at),
    () => Buffer.alloc(0),
    () => Buffer.concat([bytes.subarray(0, at), Buffer.alloc(length), bytes.subarray(at + length)]),
    () => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]),
    () => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at)]),
    () => Buffer.concat([bytes.subarray(0, at), Buffer.from([random(256), random(256)]), bytes.subarray(at)]),
    () => Buffer.from(bytes.map((byte, index) => (index === at ? byte ^ (1 << random(8)) : byte))),
    () => Buffer.from(bytes.map((byte, index) => (index >= at && index < at + length ? random(256) : byte))),
    () =>
      Buffer.from(bytes.toString().replaceAll(/\d+/g, (digits) => (random(3) === 0 ? String(random(1e9)) : digits))),
    () => Buffer.from(bytes.toString().replaceAll(/"[a-z]+"/g, (word) => (random(4) === 0 ? '"other"' : word))),
    () => Buffer.from(JSON.stringify([null, 1, 'text', [], {}, { data: null, version: 2 }][random(6)])),
    () => Buffer.concat([bytes, bytes]),
  ];
  return damages[random(damages.length)]!();
}

function open(folder: string): StateDocument<Net> {
  return openStore({ from: folder, env: {} }).document(net);
}

test('no damage to a document crashes a reader, loses its bytes, or lets invalid data through', async () => {
  const seed = chooseSeed();
  const runs = scale(100, 10_000);
  const outcomes = new Map<string, number>();
  let folder = await tempFolder();
  for (let run = 0; run < runs; run++) {
    const random = randomFrom(seed + run);
    const step = `HAWSER_SEED=${seed + run}, run ${run} of ${runs}`;
    if (run % 50 === 0) folder = await tempFolder();
    const document = open(folder);
    await document.update(() => ({ tunnels: [{ name: 'one', port: 1 }] }));
    await document.update(() => ({ tunnels: [{ name: 'two', port: 2 + (run % 1_000) }] }));
    const damaged = corrupt(await readFile(document.path), random);
    await writeFile(document.path, damaged);

    const outcome = await readDamaged(document, step);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    if (outcome.startsWith('HAWSER')) {
      expect([step, (await readFile(document.path)).equals(damaged)]).toEqual([step, true]);
      folder = await tempFolder();
      continue;
    }
    if (outcome === 'previous' || outcome === 'default') {
      expect([step, await quarantined(folder)]).toEqual([step, expect.arrayContaining([digest(damaged)])]);
      expect([step, (await document.read()).recovered]).toEqual([step, undefined]);
    }
    const next = await document.update(({ tunnels }) => ({ tunnels: [...tunnels, { name: 'new', port: 3 }] }));
    expect([step, next.data.tunnels.at(-1)]).toEqual([step, { name: 'new', port: 3 }]);
  }
  // Each outcome there can be was seen, most often the one that matters.
  expect(outcomes.get('previous')).toBeGreaterThan(runs / 3);
  expect([...outcomes.keys()].toSorted()).toEqual(expect.arrayContaining(['previous', 'whole']));
});

/** What a reader gets to see: `whole`, where the data is from, or the code of the error. */
async function readDamaged(document: StateDocument<Net>, step: string): Promise<string> {
  try {
    const { data, recovered } = await document.read();
    expect([step, isNet(data)]).toEqual([step, true]);
    return recovered?.from ?? 'whole';
  } catch (error) {
    if (!(error instanceof StateStoreError)) throw new Error(`${step}: ${String(error)}`, { cause: error });
    expect([step, error.code]).toEqual([step, 'HAWSER_STATE_NEWER_VERSION']);
    return error.code;
  }
}

async function quarantined(folder: string): Promise<string[]> {
  const place = join(folder, '.hawser', 'quarantine');
  return Promise.all((await readdir(place)).map(async (entry) => digest(await readFile(join(place, entry)))));
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
