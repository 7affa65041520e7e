// Throughput, memory, fairness and latency of a session, beside the floor of the same run:
// one websocket frame each way and one digest at each end, without any protocol.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { quick, record } from '../support/figures.mjs';

const MIB = 2 ** 20;
const big = process.env.HAWSER_SOAK === '1';
const script = (name) => fileURLToPath(new URL(`support/${name}.mjs`, import.meta.url));

const official = officialPlugin();
const rounds = quick ? 2 : 5;
const rows = [];
for (const payloadBytes of [1024, 32_768]) {
  const far = await farSide({ agent: { payloadBytes } });
  const bytes = payloadBytes === 1024 ? (quick ? 16 : 48) * MIB : (big ? 1024 : quick ? 64 : 256) * MIB;
  for (const way of ['upload', 'download']) {
    const what = `${way}, mux, ${payloadBytes}-byte messages`;
    const runs = { ours: [], floor: [] };
    for (let round = 0; round < rounds; round++) {
      runs.ours.push(await near({ kind: way, far: far.facts, bytes, payloadBytes }));
      runs.floor.push(await near({ kind: `floor-${way}`, far: far.facts, bytes, payloadBytes }));
    }
    record({
      what,
      unit: 'MiB/s',
      better: 'more',
      ours: runs.ours.map(({ mibPerSecond }) => mibPerSecond),
      beside: {
        isFloor: true,
        name: 'bare websocket with one digest',
        values: runs.floor.map(({ mibPerSecond }) => mibPerSecond),
      },
    });
    const [ours, floor] = Object.values(runs).map(middle);
    rows.push({
      what,
      figure: `${ours.mibPerSecond.toFixed(1)} MiB/s`,
      floor: `${floor.mibPerSecond.toFixed(1)} MiB/s`,
      ratio: (ours.mibPerSecond / floor.mibPerSecond).toFixed(2),
      memory: `+${ours.peakMiB.toFixed(0)} MiB`,
    });
  }
  if (official && payloadBytes === 1024) {
    for (const way of ['upload', 'download']) {
      const runs = { ours: [], theirs: [] };
      for (let round = 0; round < rounds; round++) {
        runs.ours.push(await near({ kind: way, far: far.facts, bytes: 4 * MIB, payloadBytes }));
        runs.theirs.push(await near({ kind: `plugin-${way}`, far: far.facts, bytes: 4 * MIB, plugin: official }));
      }
      record({
        what: `${way} of 4 MiB, mux, ${payloadBytes}-byte messages`,
        unit: 'MiB/s',
        better: 'more',
        ours: runs.ours.map(({ mibPerSecond }) => mibPerSecond),
        beside: { name: 'session-manager-plugin (AWS)', values: runs.theirs.map(({ mibPerSecond }) => mibPerSecond) },
      });
      const theirs = middle(runs.theirs);
      rows.push({
        what: `${way}, mux, the official plugin`,
        figure: `${theirs.mibPerSecond.toFixed(1)} MiB/s`,
        floor: '',
        ratio: '',
        memory: '',
      });
    }
  }
  await far.close();
}
if (!official)
  process.stderr.write(
    'not run: the official plugin, which is not here. To have it: node scripts/counterparts.mjs --install\n',
  );
const far = await farSide({});
const probed = await near({ kind: 'upload', far: far.facts, bytes: (quick ? 64 : 256) * MIB });
rows.push({
  what: 'upload, mux, size found by probing',
  figure: `${probed.mibPerSecond.toFixed(1)} MiB/s`,
  floor: '',
  ratio: '',
  memory: `+${probed.peakMiB.toFixed(0)} MiB`,
});
const fair = await near({ kind: 'fair', far: far.facts, bytes: 512 * 1024, streams: 200 });
rows.push({
  what: '200 streams of 512 KiB, slowest / mean',
  figure: fair.slowestToMean.toFixed(2),
  floor: '',
  ratio: '',
  memory: '',
});
record({ what: '200 streams of 512 KiB, slowest / mean', unit: '×', better: 'less', ours: [fair.slowestToMean] });
const echo = await near({ kind: 'echo', far: far.facts, rounds: 2_000 });
const raw = await near({ kind: 'floor-echo', far: far.facts, rounds: 2_000 });
rows.push({
  what: 'keystroke echo p99 (p50), floor: raw socket',
  figure: `${echo.p99.toFixed(2)} ms (${echo.p50.toFixed(2)})`,
  floor: `${raw.p99.toFixed(2)} ms (${raw.p50.toFixed(2)})`,
  ratio: '',
  memory: '',
});
record({
  what: 'keystroke echo, p99',
  unit: 'ms',
  better: 'less',
  ours: [echo.p99],
  beside: { isFloor: true, name: 'raw socket', values: [raw.p99] },
});
await far.close();
console.table(rows);

/** The run in the middle, by its speed. */
function middle(runs) {
  return runs.toSorted((one, other) => one.mibPerSecond - other.mibPerSecond)[runs.length >> 1];
}

/** Where the counterparts script put the official plugin, if it could be had. */
function officialPlugin() {
  const state = new URL('../../.cache/counterparts/state.json', import.meta.url);
  return existsSync(state) ? JSON.parse(readFileSync(state, 'utf8')).found['official-plugin']?.path : undefined;
}

async function farSide(options) {
  const child = spawn(process.execPath, [script('far-side'), JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return {
    facts: JSON.parse(line),
    async close() {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}

async function near(options) {
  const child = spawn(process.execPath, [script('near-side'), JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${options.kind} failed`);
  return JSON.parse(output);
}
