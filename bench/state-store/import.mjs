// What an import costs a process that has just begun, in milliseconds: ours (and each sub-path), and the peers' beside it.
// The process has loaded one empty file before, as every program has loaded at least its own.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { quick, record } from '../support/figures.mjs';

const RUNS = Number(process.env.HAWSER_BENCH_RUNS ?? (quick ? 5 : 15));
const dist = new URL('../../packages/state-store/dist/', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'hawser-bench-'));
const first = emptyFile('first.mjs');
const ways = {
  'one more empty file': [emptyFile('second.mjs')],
  '@hawser/state-store': [new URL('index.js', dist).href],
  '@hawser/state-store/process': [new URL('process/index.js', dist).href],
  '@hawser/state-store/foreign': [new URL('foreign/index.js', dist).href],
  'proper-lockfile + write-file-atomic': ['proper-lockfile', 'write-file-atomic'],
  ajv: ['../../packages/state-store/node_modules/ajv/dist/2020.js'],
};

const times = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
for (let run = 0; run < RUNS; run++) {
  for (const [name, specifiers] of Object.entries(ways)) times[name].push(importOnce(specifiers));
}
const median = (all) => all.toSorted((one, other) => one - other)[Math.floor(all.length / 2)];
const floor = median(times['one more empty file']);
const peer = 'proper-lockfile + write-file-atomic';
record({
  what: 'import in a fresh process, without the empty file',
  unit: 'ms',
  better: 'less',
  ours: times['@hawser/state-store'].map((ms) => Math.max(0.01, ms - floor)),
  beside: { name: peer, values: times[peer].map((ms) => Math.max(0.01, ms - floor)) },
  promised: '< 5 ms',
  isKept: median(times['@hawser/state-store']) - floor < 5,
});
console.log(`state-store: import in a fresh process, median of ${RUNS} (the promise: below 5 ms)`);
console.table(
  Object.entries(times).map(([name, all]) => ({
    import: name,
    ms: median(all).toFixed(1),
    'ms above the empty file': (median(all) - floor).toFixed(1),
  })),
);

rmSync(folder, { recursive: true });

function emptyFile(name) {
  writeFileSync(join(folder, name), '');
  return pathToFileURL(join(folder, name)).href;
}

/** In a process of its own. */
function importOnce(specifiers) {
  const code = `await import(${JSON.stringify(first)});
    const start = performance.now();
    for (const each of ${JSON.stringify(specifiers)}) await import(each);
    console.log(performance.now() - start);`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: dirname(fileURLToPath(import.meta.url)),
    encoding: 'utf8',
  });
  if (stdout === '') throw new Error(stderr);
  return Number(stdout);
}
