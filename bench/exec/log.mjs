// How fast a command's output becomes a log of bytes and lines, and how late a line is where somebody follows.
// node bench/exec/log.mjs [--rounds=N] [--mb=N]
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { createReadStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { quick, record } from '../support/figures.mjs';
import { hawser, makeHome, option, quantile, timed } from './support/home.mjs';

const rounds = Number(option('rounds') ?? (quick ? 2 : 5));
const megabytes = Number(option('mb') ?? (quick ? 25 : 100));
const home = makeHome();
const { env, project, folder } = home;
const run = (args, more) => timed(process.execPath, [hawser, 'exec', ...args], { cwd: project, env, ...more });
try {
  process.stdout.write(`Node ${process.version}, ${rounds} rounds\n\n`);
  await throughput();
  await latency();
} finally {
  home.remove();
}

function isKept(condition) {
  if (!condition) process.exitCode = 1;
  return condition ? '' : ' MISSED';
}

/** From the command's first byte to its end, by the execution's own times: what stands around it is measured elsewhere. */
async function throughput() {
  const lines = (megabytes * 1_000_000) / 200;
  const source = join(project, 'lines.txt');
  writeFileSync(
    source,
    Array.from({ length: lines }, (_, count) => `${String(count).padStart(9, '0')} `.padEnd(199, 'x')).join('\n') +
      '\n',
  );
  const sha256 = await digestOf(source);
  const figures = { cat: [], tee: [], ours: [] };
  for (let round = 0; round < rounds; round += 1) {
    const copy = join(folder, 'copy');
    figures.cat.push((await timed('sh', ['-c', `cat "${source}" > "${copy}"`], { cwd: project, env })).ms);
    figures.tee.push(
      (await timed('sh', ['-c', `cat "${source}" | tee "${copy}" > /dev/null`], { cwd: project, env })).ms,
    );
    const { stdout } = await run(['--json', '--detach', '--isolation', 'process', '--no-repo', '--', 'cat', source]);
    const id = JSON.parse(stdout).data.execution.execution_id;
    await run(['wait', id, '--json']);
    const known = JSON.parse((await run(['status', id, '--json'])).stdout).data;
    const { started_at: from, finished_at: to, log } = known.execution ?? known;
    if (log?.sha256 !== sha256 || log.lines !== lines || !log.complete)
      throw new Error(`The log of ${id} is not what was written.`);
    figures.ours.push(Date.parse(to) - Date.parse(from));
    execFileSync('rm', ['-rf', join(env.HAWSER_DATA_DIR, 'exec', 'logs', id)]);
  }
  const speed = (values) => (megabytes * 1000) / quantile(values, 0.5);
  const [cat, tee, ours] = [speed(figures.cat), speed(figures.tee), speed(figures.ours)];
  const rates = (values) => values.map((ms) => (megabytes * 1000) / ms);
  record({
    what: `${megabytes} MB of output into the log, no line lost`,
    unit: 'MB/s',
    better: 'more',
    ours: rates(figures.ours),
    beside: { name: 'cat | tee file', values: rates(figures.tee) },
    promised: '≥ 50 MB/s',
    isKept: ours >= 50,
  });
  process.stdout.write(
    '| case | MB/s | beside cat > file | beside cat \\| tee file | limit |\n|---|---|---|---|---|\n' +
      `| cat > file | ${cat.toFixed(0)} | 1 | | |\n| cat \\| tee file | ${tee.toFixed(0)} | ${(tee / cat).toFixed(2)} | 1 | |\n` +
      `| into the log, ${lines.toLocaleString('en')} lines, none lost | ${ours.toFixed(0)} | ${(ours / cat).toFixed(2)} | ${(ours / tee).toFixed(2)} | ≥ 50${isKept(ours >= 50)} |\n\n`,
  );
}

/** Lines with the time in them, one every 10 ms, and how old each is when a reader of the command line's output has it. */
async function latency() {
  const script = `let n = 0; const t = setInterval(() => { console.log(performance.timeOrigin + performance.now()); if (++n === 300) clearInterval(t); }, 10)`;
  const ages = [];
  let rest = '';
  const onOutput = (chunk) => {
    const nowMs = performance.timeOrigin + performance.now();
    const parts = (rest + chunk).split('\n');
    rest = parts.pop();
    for (const line of parts) ages.push(nowMs - Number(line));
  };
  for (let round = 0; round < rounds; round += 1)
    await run(['--no-repo', '--', process.execPath, '-e', script], { onOutput });
  if (ages.length !== 300 * rounds) throw new Error(`${ages.length} lines came`);
  const [half, most, worst] = [0.5, 0.99, 1].map((part) => quantile(ages, part));
  record({
    what: 'a line at who follows it, p99',
    unit: 'ms',
    better: 'less',
    ours: [most],
    promised: '< 300 ms',
    isKept: most < 300,
  });
  process.stdout.write(
    '| line to follower | p50 | p99 | worst | limit |\n|---|---|---|---|---|\n' +
      `| ${ages.length.toLocaleString('en')} lines | ${half.toFixed(1)} ms | ${most.toFixed(1)} ms | ${worst.toFixed(1)} ms | p99 < 300 ms${isKept(most < 300)} |\n`,
  );
}

async function digestOf(path) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
