// Runs the tests, or with --soak the fault tests at their full size, or with --cluster those that want a real Kubernetes,
// or with --nodes the unit tests on the other versions of Node that are promised:
// node scripts/test.mjs [--soak | --cluster | --nodes] [path or jest flag …]
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cache, root } from './workspace.mjs';

const soak = process.argv.includes('--soak');
const cluster = process.argv.includes('--cluster');
const nodes = process.argv.includes('--nodes');
const args = process.argv.slice(2).filter((word) => !['--soak', '--cluster', '--nodes'].includes(word));
const isFlag = (word) => word.startsWith('-');

run([join(root, 'scripts/counterparts.mjs'), '--install']);

const areas = args.filter((word) => !isFlag(word));
const suites =
  areas.length > 0 ? areas.map((area) => `${area}/test/faults/`) : ['/test/faults/', '/test/journeys/packages.test.ts'];
const jest = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  join(root, 'node_modules/jest/bin/jest.js'),
  ...(soak ? ['--runInBand', ...args.filter(isFlag), ...suites] : args),
  // Building the cluster takes minutes, once.
  ...(cluster ? ['--runInBand', '--testMatch', '<rootDir>/test/cluster/*.test.ts', '--testTimeout', '900000'] : []),
];
if (nodes) {
  const { found } = JSON.parse(readFileSync(join(cache, 'counterparts/state.json'), 'utf8'));
  const unit = [...jest, ...(areas.length > 0 ? [] : ['/test/unit/'])];
  for (const version of ['node-22', 'node-24']) {
    process.stderr.write(`On ${version}:\n`);
    run(unit, {}, found[version].path);
  }
} else run(jest, soak ? { HAWSER_SOAK: process.env.HAWSER_SOAK ?? '1' } : {});

function run(argv, extraEnv = {}, node = process.execPath) {
  // The SDK's reminder that Node 20 is old would stand between the results.
  const env = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...extraEnv };
  const { status, signal } = spawnSync(node, argv, { cwd: root, stdio: 'inherit', env });
  if (status === 0) return;
  if (signal) process.stderr.write(`${argv[0]} was ended by ${signal}.\n`);
  process.exit(status ?? 1);
}
