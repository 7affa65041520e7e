// What a gateway costs beside no gateway: one stream, a keystroke's echo, connections a second and memory for each that is
// idle. Straight from the runner, through a plain splice, and through a gateway in a process of its own; interleaved.
// node bench/sessions/stream.mjs [--rounds=N] [--mb=N] [--keys=N] [--sockets=N]
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { quick, record } from '../support/figures.mjs';
import { kept, lookBy, lookDirect, option, quantile, startWorld, until } from './support/world.mjs';

const rounds = Number(option('rounds') ?? (quick ? 2 : 5));
const megabytes = Number(option('mb') ?? (quick ? 16 : 48));
const keys = Number(option('keys') ?? (quick ? 100 : 500));
const sockets = Number(option('sockets') ?? (quick ? 250 : 1_000));
const warmingUp = 1_000;
const ways = ['runner', 'splice', 'gateway'];
const world = await startWorld();
const gateway = await world.startGateway();
try {
  process.stdout.write(`Node ${process.version}, ${rounds} rounds, medians; one machine for all\n\n`);
  await stream();
  await echo();
  await many();
} finally {
  await world.stop();
}

/** A viewer of a session by one of the ways. */
async function look(way, { sessionId, token }, handlers) {
  if (way === 'gateway') return await lookBy(gateway.url, sessionId, token, { whole: true, ...handlers });
  const row = await until(async () => {
    const found = await world.store.session(sessionId);
    return found?.dialKey && found.port ? found : undefined;
  });
  const splice = way === 'splice' ? await world.startSplice(row.port) : undefined;
  return await lookDirect(row, { whole: true, ...handlers }, splice);
}

/** From the newline that lets it begin to the last byte at the viewer; the log is under its cap, so all of it comes. */
async function stream() {
  const file = join(world.folder, 'stream.txt');
  const line = `${'x'.repeat(78)}\n`;
  writeFileSync(file, line.repeat(Math.floor((megabytes * 1_000_000) / line.length)));
  const speeds = { runner: [], splice: [], gateway: [] };
  for (let round = 0; round < rounds; round += 1)
    for (const way of ways) {
      const session = await world.create(`stty -echo -onlcr; printf R; read go; exec cat "${file}"`);
      let bytes = 0;
      const view = await look(way, session, { onOutput: (data) => void (bytes += data.byteLength) });
      await until(() => bytes > 0);
      const start = performance.now();
      view.type('\n');
      const { exit } = await view.ended;
      const ms = performance.now() - start;
      if (exit?.offset !== bytes) throw new Error(`${bytes} bytes came of ${exit?.offset}`);
      speeds[way].push(bytes / 1_000 / ms);
    }
  record({
    what: `one stream of ${megabytes} MB through the gateway, all bytes`,
    unit: 'MB/s',
    better: 'more',
    ours: speeds.gateway,
    beside: { isFloor: true, name: 'straight from the runner', values: speeds.runner },
    promised: '≥ 0.90 ×',
    isKept: quantile(speeds.gateway, 0.5) >= 0.9 * quantile(speeds.runner, 0.5),
  });
  const [runner, splice, through] = ways.map((way) => quantile(speeds[way], 0.5));
  process.stdout.write(
    `| one stream of ${megabytes} MB, all bytes | MB/s | beside straight | limit |\n|---|---|---|---|\n` +
      `| straight from the runner | ${runner.toFixed(1)} | 1 | |\n| through a splice | ${splice.toFixed(1)} | ${(splice / runner).toFixed(2)} | |\n` +
      `| through the gateway | ${through.toFixed(1)} | ${(through / runner).toFixed(2)} | ≥ 0.90${kept(through / runner >= 0.9)} |\n\n`,
  );
}

/** One key at a time, with nothing else going on. */
async function echo() {
  const p99 = {};
  process.stdout.write(`| echo of ${keys} keys | p50 ms | p99 ms | limit |\n|---|---|---|---|\n`);
  for (const way of ways) {
    const session = await world.create('stty raw -echo; printf R; exec cat', { deadline_seconds: 600 });
    let heard = () => {};
    let bytes = 0;
    const onOutput = (data) => {
      bytes += data.byteLength;
      heard();
    };
    const view = await look(way, session, { onOutput });
    await until(() => bytes > 0);
    const times = [];
    for (let key = 0; key < keys; key += 1) {
      const start = performance.now();
      const echoed = new Promise((resolve) => (heard = resolve));
      view.type('k');
      await echoed;
      times.push(performance.now() - start);
    }
    const [half, most] = [quantile(times, 0.5), quantile(times, 0.99)];
    p99[way] = most;
    const limit = way === 'gateway' ? `p99 ≤ 5 ms${kept(most <= 5)}` : '';
    process.stdout.write(`| ${way} | ${half.toFixed(2)} | ${most.toFixed(2)} | ${limit} |\n`);
    view.close();
    await world.end(session.sessionId);
  }
  record({
    what: `echo of ${keys} keys through the gateway, p99`,
    unit: 'ms',
    better: 'less',
    ours: [p99.gateway],
    beside: { isFloor: true, name: 'straight from the runner', values: [p99.runner] },
    promised: '≤ 5 ms',
    isKept: p99.gateway <= 5,
  });
  process.stdout.write('\n');
}

/**
 * Viewers who only look, 25 of whom come at a time: each shows its grant, is dialled through and caught up. The first
 * have the gateway compile its code and grow its heap; they stay, and those behind them are measured.
 */
async function many() {
  const session = await world.create('printf R; exec cat', { deadline_seconds: 600 });
  let bytes = 0;
  const first = await look('gateway', session, { onOutput: (data) => void (bytes += data.byteLength) });
  await until(() => bytes > 0);
  const { grant } = first;
  const views = [];
  const come = async (all) => {
    while (views.length < all) {
      let ready;
      const isReady = new Promise((resolve) => (ready = resolve));
      const seat = views.push(undefined) - 1;
      views[seat] = await lookBy(gateway.url, session.sessionId, undefined, { grant, want: 'view', onReady: ready });
      await isReady;
    }
  };
  const rush = (all) => Promise.all(Array.from({ length: 25 }, () => come(all)));
  await rush(warmingUp);
  const before = await gateway.ask();
  const start = performance.now();
  await rush(warmingUp + sockets);
  const rate = sockets / ((performance.now() - start) / 1_000);
  const after = await gateway.ask();
  const each = (after.rss - before.rss) / 1_024 / sockets;
  const perSecond = sockets / ((after.cpuMs - before.cpuMs) / 1_000);
  for (const [what, unit, better, value, promised, isKept] of [
    ['connections a core of the gateway would take', '/s', 'more', perSecond, '≥ 800', perSecond >= 800],
    ['memory of the gateway for each idle viewer', 'KiB', 'less', each, '≤ 40 KiB', each <= 40],
  ]) {
    record({ what, unit, better, ours: [value], promised, isKept });
  }
  process.stdout.write(
    `| ${sockets} viewers more than ${warmingUp} | | limit |\n|---|---|---|\n` +
      `| connections a second, up to READY, gateway, runner and viewers on the same cores | ${rate.toFixed(0)} | |\n` +
      `| connections that a core of the gateway's own would take in a second | ${perSecond.toFixed(0)} | ≥ 800${kept(perSecond >= 800)} |\n` +
      `| memory of the gateway for each that is idle | ${each.toFixed(1)} KiB | ≤ 40 KiB${kept(each <= 40)} |\n`,
  );
  for (const view of [...views, first]) view.close();
}
