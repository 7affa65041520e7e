// Packs every workspace package as it would be published: node scripts/pack.mjs FOLDER
// Prints `{ "@hawser/x": "/path/of/the.tgz" }`.
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { root, toolEnv, workspacePackages } from './workspace.mjs';

const folder = resolve(process.argv[2]);
mkdirSync(folder, { recursive: true });
const packed = {};
for (const { folder: source, name, manifest } of workspacePackages()) {
  if (manifest.private === true) continue;
  const argv = ['pack', '--json', '--pack-destination', folder];
  const { stdout } = await promisify(execFile)('pnpm', argv, { cwd: join(root, source), env: toolEnv() });
  packed[name] = JSON.parse(stdout).filename;
}
process.stdout.write(`${JSON.stringify(packed)}\n`);
