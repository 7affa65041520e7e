// Runs the tests, or with --soak the fault tests at their full size: node scripts/test.mjs [--soak] [path or jest flag …]
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const soak = process.argv.includes('--soak');
const args = process.argv.slice(2).filter((word) => word !== '--soak');

const prepared = spawnSync('node', [join(root, 'scripts/counterparts.mjs'), '--install'], { cwd: root, stdio: 'inherit' });
if (prepared.status !== 0) process.exit(prepared.status ?? 1);

const patterns = soak ? args.filter((word) => !word.startsWith('-')).map((area) => `${area}/test/faults/`) : args;
if (soak && patterns.length === 0) patterns.push('/test/faults/');
const flags = soak ? args.filter((word) => word.startsWith('-')) : [];

const result = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    join(root, 'node_modules/jest/bin/jest.js'),
    ...(soak ? ['--runInBand'] : []),
    ...flags,
    ...patterns,
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, ...(soak ? { HAWSER_SOAK: '1' } : {}) } },
);
process.exitCode = result.status ?? 1;
