// What a run on this machine costs beside the same by hand, what fifty at once do, and how long a list of a thousand takes:
// whole processes, interleaved, medians. The limits are those of docs/promises.
// node bench/exec/run.mjs [--rounds=N]
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { hawser, makeHome, option, quantile, timed } from './support/home.mjs';
import { quick, record } from '../support/figures.mjs';
import { openLocalBackend } from '../../packages/exec-backend/dist/local/index.js';

const rounds = Number(option('rounds') ?? (quick ? 3 : 11));
const home = makeHome();
const { env, project, folder } = home;
const run = (args, more) => timed(process.execPath, [hawser, 'exec', ...args], { cwd: project, env, ...more });
const rows = [];
try {
  process.stdout.write(`Node ${process.version}, ${rounds} rounds, medians of whole processes\n\n`);
  await oneRun();
  await fifty();
  await thousand();
  process.stdout.write('| case | ours | beside it | limit |\n|---|---|---|---|\n');
  for (const row of rows) process.stdout.write(`| ${row.join(' | ')} |\n`);
} finally {
  home.remove();
}

function report(name, ours, beside, limit, isKept) {
  rows.push([name, ours, beside, `${limit}${isKept ? '' : ' MISSED'}`]);
  if (!isKept) process.exitCode = 1;
}

/** The promise: under a second, and no more than seven times a start of Node and the clone and shell themselves. */
async function oneRun() {
  const times = { node: [], hand: [], ours: [], process: [] };
  mkdirSync(join(folder, 'hand'));
  await run(['echo warm']);
  for (let round = 0; round < rounds; round += 1) {
    const clone = `git clone --quiet --depth 1 "file://${home.origin}" "${folder}/hand/${round}" && cd "${folder}/hand/${round}" && echo hello`;
    times.node.push((await timed(process.execPath, ['-e', '0'], { cwd: project, env })).ms);
    times.hand.push((await timed('sh', ['-c', clone], { cwd: project, env })).ms);
    times.ours.push((await run(['echo hello'])).ms);
    times.process.push((await run(['--isolation', 'process', 'echo hello'])).ms);
  }
  const [node, hand, ours, bare] = Object.values(times).map((values) => quantile(values, 0.5));
  const floor = {
    isFloor: true,
    name: 'git clone && sh -c, and node -e 0',
    values: times.hand.map((ms, n) => ms + times.node[n]),
  };
  for (const [what, values] of [
    ['exec "echo hello"', times.ours],
    ['exec "echo hello" --isolation process', times.process],
  ]) {
    const ms = quantile(values, 0.5);
    const isKept = ms < 1000 && ms <= 7 * (node + hand);
    record({ what, unit: 'ms', better: 'less', ours: values, beside: floor, promised: '< 1 s, ≤ 7 ×', isKept });
  }
  for (const [name, ms] of [
    ['exec "echo hello"', ours],
    ['exec "echo hello" --isolation process', bare],
  ]) {
    const ratio = ms / (node + hand);
    const figure = `${ms.toFixed(0)} ms, ${ratio.toFixed(1)} ×; the clone and ${((ms - hand) / node).toFixed(1)} × node`;
    const beside = `node -e 0: ${node.toFixed(0)} ms; git clone && sh -c: ${hand.toFixed(0)} ms`;
    report(name, figure, beside, '< 1 s, ≤ 7 × both', ms < 1000 && ratio <= 7);
  }
}

async function fifty() {
  const start = performance.now();
  const ids = await allOf(
    Array.from({ length: 50 }, async (_, count) => {
      const { stdout } = await run(['--json', '--detach', '--label', `n=${count}`, `echo ${count}`]);
      return JSON.parse(stdout).data.execution.execution_id;
    }),
  );
  const started = performance.now() - start;
  const ends = await allOf(ids.map(async (id) => await run(['wait', id, '--json'])));
  const ms = performance.now() - start;
  record({ what: '50 executions at once, until all have ended', unit: 's', better: 'less', ours: [ms / 1000] });
  const good = ends.filter(({ stdout }) => JSON.parse(stdout).ok).length;
  report(
    '50 at once',
    `${(ms / 1000).toFixed(1)} s, ${good} succeeded`,
    `all started after ${(started / 1000).toFixed(1)} s`,
    '50',
    good === 50 && new Set(ids).size === 50,
  );
}

/** Asked for by the API, in a folder of their own, with a supervisor that does nothing. */
async function thousand() {
  const data = join(folder, 'thousand');
  const service = await openLocalBackend({ folder: join(data, 'exec'), supervisor: ['true'], version: '0', env });
  const headers = { 'x-api-key': service.apiKey };
  const body = JSON.stringify({ command: 'true', no_repo: true, isolation: 'process', labels: { n: 'x' } });
  for (let count = 0; count < 1000; count += 1) {
    const request = new Request('http://local/executions', { method: 'POST', headers, body });
    const { status } = await service.handle(request);
    if (status !== 201) throw new Error(`POST /executions answered ${status}`);
  }
  const times = { wall: [], cpu: [], command: [] };
  for (let round = 0; round < rounds; round += 1) {
    const [start, cpu] = [performance.now(), process.cpuUsage()];
    const listed = await listAll(service);
    const { user, system } = process.cpuUsage(cpu);
    times.wall.push(performance.now() - start);
    times.cpu.push((user + system) / 1000);
    times.command.push(
      (await run(['list', '--limit', '1000', '--json'], { env: { ...env, HAWSER_DATA_DIR: data } })).ms,
    );
    if (listed !== 1000) throw new Error(`${listed} executions are listed`);
  }
  await service.close();
  const [wall, cpu, command] = Object.values(times).map((values) => quantile(values, 0.5));
  record({
    what: 'a list of 1,000 executions',
    unit: 'ms of processor',
    better: 'less',
    ours: times.cpu,
    promised: '< 200 ms',
    isKept: cpu < 200,
  });
  const ours = `${cpu.toFixed(0)} ms of processor, ${wall.toFixed(0)} ms in all`;
  report(
    'list of 1,000 by the service',
    ours,
    `exec list --json: ${command.toFixed(0)} ms`,
    '< 200 ms of processor',
    cpu < 200,
  );
}

async function listAll(service) {
  let listed = 0;
  let cursor;
  do {
    const query = new URLSearchParams({ limit: '100', ...(cursor && { cursor }) });
    const request = new Request(`http://local/executions?${query}`, { headers: { 'x-api-key': service.apiKey } });
    const page = await (await service.handle(request)).json();
    listed += page.executions.length;
    ({ cursor } = page);
  } while (cursor !== undefined);
  return listed;
}

/** All results, once all have come: what fails leaves none behind that goes on. */
async function allOf(promises) {
  const ends = await Promise.allSettled(promises);
  return ends.map((end) => {
    if (end.status === 'rejected') throw end.reason;
    return end.value;
  });
}
