// Eight processes that all count up in the same file: how many updates a second get through, and how long the
// unluckiest one waited. Without arguments it starts the eight of each way; with a way it is one of them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quick, record } from '../support/figures.mjs';

const PROCESSES = 8;
const TIMES = Number(process.env.HAWSER_BENCH_TIMES ?? (quick ? 50 : 200));

const ROUNDS = quick ? 2 : 5;

const [way, folder] = process.argv.slice(2).filter((word) => !word.startsWith('--'));
if (way === undefined) await compare();
else await countUp(await openWay(way, folder));

async function compare() {
  const names = ['state-store', 'proper-lockfile + write-file-atomic'];
  const runs = names.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, name] of names.entries()) runs[index].push(await measure(name));
  }
  record({
    what: `${PROCESSES} processes that count up in one file`,
    unit: 'updates/s',
    better: 'more',
    ours: runs[0].map(({ perSecond }) => perSecond),
    beside: { name: names[1], values: runs[1].map(({ perSecond }) => perSecond) },
  });
  const rows = runs.map((all) => all.toSorted((one, other) => one.perSecond - other.perSecond)[ROUNDS >> 1]);
  console.log(`state-store: ${PROCESSES} processes, ${TIMES} increments each, the median of ${ROUNDS} rounds`);
  console.table(
    rows.map((row) => ({
      way: row.way,
      'updates/s': Math.round(row.perSecond),
      '× peer': (row.perSecond / rows[1].perSecond).toFixed(1),
      lost: row.lost,
      'longest wait ms': Math.round(row.longestMs),
    })),
  );
}

async function measure(name) {
  const place = await mkdtemp(join(process.env.HAWSER_BENCH_DIR ?? tmpdir(), 'hawser-bench-'));
  await writeFile(join(place, 'peer.json'), JSON.stringify({ count: 0 }));
  const children = Array.from({ length: PROCESSES }, () =>
    spawn(process.execPath, [fileURLToPath(import.meta.url), name, place, ...(quick ? ['--quick'] : [])], {
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  );
  // All are loaded before the first begins.
  const outputs = children.map(() => '');
  await Promise.all(children.map((child) => once(child.stdout, 'data')));
  children.forEach((child, index) => child.stdout.on('data', (chunk) => (outputs[index] += chunk)));
  const start = performance.now();
  for (const child of children) child.stdin.end('go\n');
  await Promise.all(children.map((child) => once(child, 'close')));
  const seconds = (performance.now() - start) / 1_000;
  const { read } = await openWay(name, place);
  const counted = await read();
  await rm(place, { recursive: true });
  return {
    way: name,
    perSecond: counted / seconds,
    lost: PROCESSES * TIMES - counted,
    longestMs: Math.max(...outputs.map(Number)),
  };
}

async function countUp({ increment }) {
  process.stdout.write('ready\n');
  await once(process.stdin, 'data');
  let longest = 0;
  for (let done = 0; done < TIMES; done++) {
    const start = performance.now();
    await increment();
    longest = Math.max(longest, performance.now() - start);
  }
  process.stdout.write(String(longest));
}

async function openWay(name, place) {
  if (name === 'state-store') {
    const { defineDocument, openStore } = await import('../../packages/state-store/dist/index.js');
    const definition = defineDocument({
      name: 'counter',
      version: 1,
      schema: { type: 'object' },
      validate: (data) => Number.isSafeInteger(data?.count),
      default: () => ({ count: 0 }),
    });
    const document = openStore({ from: place, env: {}, lockTimeoutMs: 600_000 }).document(definition);
    return {
      read: async () => (await document.read()).data.count,
      increment: () => document.update(({ count }) => ({ count: count + 1 })),
    };
  }
  const { default: lockfile } = await import('proper-lockfile');
  const { default: writeFileAtomic } = await import('write-file-atomic');
  const file = join(place, 'peer.json');
  const read = async () => JSON.parse(await readFile(file, 'utf8')).count;
  return {
    read,
    // The quickest polling it offers: a millisecond at first, ten at most.
    increment: async () => {
      const release = await lockfile.lock(file, { retries: { forever: true, minTimeout: 1, maxTimeout: 10 } });
      await writeFileAtomic(file, JSON.stringify({ count: (await read()) + 1 }));
      await release();
    },
  };
}
