// One writer, nobody else: what one update of a small document costs, beside proper-lockfile + write-file-atomic.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import lockfile from 'proper-lockfile';
import writeFileAtomic from 'write-file-atomic';
import { quick, record } from '../support/figures.mjs';
import { defineDocument, openStore } from '../../packages/state-store/dist/index.js';

const ROUNDS = Number(process.env.HAWSER_BENCH_ROUNDS ?? (quick ? 5 : 20));
const UPDATES = 50;

const folder = await mkdtemp(join(process.env.HAWSER_BENCH_DIR ?? tmpdir(), 'hawser-bench-'));
const definition = defineDocument({
  name: 'counter',
  version: 1,
  schema: { type: 'object' },
  validate: (data) => Number.isSafeInteger(data?.count),
  default: () => ({ count: 0 }),
});
const document = openStore({ from: folder, env: {} }).document(definition);
const peerFile = join(folder, 'peer.json');
await writeFile(peerFile, JSON.stringify({ count: 0 }));

const ways = {
  'state-store': () => document.update(({ count }) => ({ count: count + 1 })),
  'proper-lockfile + write-file-atomic': async () => {
    const release = await lockfile.lock(peerFile);
    const { count } = JSON.parse(await readFile(peerFile, 'utf8'));
    await writeFileAtomic(peerFile, JSON.stringify({ count: count + 1 }));
    await release();
  },
};

const times = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
for (let round = 0; round <= ROUNDS; round++) {
  for (const [name, update] of Object.entries(ways)) {
    for (let done = 0; done < UPDATES; done++) {
      const start = performance.now();
      await update();
      // The first round only warms up.
      if (round > 0) times[name].push(performance.now() - start);
    }
  }
}
await rm(folder, { recursive: true });

const rows = Object.entries(times).map(([name, all]) => {
  const sorted = all.toSorted((one, other) => one - other);
  const at = (share) => sorted[Math.floor(sorted.length * share)];
  return { way: name, p50: at(0.5), p95: at(0.95) };
});
const [ours, theirs] = Object.values(times).map((all) =>
  Array.from({ length: ROUNDS }, (_, round) => {
    const sorted = all.slice(round * UPDATES, (round + 1) * UPDATES).toSorted((one, other) => one - other);
    return sorted[UPDATES >> 1];
  }),
);
record({
  what: 'one update with nobody else (ours also syncs the folder and keeps the version before)',
  unit: 'ms',
  better: 'less',
  ours,
  beside: { name: 'proper-lockfile + write-file-atomic', values: theirs },
});
const peer = rows[1];
console.log(
  `state-store: one uncontended update, ms (${ROUNDS * UPDATES} each; ours also syncs the folder and keeps the previous version)`,
);
console.table(
  rows.map(({ way, p50, p95 }) => ({
    way,
    'p50 ms': p50.toFixed(2),
    'p95 ms': p95.toFixed(2),
    'p50 × peer': (p50 / peer.p50).toFixed(2),
  })),
);
