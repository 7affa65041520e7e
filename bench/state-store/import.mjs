// What an import costs a fresh process, in milliseconds: ours (and each sub-path), the peers together, and an empty module.
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const RUNS = Number(process.env.HAWSER_BENCH_RUNS ?? 15);
const dist = new URL('../../packages/state-store/dist/', import.meta.url);
const ways = {
  'an empty module': ['data:text/javascript,'],
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
const floor = median(times['an empty module']);
console.log(`state-store: import in a fresh process, median of ${RUNS} (the promise: below 5 ms)`);
console.table(
  Object.entries(times).map(([name, all]) => ({
    import: name,
    ms: median(all).toFixed(1),
    'ms above an empty module': (median(all) - floor).toFixed(1),
  })),
);

function importOnce(specifiers) {
  const code = `const start = performance.now(); for (const each of ${JSON.stringify(specifiers)}) await import(each); console.log(performance.now() - start);`;
  const here = dirname(fileURLToPath(import.meta.url));
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: here,
    encoding: 'utf8',
  });
  if (stdout === '') throw new Error(stderr);
  return Number(stdout);
}
