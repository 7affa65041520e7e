// What each package costs whoever installs it: the tarball, its content, and the packages that come along.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { root, toolEnv, workspacePackages } from '../../scripts/workspace.mjs';

const folder = mkdtempSync(join(tmpdir(), 'hawser-size-'));
try {
  const tarballs = JSON.parse(
    execFileSync(process.execPath, [join(root, 'scripts/pack.mjs'), folder], { encoding: 'utf8' }),
  );
  const rows = Object.entries(tarballs).map(([name, tarball]) => {
    const { direct, all } = dependencies(name);
    const unpacked = gunzipSync(readFileSync(tarball)).length;
    return [name, kib(statSync(tarball).size), kib(unpacked), direct, all];
  });
  print([['package', 'packed KiB', 'unpacked KiB', 'direct deps', 'all deps'], ...rows]);
} finally {
  rmSync(folder, { recursive: true });
}

/** Dependencies of production, ours left out of neither count. */
function dependencies(name) {
  const { folder: source } = workspacePackages().find((candidate) => candidate.name === name) ?? {};
  const argv = ['list', '--prod', '--json', '--depth', 'Infinity'];
  const listed = execFileSync('pnpm', argv, {
    cwd: join(root, source),
    env: toolEnv(),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const [{ dependencies: direct = {} }] = JSON.parse(listed);
  const seen = new Set();
  const visit = (tree) => {
    for (const [key, { version, dependencies: below = {} }] of Object.entries(tree)) {
      if (seen.has(`${key}@${version}`)) continue;
      seen.add(`${key}@${version}`);
      visit(below);
    }
  };
  visit(direct);
  return { direct: Object.keys(direct).length, all: seen.size };
}

function kib(bytes) {
  return (bytes / 1024).toFixed(1);
}

function print(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)));
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      column === 0 ? String(cell).padEnd(widths[column]) : String(cell).padStart(widths[column]),
    );
    process.stdout.write(`${cells.join('  ')}\n`);
  }
}
