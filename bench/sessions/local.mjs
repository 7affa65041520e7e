// How soon a new session is seen on this machine, how late a keystroke's echo is, and what coming back to a session of
// 100,000 lines costs. The limits are those of docs/promises.
// node bench/sessions/local.mjs [--rounds=N] [--keys=N]
import { quick, record } from '../support/figures.mjs';
import { kept, lookBy, option, quantile, startWorld, until } from './support/world.mjs';

const rounds = Number(option('rounds') ?? (quick ? 5 : 21));
const keys = Number(option('keys') ?? (quick ? 100 : 500));
const world = await startWorld();
try {
  process.stdout.write(
    `Node ${process.version}; local mode, runners as processes\n\n| case | p50 | p99 | worst | limit |\n|---|---|---|---|---|\n`,
  );
  await firstByte();
  await echo();
  await comingBack();
} finally {
  await world.stop();
}

function row(name, values, unit, limit, isKept) {
  // Every value would be too many: in its middle, and at its ends.
  const ends = [0, 0.5, 1].map((part) => quantile(values, part));
  record({ what: name, unit, better: 'less', ours: ends, promised: limit, isKept });
  const [half, most, worst] = [0.5, 0.99, 1].map((part) => quantile(values, part).toFixed(1));
  process.stdout.write(`| ${name} | ${half} | ${most} | ${worst} ${unit} | ${limit}${kept(isKept)} |\n`);
}

/** From the request to the command's first byte at a viewer that came by the link. */
async function firstByte() {
  const times = [];
  for (let round = 0; round < rounds; round += 1) {
    // A runner is kept waiting; the next one takes its place meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const start = performance.now();
    const { sessionId, token } = await world.create('echo hello');
    let first;
    const onOutput = () => void (first ??= performance.now() - start);
    const view = await lookBy(world.url, sessionId, token, { whole: true, onOutput });
    await view.ended;
    times.push(first);
  }
  row(`create → first byte, ${rounds} sessions`, times, 'ms', 'p50 ≤ 150 ms', quantile(times, 0.5) <= 150);
}

/** One key at a time, at a session that echoes; also beside one that floods. */
async function echo() {
  const { view, typed } = await echoing();
  const idle = await typed(keys);
  row(`echo, idle, ${keys} keys`, idle, 'ms', 'p99 ≤ 5 ms', quantile(idle, 0.99) <= 5);
  const flood = await world.create('yes "a line of a flood that does not end by itself"', { deadline_seconds: 600 });
  const flooded = await lookBy(world.url, flood.sessionId, flood.token, { onOutput: () => {} });
  await until(() => flooded.state.session === 'running');
  const beside = await typed(keys);
  row(`echo beside a flood that is looked at, ${keys} keys`, beside, 'ms', 'p99 ≤ 10 ms', quantile(beside, 0.99) <= 10);
  flooded.close();
  await world.end(flood.sessionId);
  view.close();
}

async function echoing() {
  const { sessionId, token } = await world.create('stty raw -echo; printf R; exec cat', { deadline_seconds: 600 });
  let heard = () => {};
  let said = '';
  const onOutput = (data) => {
    said += Buffer.from(data).toString();
    heard();
  };
  const view = await lookBy(world.url, sessionId, token, { whole: true, onOutput });
  await until(() => said.endsWith('R'));
  const typed = async (count) => {
    const times = [];
    for (let key = 0; key < count; key += 1) {
      const start = performance.now();
      const echoed = new Promise((resolve) => (heard = resolve));
      if (!view.type('k')) throw new Error('nothing may be typed');
      await echoed;
      times.push(performance.now() - start);
    }
    return times;
  };
  return { view, typed };
}

/** A fresh viewer of 100,000 coloured lines: bytes and time from the socket's request to READY. */
async function comingBack() {
  const command = `awk 'BEGIN { for (n = 1; n <= 100000; n++) printf "\\033[3%dmline %06d\\033[0m of a session that has been going on for long\\n", n % 8, n }'; exec cat`;
  const { sessionId, token } = await world.create(command, { deadline_seconds: 600 });
  let lines = 0;
  const first = await lookBy(world.url, sessionId, token, {
    whole: true,
    onOutput: (data) => void (lines += Buffer.from(data).toString().split('\n').length - 1),
  });
  await until(() => lines >= 100_000);
  const { grant } = first;
  first.close();
  const [times, bytes] = [[], []];
  for (let round = 0; round < 50; round += 1) {
    let count = 0;
    const start = performance.now();
    let ready;
    const isReady = new Promise((resolve) => (ready = resolve));
    const size = { cols: 80, rows: 24 };
    const onReady = () => ready(performance.now() - start);
    const view = await lookBy(world.url, sessionId, undefined, { grant, size, onReady }, (more) => (count += more));
    times.push(await isReady);
    bytes.push(count / 1_000);
    view.close();
  }
  row('coming back to 100,000 lines, 50 times', times, 'ms', 'p99 ≤ 150 ms to READY', quantile(times, 0.99) <= 150);
  row('the same', bytes, 'kB', '≤ 150 kB', quantile(bytes, 1) <= 150);
}
