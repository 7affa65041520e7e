// Packs every workspace package as it would be published: node scripts/pack.mjs FOLDER
// Prints `{ "@hawser/x": "/path/of/the.tgz" }`.
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { root, toolEnv, workspacePackages } from './workspace.mjs';

const folder = resolve(process.argv[2]);
mkdirSync(folder, { recursive: true });
const published = workspacePackages().filter(({ manifest }) => manifest.private !== true);
const filters = published.flatMap(({ name }) => ['--filter', name]);
const argv = [...filters, 'pack', '--json', '--pack-destination', folder];
const { stdout } = await promisify(execFile)('pnpm', argv, { cwd: root, env: toolEnv(), maxBuffer: 1 << 28 });
const packed = JSON.parse(stdout).map(({ name, filename }) => [name, filename]);
process.stdout.write(`${JSON.stringify(Object.fromEntries(packed))}\n`);
