// File copies beside the raw channel they use, in the same run: up, a terminal in raw mode whose bytes go to /dev/null;
// down, `cat` of the same file, thrown away. Both sides of a comparison pay for their own session, and a copy also for
// reading, writing and digesting the file at both ends. Rounds alternate, and the median of their ratios counts, so that
// what else happens on the machine hits both. Promised: 0.70 of the raw channel, each way.
//
// Downloads are measured twice. Agents send 1,024 bytes in a message. With the 32 KiB that the emulator can also send,
// loopback is faster than the page cache takes a file, and it is the disk and the digests that are measured.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { quick, record } from '../support/figures.mjs';
import { copyFromTarget, copyToTarget, openSession } from '@hawser/ssm-channel';
import { createAwsApi } from '@hawser/ssm-channel/aws';

const MIB = 2 ** 20;
const size = (process.env.HAWSER_SOAK === '1' ? 1024 : quick ? 64 : 256) * MIB;
const rounds = quick ? 3 : 5;
const promised = 0.7;
const target = 'i-0123456789abcdef0';

const folder = await mkdtemp(join(tmpdir(), 'hawser-bench-'));
const file = join(folder, 'random');
const rows = [];
try {
  await fill(file);
  for (const [what, payloadBytes, copy, raw] of [
    ['up', 1024, (api) => copyToTarget({ api, target, from: file, to: join(folder, 'up') }), rawUp],
    ['down', 1024, (api) => copyFromTarget({ api, target, from: file, to: join(folder, 'down') }), rawDown],
    ['down', 32_768, (api) => copyFromTarget({ api, target, from: file, to: join(folder, 'down') }), rawDown],
  ]) {
    rows.push(
      await compare(`${String(what)}, ${String(payloadBytes)}-byte messages of the agent`, { payloadBytes }, copy, raw),
    );
  }
} finally {
  await rm(folder, { recursive: true });
}
console.table(rows);

async function compare(what, agent, copy, raw) {
  const far = await farSide({ agent });
  const api = createAwsApi({ endpointUrl: far.facts.endpoint, region: far.facts.region, env: far.facts.env });
  try {
    await copy(api); // Warm-up: neither side is to pay for the compiler.
    const speeds = { copy: [], raw: [] };
    for (let round = 0; round < rounds; round++) {
      speeds.raw.push(await mibPerSecond(() => raw(api)));
      speeds.copy.push(await mibPerSecond(() => copy(api)));
    }
    const ratio = median(speeds.copy.map((speed, round) => speed / speeds.raw[round]));
    record({
      what: `copy ${what}`,
      unit: 'MiB/s',
      better: 'more',
      ours: speeds.copy,
      beside: { isFloor: true, name: 'the raw channel', values: speeds.raw },
      promised: `≥ ${promised} ×`,
      isKept: ratio >= promised,
    });
    return {
      what,
      copy: `${median(speeds.copy).toFixed(1)} MiB/s`,
      'raw channel': `${median(speeds.raw).toFixed(1)} MiB/s`,
      ratio: ratio.toFixed(2),
      promised: `≥ ${promised.toFixed(2)}${ratio < promised ? ' MISSED' : ''}`,
    };
  } finally {
    api[Symbol.dispose]();
    await far.close();
  }
}

async function rawUp(api) {
  const start = await api.startSession({
    target,
    document: 'AWS-StartInteractiveCommand',
    parameters: { command: [`sh -c 'stty raw -echo; echo ready; head -c ${size} >/dev/null; echo done'`] },
  });
  const session = await openSession({ start, api, target });
  session.resize({ columns: 80, rows: 24 });
  session.stderr.resume();
  let printed = '';
  const says = async (word) => {
    while (!printed.includes(word)) printed += (await once(session.stdout, 'data')).toString();
  };
  await says('ready');
  const block = randomBytes(MIB / 4);
  for (let sent = 0; sent < size; sent += block.length) {
    if (!session.stdin.write(block)) await once(session.stdin, 'drain');
  }
  await says('done');
  await session.ended;
}

async function rawDown(api) {
  const start = await api.startSession({
    target,
    document: 'AWS-StartNonInteractiveCommand',
    parameters: { command: [`cat ${file}`], separateOutputStream: ['true'] },
  });
  const session = await openSession({ start, api, target });
  session.stderr.resume();
  session.stdout.resume();
  await session.ended;
}

async function mibPerSecond(work) {
  const started = performance.now();
  await work();
  return (size / MIB / (performance.now() - started)) * 1000;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

async function fill(path) {
  const stream = createWriteStream(path);
  for (let written = 0; written < size; written += MIB) {
    if (!stream.write(randomBytes(MIB))) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'close');
}

async function farSide(options) {
  const script = fileURLToPath(new URL('support/far-side.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return {
    facts: JSON.parse(line),
    async close() {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}
