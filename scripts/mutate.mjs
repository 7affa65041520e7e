// Breaks codecs and state machines on purpose, one small change at a time, and asks whether a unit test notices:
// node scripts/mutate.mjs [AREA …] [--mutate FILE …] [--concurrency N] [--force]. What did not change since the last run
// is taken from it. Ends with 1 when fewer than 85 of 100 changes are noticed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cache, root } from './workspace.mjs';

const versions = { '@stryker-mutator/core': '9.6.1' };
const least = 85;

/**
 * What is mutated, by the name of its area, and the tests that are asked: files of the package's `test/unit`, `without`
 * those of this name, which simulate whole connections for seconds.
 */
const areas = {
  codec: { package: 'ssm-channel', folder: 'src/codec', tests: ['codec-*'] },
  channel: {
    package: 'ssm-channel',
    folder: 'src/channel',
    tests: ['channel-*', 'rtt', 'size-probe'],
    without: 'probing for the payload size|is not filled with copies',
  },
  smux: { package: 'ssm-channel', folder: 'src/smux', tests: ['smux*'] },
  queues: { package: 'ssm-channel', folder: 'src/queues', tests: ['queues'] },
  link: { package: 'tunnels', folder: 'src/link', files: ['machine', 'backoff'], tests: ['link-machine'] },
  keeper: { package: 'tunnels', folder: 'src/link', files: ['keeper'], tests: ['link-keeper*'] },
  protocol: { package: 'k8s-sessions', folder: 'src/protocol', tests: ['protocol-*'] },
  receipts: { package: 'receipts', folder: 'src', tests: ['canonical-json', 'chain', 'claims', 'keys', 'receipts'] },
  view: {
    package: 'k8s-sessions',
    folder: 'src/client',
    files: ['view-machine', 'input-queue'],
    tests: ['client-view-*', 'client-input-queue'],
  },
  executions: {
    package: 'exec-backend',
    folder: 'src/core',
    files: ['lock-queue', 'transitions'],
    tests: ['lock-queue', 'transitions'],
  },
  phases: { package: 'exec-client', folder: 'src/contract', files: ['phases', 'exit-code'], tests: ['contract'] },
};

const { values: options, positionals: asked } = parseArgs({
  allowPositionals: true,
  options: {
    mutate: { type: 'string', multiple: true, default: [] },
    concurrency: { type: 'string', default: '2' },
    force: { type: 'boolean', default: false },
  },
});
const unknown = asked.filter((area) => !(area in areas));
if (unknown.length > 0) {
  process.stderr.write(`Unknown area ${unknown.join(', ')}. Areas: ${Object.keys(areas).join(', ')}.\n`);
  process.exit(2);
}
const home = join(cache, 'stryker');
install();
const scores = (asked.length > 0 ? asked : Object.keys(areas)).map((area) => ({ area, ...mutate(area, areas[area]) }));
for (const { area, score, noticed, late, all } of scores)
  process.stdout.write(`${area}\t${score.toFixed(1)} %\t${noticed} of ${all}, ${late} of them by their time\n`);
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

function mutate(area, { package: name, folder, files: own = ['**/*'], tests, without }) {
  const report = join(home, `${area}.json`);
  const config = join(home, `${area}.conf.json`);
  const below = `packages/${name}`;
  const files = options.mutate.length > 0 ? options.mutate : own;
  writeFileSync(
    config,
    JSON.stringify({
      testRunner: 'bundled',
      plugins: [join(root, 'scripts/mutation/runner.mjs')],
      mutate: [
        ...files.map((file) => `${below}/${folder}/${file.replace(/\.ts$/, '')}.ts`),
        `!${below}/${folder}/**/index.ts`,
        `!${below}/${folder}/**/errors.ts`,
      ],
      // Which words a message has is no state of a machine.
      mutator: { excludedMutations: ['StringLiteral'] },
      coverageAnalysis: 'perTest',
      // Types are taken off before a test runs, not checked.
      disableTypeChecks: false,
      incremental: true,
      incrementalFile: join(home, `${area}.incremental.json`),
      force: options.force,
      concurrency: Number(options.concurrency),
      // What was loaded for a change is never given back.
      maxTestRunnerReuse: 200,
      tempDirName: `.cache/stryker-sandbox/${area}`,
      ignorePatterns: ['**', `!${below}/**`, '!test/support/**', '!tsconfig.base.json', 'node_modules', 'dist'],
      reporters: ['clear-text', 'json'],
      clearTextReporter: { logTests: false, allowColor: false, reportTests: false },
      jsonReporter: { fileName: report },
      timeoutMS: 3000,
      timeoutFactor: 2,
    }),
  );
  run(process.execPath, [join(home, 'node_modules/@stryker-mutator/core/bin/stryker.js'), 'run', config], {
    cwd: root,
    env: {
      HAWSER_PROPERTY_RUNS: '100',
      ...process.env,
      HAWSER_MUTATE: testFiles(below, tests).join(','),
      ...(without === undefined ? {} : { HAWSER_MUTATE_WITHOUT: without }),
    },
  });
  const mutants = Object.values(JSON.parse(readFileSync(report, 'utf8')).files).flatMap((file) => file.mutants);
  const count = (...states) => mutants.filter(({ status }) => states.includes(status)).length;
  const late = count('Timeout');
  const noticed = count('Killed') + late;
  const all = noticed + count('Survived', 'NoCoverage');
  return { noticed, late, all, score: (100 * noticed) / Math.max(1, all) };
}

/** The files that the names stand for; a `*` at a name's end stands for the rest. */
function testFiles(below, names) {
  const folder = `${below}/test/unit`;
  const wanted = (file) =>
    names.some((name) => (name.endsWith('*') ? file.startsWith(name.slice(0, -1)) : file === `${name}.test.ts`));
  return readdirSync(join(root, folder))
    .filter(wanted)
    .map((file) => `${folder}/${file}`);
}

function run(command, args, settings) {
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], ...settings });
  if (status !== 0) process.exit(status ?? 1);
}
