// How long a command takes to start, beside `node -e 0` on the same Node: interleaved runs, so that a busy moment of
// the machine hits all of them alike, and medians. Budgets hold on Node 20, for CPU time, which is the same on a busy
// machine; Node 22 and 24 stand beside it.
// node bench/startup/startup.mjs [--rounds=N] [--all]   (--all: help and start of every command)
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { quick, record } from '../support/figures.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const option = (name) => process.argv.find((word) => word.startsWith(`--${name}=`))?.split('=')[1];
const rounds = Number(option('rounds') ?? (quick ? 5 : 21));
const hawser = `${root}apps/cli/bin/hawser.js`;
const plugin = `${root}apps/session-manager-plugin/bin/session-manager-plugin.cjs`;
// A home of nobody: plugins and settings of the person at this machine are not measured.
const env = { PATH: process.env.PATH, HOME: `${tmpdir()}/hawser-bench-nobody` };

const { commands } = JSON.parse(readFileSync(`${root}apps/cli/oclif.manifest.json`, 'utf8'));
const everyCommand = Object.keys(commands).flatMap((id) => {
  const words = id.split(':');
  return [
    { name: `hawser ${words.join(' ')} --help`, args: [hawser, ...words, '--help'], limit: 2.5 },
    // A flag that does not exist: the command is loaded, its words are parsed, and the usage is shown.
    { name: `hawser ${words.join(' ')} (start)`, args: [hawser, ...words, '--no-such-flag'], exitCode: 2, limit: 2.5 },
  ];
});
const few = ['hawser ssm run --help', 'hawser ssm run (start)'];
const cases = [
  { name: 'node -e 0', args: ['-e', '0'] },
  { name: 'hawser --version', args: [hawser, '--version'], limit: 1.25 },
  { name: 'session-manager-plugin --version', args: [plugin, '--version'], limit: 1.25 },
  { name: 'session-manager-plugin --help', args: [plugin, '--help'], limit: 2.5 },
  // A session without its other two parts: everything is loaded, then it is invalid.
  { name: 'session-manager-plugin (start)', args: [plugin, '--session-id', 's'], exitCode: 2, limit: 2.5 },
  // In a folder of nobody, where nothing is open.
  { name: 'hawser net status', args: [hawser, 'net', 'status'], limit: 2.5 },
  ...everyCommand.filter(({ name }) => process.argv.includes('--all') || few.includes(name)),
];

let over = 0;
for (const node of nodes()) {
  const rows = measure(node, cases);
  const budgeted = node.version.startsWith('v20.');
  process.stdout.write(`\nNode ${node.version}, ${rounds} rounds, medians\n`);
  process.stdout.write(
    '|  | wall ms | CPU ms | wall ratio | CPU ratio | budget for CPU |\n|---|---|---|---|---|---|\n',
  );
  for (const { name, limit, wallMs, cpuMs, wallRatio, cpuRatio, cpuAll } of rows) {
    const kept = limit === undefined || !budgeted ? '' : cpuRatio <= limit ? `≤ ${limit}, kept` : `≤ ${limit}, MISSED`;
    if (kept.endsWith('MISSED')) over++;
    if (name !== cases[0].name) {
      record({
        what: `${name}, Node ${node.version.slice(1).split('.')[0]}`,
        unit: 'ms of processor',
        better: 'less',
        ours: cpuAll,
        beside: { isFloor: true, name: cases[0].name, values: rows[0].cpuAll },
        ...(kept !== '' && { promised: `≤ ${limit} ×`, isKept: cpuRatio <= limit }),
      });
    }
    const figures = [wallMs.toFixed(0), cpuMs.toFixed(0), wallRatio.toFixed(2), cpuRatio.toFixed(2)];
    process.stdout.write(`| ${[name, ...figures, kept].join(' | ')} |\n`);
  }
}
process.exitCode = over > 0 ? 1 : 0;

/** This Node, and those that the counterparts brought. */
function nodes() {
  const state = `${root}.cache/counterparts/state.json`;
  const { found } = existsSync(state) ? JSON.parse(readFileSync(state, 'utf8')) : { found: {} };
  const others = ['node-22', 'node-24'].filter((name) => found[name]).map((name) => found[name].path);
  if (others.length < 2) {
    process.stderr.write(
      'Not run: Node 22 and 24, which are not here. To have them: node scripts/counterparts.mjs --install\n',
    );
  }
  return [process.execPath, ...others].map((path) => ({
    path,
    version: spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout.trim(),
  }));
}

/** Medians of each case; a ratio is taken to the first case of the same round. */
function measure(node, all) {
  const runs = new Map(all.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const one of all) {
      const run = runOnce(node.path, one);
      // The first round fills the caches of disk and compiler.
      if (round > 0) runs.get(one.name).push(run);
    }
  }
  const floor = runs.get(all[0].name);
  return all.map(({ name, limit }) => {
    const own = runs.get(name);
    return {
      name,
      limit,
      cpuAll: own.map(({ cpuMs }) => cpuMs),
      wallMs: median(own.map(({ wallMs }) => wallMs)),
      cpuMs: median(own.map(({ cpuMs }) => cpuMs)),
      wallRatio: median(own.map(({ wallMs }, round) => wallMs / floor[round].wallMs)),
      cpuRatio: median(own.map(({ cpuMs }, round) => cpuMs / floor[round].cpuMs)),
    };
  });
}

/** One run, timed by the shell: Node does not tell how much CPU time a child has used. */
function runOnce(node, { name, args, exitCode = 0 }) {
  const script = 'TIMEFORMAT="%R %U %S"; time "$@" >/dev/null 2>/dev/null';
  const { status, stderr } = spawnSync('bash', ['-c', script, 'bash', node, ...args], { env, encoding: 'utf8' });
  if (status !== exitCode) throw new Error(`${name} ended with ${status}`);
  const [wall, user, system] = stderr.trim().split(/\s+/).map(Number);
  return { wallMs: wall * 1000, cpuMs: (user + system) * 1000 };
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
