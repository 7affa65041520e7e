// Breaks codecs and state machines on purpose, one small change at a time, and asks whether a unit test notices:
// node scripts/mutate.mjs [AREA …]. Ends with 1 when fewer than 85 of 100 changes are noticed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cache, root } from './workspace.mjs';

const versions = { '@stryker-mutator/core': '9.6.1', '@stryker-mutator/jest-runner': '9.6.1' };
const least = 85;

/** What is mutated, by the name of its area. */
const areas = {
  codec: 'packages/ssm-channel/src/codec',
  channel: 'packages/ssm-channel/src/channel',
  smux: 'packages/ssm-channel/src/smux',
  queues: 'packages/ssm-channel/src/queues',
  link: 'packages/tunnels/src/link',
  protocol: 'packages/k8s-sessions/src/protocol',
  receipts: 'packages/receipts/src',
};

const asked = process.argv.slice(2);
const unknown = asked.filter((area) => !(area in areas));
if (unknown.length > 0) {
  process.stderr.write(`Unknown area ${unknown.join(', ')}. Areas: ${Object.keys(areas).join(', ')}.\n`);
  process.exit(2);
}
const home = join(cache, 'stryker');
install();
const scores = (asked.length > 0 ? asked : Object.keys(areas)).map((area) => ({ area, ...mutate(area, areas[area]) }));
for (const { area, score, noticed, all } of scores)
  process.stdout.write(`${area}\t${score.toFixed(1)} %\t${noticed} of ${all}\n`);
process.exit(scores.every(({ score }) => score >= least) ? 0 : 1);

/**
 * The tester lies apart from the workspace: a prompt that it can do without wants a newer Node than ours, which the
 * workspace's own installation would refuse.
 */
function install() {
  const manifest = JSON.stringify({ private: true, dependencies: versions });
  const file = join(home, 'package.json');
  if (existsSync(file) && readFileSync(file, 'utf8') === manifest && existsSync(join(home, 'node_modules'))) return;
  mkdirSync(home, { recursive: true });
  writeFileSync(file, manifest);
  run('npm', ['install', '--silent', '--no-audit', '--no-fund', '--no-package-lock'], { cwd: home });
}

function mutate(area, folder) {
  const report = join(home, `${area}.json`);
  const config = join(home, `${area}.conf.json`);
  const [parent, name] = folder.split('/');
  writeFileSync(
    config,
    JSON.stringify({
      testRunner: 'jest',
      testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
      plugins: [join(home, 'node_modules/@stryker-mutator/jest-runner/dist/src/index.js')],
      mutate: [`${folder}/**/*.ts`, `!${folder}/**/index.ts`, `!${folder}/**/errors.ts`],
      // Which words a message has is no state of a machine.
      mutator: { excludedMutations: ['StringLiteral'] },
      ignoreStatic: true,
      jest: { projectType: 'custom', configFile: 'scripts/mutation/jest.config.mjs', enableFindRelatedTests: false },
      coverageAnalysis: 'perTest',
      concurrency: 2,
      tempDirName: '.cache/stryker-sandbox',
      ignorePatterns: ['.cache', 'apps', 'docs', 'examples', 'bench', 'dist'],
      reporters: ['clear-text', 'json'],
      clearTextReporter: { logTests: false, allowColor: false },
      jsonReporter: { fileName: report },
      timeoutMS: 10_000,
    }),
  );
  run(process.execPath, [join(home, 'node_modules/@stryker-mutator/core/bin/stryker.js'), 'run', config], {
    cwd: root,
    env: { ...process.env, HAWSER_MUTATE: `${parent}/${name}` },
  });
  const { files } = JSON.parse(readFileSync(report, 'utf8'));
  const states = Object.values(files).flatMap(({ mutants }) => mutants.map(({ status }) => status));
  const noticed = states.filter((status) => status === 'Killed' || status === 'Timeout').length;
  const missed = states.filter((status) => status === 'Survived' || status === 'NoCoverage').length;
  return { noticed, all: noticed + missed, score: (100 * noticed) / Math.max(1, noticed + missed) };
}

function run(command, args, options) {
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options });
  if (status !== 0) process.exit(status ?? 1);
}
