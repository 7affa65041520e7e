// Everything that can be known of the tree without running it: node scripts/check.mjs [--update] [step …]
// Prints one line a step and the output of those that failed; --update rewrites the files that are generated.
import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { root, taskEnv } from './workspace.mjs';

const update = process.argv.includes('--update') ? ['--update'] : [];
const node = (script, ...args) => [process.execPath, `scripts/${script}`, ...args];

/** The longest first: two run side by side. */
const steps = {
  packages: [node('check-packages.mjs')],
  types: [['tsc', '-b', 'tsconfig.json']],
  api: [node('api-reports.mjs', ...update)],
  imports: [
    ['depcruise', '--config', '.dependency-cruiser.mjs', 'packages', 'apps', 'test', 'bench', 'scripts', 'examples'],
  ],
  unused: [['knip', '--no-progress', '--treat-config-hints-as-errors']],
  lint: [['oxlint', '--type-aware', '--deny-warnings']],
  format: [['oxfmt', '--check']],
  cli: [node('cli-reference.mjs', ...update), node('file-schemas.mjs', ...update)],
  errors: [node('errors-reference.mjs', ...update)],
  promises: [node('check-promises.mjs')],
  licences: [node('inventory.mjs', 'licences', ...update)],
  docs: [node('check-docs.mjs')],
  site: [node('site.mjs')],
  'tracked files': [node('check-tracked.mjs')],
  changesets: [node('check-changesets.mjs')],
};

const chosen = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const unknown = chosen.filter((name) => !(name in steps));
if (unknown.length > 0) {
  process.stderr.write(`Unknown step ${unknown.join(', ')}. Steps: ${Object.keys(steps).join(', ')}.\n`);
  process.exit(2);
}
const waiting = chosen.length > 0 ? chosen : Object.keys(steps);
const failed = [];

await Promise.all([worker(), worker()]);
process.stdout.write(
  failed.length === 0 ? 'check: everything holds\n' : `check: failed in ${failed.length}: ${failed.join(', ')}\n`,
);
process.exitCode = failed.length === 0 ? 0 : 1;

async function worker() {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const started = performance.now();
    let status = 0;
    let output = '';
    for (const command of steps[name]) {
      const ended = await run(command);
      status ||= ended.status;
      output += ended.output;
    }
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    if (status !== 0) failed.push(name);
    process.stdout.write(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`);
    if (status !== 0) process.stdout.write(`${output.trimEnd().replaceAll(/^/gm, '       ')}\n`);
  }
}

function run([command, ...args]) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...taskEnv(), NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.on('error', (error) => resolve({ status: 1, output: `${error.message}\n` }));
    child.on('close', (status) => resolve({ status: status ?? 1, output: Buffer.concat(chunks).toString() }));
  });
}
