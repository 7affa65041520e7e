// What each package costs whoever installs it: the tarball, its content, and the packages that come along.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureSizes } from '../../scripts/sizes.mjs';
import { root } from '../../scripts/workspace.mjs';
import { record } from '../support/figures.mjs';

const folder = mkdtempSync(join(tmpdir(), 'hawser-size-'));
try {
  const packed = execFileSync(process.execPath, [join(root, 'scripts/pack.mjs'), folder], { encoding: 'utf8' });
  const sizes = measureSizes(JSON.parse(packed));
  for (const { name, packedKib, all } of sizes) {
    record({ what: `${name}, packed (${all} packages come along)`, unit: 'KiB', better: 'less', ours: [packedKib] });
  }
  const rows = sizes.map(({ name, packedKib, unpackedKib, direct, all }) => [
    name,
    packedKib.toFixed(1),
    unpackedKib.toFixed(1),
    direct,
    all,
  ]);
  print([['package', 'packed KiB', 'unpacked KiB', 'direct deps', 'all deps'], ...rows]);
} finally {
  rmSync(folder, { recursive: true });
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
