// Runs the benchmarks, each in a process of its own so that none warms up another: node scripts/bench.mjs [area] [flag …]
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './workspace.mjs';

const areas = readdirSync(join(root, 'bench'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'support')
  .map((entry) => entry.name)
  .toSorted();
const chosen = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const flags = process.argv.slice(2).filter((word) => word.startsWith('-'));
const unknown = chosen.filter((area) => !areas.includes(area));
if (unknown.length > 0) {
  process.stderr.write(`No benchmarks for ${unknown.join(', ')}. Areas: ${areas.join(', ')}.\n`);
  process.exit(2);
}

// A cache of compiled code would make the programs under measurement look faster than they are at a person's.
const env = { ...process.env };
delete env.NODE_COMPILE_CACHE;

const failed = [];
for (const area of chosen.length > 0 ? chosen : areas) {
  const folder = join(root, 'bench', area);
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.mjs'))
    .toSorted()) {
    process.stdout.write(`\n— ${area}/${file}\n`);
    const { status } = spawnSync(process.execPath, [join(folder, file), ...flags], {
      cwd: root,
      env,
      stdio: 'inherit',
    });
    if (status !== 0) failed.push(`${area}/${file}`);
  }
}
if (failed.length > 0) {
  process.stderr.write(`\nFailed: ${failed.join(', ')}\n`);
  process.exitCode = 1;
}
