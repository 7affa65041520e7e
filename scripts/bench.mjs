// Runs the benchmarks, each in a process of its own so that none warms up another, and writes docs/benchmarks.md:
// node scripts/bench.mjs [area] [flag …]
// --quick makes short runs, whose figures are shown below .cache/bench unless --write puts them into the manual;
// --page only writes the page again, from the figures there are. Other flags go to the benchmarks.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { machine } from '../bench/support/machine.mjs';
import { writePage } from '../bench/support/page.mjs';
import { cache, root } from './workspace.mjs';

const areas = readdirSync(join(root, 'bench'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'support' && entry.name !== 'results')
  .map((entry) => entry.name)
  .toSorted();
const chosen = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const flags = process.argv.slice(2).filter((word) => word.startsWith('-'));
const unknown = chosen.filter((area) => !areas.includes(area));
if (unknown.length > 0) {
  process.stderr.write(`No benchmarks for ${unknown.join(', ')}. Areas: ${areas.join(', ')}.\n`);
  process.exit(2);
}
const isQuick = flags.includes('--quick');
const isForManual = !isQuick || flags.includes('--write');
const kept = join(root, 'bench/results/benchmarks.json');
const results = existsSync(kept) ? JSON.parse(readFileSync(kept, 'utf8')) : { programs: {} };

// A cache of compiled code would make the programs under measurement look faster than they are at a person's.
const env = { ...process.env };
delete env.NODE_COMPILE_CACHE;

const failed = [];
for (const area of flags.includes('--page') ? [] : chosen.length > 0 ? chosen : areas) {
  const folder = join(root, 'bench', area);
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.mjs'))
    .toSorted()) {
    process.stdout.write(`\n— ${area}/${file}\n`);
    if (!measure(area, join(folder, file), `${area}/${file.replace(/\.mjs$/, '')}`)) failed.push(`${area}/${file}`);
  }
}

const out = isForManual ? root : join(cache, 'bench');
if (isForManual) writeFileSync(kept, `${JSON.stringify(results, null, 2)}\n`);
process.stdout.write(`\nThe figures: ${writePage(results, out)}\n`);
if (failed.length > 0) {
  process.stderr.write(`\nFailed: ${failed.join(', ')}\n`);
  process.exitCode = 1;
}

/** Runs one program; what it found takes the place of what it found before. */
function measure(area, file, name) {
  mkdirSync(join(cache, 'bench'), { recursive: true });
  const lines = join(cache, 'bench', `${name.replace('/', '-')}.jsonl`);
  rmSync(lines, { force: true });
  const on = machine();
  const passed = flags.filter((flag) => flag !== '--write');
  const { status } = spawnSync(process.execPath, [file, ...passed], {
    cwd: root,
    env: { ...env, HAWSER_BENCH_RESULTS: lines },
    stdio: 'inherit',
  });
  const figures = existsSync(lines)
    ? readFileSync(lines, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
    : [];
  if (figures.length > 0) results.programs[name] = { area, on, ...(isQuick && { quick: true }), figures };
  return status === 0;
}
