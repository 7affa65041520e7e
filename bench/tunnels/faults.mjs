// What clients see of faults: a word is said over a fresh connection every 50 ms, from before the fault until all is
// well again. `recovered` is from the fault to the first word that came back of those said after it. `refused` counts
// those who came after the fault and were refused or broken off, `broken` those whose connection was there already, which
// nobody can save. Promise: kill -9 of ssh is over in less than a second, and nobody is refused in an outage of 5 s.
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { record } from '../support/figures.mjs';
import { World, descendants, freePort, kill, median, memoryOf, quick, saying } from './support/world.mjs';

const rounds = quick ? 1 : 3;
const outageMs = 5_000;
const giveUpMs = 12_000;
const alive = ['-o', 'ServerAliveInterval=1', '-o', 'ServerAliveCountMax=2'];

const world = await World.start();
world.configure('  ServerAliveInterval 1\n  ServerAliveCountMax 2\n');
try {
  const far = await world.program('far-end');
  const rows = [];
  const recoveries = new Map();
  for (const [name, open] of Object.entries({ hawser, autossh, 'bare ssh': bareSsh })) {
    for (const [fault, cause] of Object.entries({
      'kill -9 of ssh': async ({ sshPids }) => sshPids().forEach((pid) => kill(pid, 'SIGKILL')),
      'SIGSTOP of sshd': freeze,
      [`sshd away for ${outageMs / 1000} s`]: outage,
    })) {
      const results = [];
      for (let round = 0; round < rounds; round++) results.push(await suffer(open, cause, far.port));
      if (results.includes(undefined)) continue;
      const recovered = results.map((result) => result.recoveredMs);
      recoveries.set(`${fault}: ${name}`, { fault, name, values: recovered.map((ms) => ms ?? giveUpMs) });
      rows.push({
        what: `${fault}: ${name}`,
        'recovered ms': recovered.includes(undefined) ? 'never' : median(recovered).toFixed(0),
        refused: results.reduce((sum, { refused }) => sum + refused, 0),
        broken: results.reduce((sum, { broken }) => sum + broken, 0),
        clients: results.reduce((sum, { clients }) => sum + clients, 0),
        'memory MiB': median(results.map(({ memoryMiB }) => memoryMiB)).toFixed(0),
      });
    }
  }
  for (const { fault, name, values } of recoveries.values()) {
    const ours = recoveries.get(`${fault}: hawser`);
    if (name === 'hawser' || !ours) continue;
    const what = `well again after ${fault} (12,000 ms: not at all)`;
    record({ what, unit: 'ms', better: 'less', ours: ours.values, beside: { name, values } });
  }
  console.table(rows.toSorted((one, other) => one.what.localeCompare(other.what)));
} finally {
  await world.close();
}

/** Everything that serves a connection stops, and stays so; the listener goes on. */
async function freeze() {
  const frozen = world.serving();
  for (const pid of frozen) kill(pid, 'SIGSTOP');
  return async () => frozen.forEach((pid) => kill(pid, 'SIGKILL'));
}

async function outage() {
  await world.sshdDown();
  await delay(outageMs);
  await world.sshdUp();
}

async function suffer(open, cause, to) {
  const way = await open(to);
  if (!way) return undefined;
  const asked = [];
  const over = new AbortController();
  const asking = (async () => {
    while (!over.signal.aborted) {
      asked.push(ask(way.port));
      await delay(50);
    }
  })();
  await Promise.race(asked.length > 0 ? asked : [delay(300)]);
  const memoryMiB = way.pids().reduce((sum, pid) => sum + memoryOf(pid), 0);
  const faultMs = performance.now();
  const mend = await cause(way);
  const recoveredMs = await recovery(asked, faultMs);
  over.abort();
  await asking;
  const answers = await Promise.all(asked);
  await mend?.();
  await way.close();
  const failed = answers.filter(({ ok }) => !ok);
  const broken = failed.filter(({ startedMs }) => startedMs < faultMs).length;
  return { recoveredMs, refused: failed.length - broken, broken, clients: answers.length, memoryMiB };
}

async function recovery(asked, faultMs) {
  const good = [];
  let seen = 0;
  while (performance.now() < faultMs + giveUpMs) {
    await delay(10);
    for (; seen < asked.length; seen++) {
      asked[seen].then(({ ok, startedMs, endedMs }) => ok && startedMs > faultMs + 100 && good.push(endedMs));
    }
    if (good.length > 0) return Math.min(...good) - faultMs;
  }
  return undefined;
}

/** Says a word and waits for it to come back; one that does not within 10 s counts as not answered. */
async function ask(port) {
  const startedMs = performance.now();
  const socket = connect(port, '127.0.0.1');
  const ok = await new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), 10_000);
    const end = (value) => {
      clearTimeout(timer);
      resolve(value);
    };
    socket.on('connect', () => socket.write('e word'));
    socket.once('data', () => end(true));
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
  });
  socket.destroy();
  return { ok, startedMs, endedMs: performance.now() };
}

async function hawser(to) {
  const client = await world.supervisor();
  const up = { name: 'app', set: 'bench', via: world.via, to: { host: '127.0.0.1', port: to }, local: { port: 0 } };
  const [tunnel] = await client.up([up]);
  return {
    port: tunnel.local.port,
    pids: () => [client.pid, ...descendants(client.pid)],
    sshPids: () => tunnel.link.pids,
    close: async () => {
      await client.down({ all: true });
      await client.close();
    },
  };
}

async function bareSsh(to) {
  const port = await freePort();
  const ready = ['-o', 'PermitLocalCommand=yes', '-o', 'LocalCommand=echo ready'];
  const forward = `127.0.0.1:${port}:127.0.0.1:${to}`;
  const ssh = world.spawn('ssh', ['-F', world.config, '-N', ...alive, ...ready, '-L', forward, 'bastion'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await saying(ssh.stdout, /ready/);
  return { port, pids: () => [ssh.pid], sshPids: () => [ssh.pid], close: async () => ssh.kill('SIGKILL') };
}

async function autossh(to) {
  if (!existsSync('/usr/bin/autossh')) {
    process.stderr.write('not run: autossh, which is not here. To have it: node scripts/counterparts.mjs --install\n');
    return undefined;
  }
  const port = await freePort();
  const forward = `127.0.0.1:${port}:127.0.0.1:${to}`;
  const ready = ['-o', 'PermitLocalCommand=yes', '-o', 'LocalCommand=echo ready'];
  const more = ['-o', 'ExitOnForwardFailure=yes', ...alive, ...ready, '-L', forward, 'bastion'];
  const auto = world.spawn('autossh', ['-M', '0', '-F', world.config, '-N', ...more], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, AUTOSSH_GATETIME: '0' },
  });
  await saying(auto.stdout, /ready/);
  auto.stdout.resume();
  return {
    port,
    pids: () => [auto.pid, ...descendants(auto.pid)],
    sshPids: () => descendants(auto.pid),
    close: async () => {
      const ended = once(auto, 'exit');
      auto.kill('SIGTERM');
      await ended;
    },
  };
}
