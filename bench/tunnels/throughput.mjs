// Throughput of a tunnel over ssh, beside plain `ssh -L` in the same run, turn by turn. Promise: at least 85 % of it.
// The second row is `ssh -L` with the cipher that we prefer, for what the way through the supervisor itself costs.
import { record } from '../support/figures.mjs';
import { World, cpuOf, freePort, median, memoryOf, quick, saying } from './support/world.mjs';

const rounds = quick ? 3 : 9;
const mib = quick ? 128 : 512;
const aes = 'Ciphers=^aes128-gcm@openssh.com,aes256-gcm@openssh.com';

const world = await World.start();
try {
  const far = await world.program('far-end');
  const plain = await plainSsh(far.port);
  const same = await plainSsh(far.port, ['-o', aes]);
  const client = await world.supervisor();
  const [tunnel] = await client.up([
    { name: 'far', set: 'bench', via: world.via, to: { host: '127.0.0.1', port: far.port }, local: { port: 0 } },
  ]);
  const ways = {
    'ssh -L': { port: plain.port, pids: [plain.pid] },
    'ssh -L, our cipher': { port: same.port, pids: [same.pid] },
    hawser: { port: tunnel.local.port, pids: [client.pid, ...tunnel.link.pids] },
  };
  const rows = [];
  for (const kind of ['d', 'u']) {
    const rates = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
    const cpu = { ...rates };
    for (const name of Object.keys(ways)) cpu[name] = 0;
    for (let round = 0; round < rounds; round++) {
      for (const [name, { port, pids }] of Object.entries(ways)) {
        const before = cpuOf(pids);
        const { mibPerSecond } = await world.program('near-end', `${port}`, kind, `${mib}`);
        cpu[name] += cpuOf(pids) - before;
        rates[name].push(mibPerSecond);
      }
    }
    record({
      what: `${kind === 'd' ? 'download' : 'upload'} through a tunnel over ssh`,
      unit: 'MiB/s',
      better: 'more',
      ours: rates.hawser,
      beside: { name: 'ssh -L', values: rates['ssh -L'] },
      promised: '≥ 0.85 ×',
      isKept: median(rates.hawser.map((rate, round) => rate / rates['ssh -L'][round])) >= 0.85,
    });
    for (const [name, { pids }] of Object.entries(ways)) {
      const ratios = rates[name].map((rate, round) => rate / rates['ssh -L'][round]);
      rows.push({
        what: `${kind === 'd' ? 'download' : 'upload'}, ${name}`,
        'MiB/s': median(rates[name]).toFixed(0),
        'to ssh -L': median(ratios).toFixed(2),
        'CPU s/GiB': (cpu[name] / ((rounds * mib) / 1024)).toFixed(2),
        'memory MiB': pids.map((pid) => memoryOf(pid).toFixed(0)).join(' + '),
      });
    }
  }
  await client.close();
  console.table(rows);
} finally {
  await world.close();
}

async function plainSsh(to, more = []) {
  const port = await freePort();
  const forward = `127.0.0.1:${port}:127.0.0.1:${to}`;
  const ready = ['-o', 'PermitLocalCommand=yes', '-o', 'LocalCommand=echo ready'];
  const ssh = world.spawn('ssh', ['-F', world.config, '-N', ...ready, ...more, '-L', forward, 'bastion'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await saying(ssh.stdout, /ready/);
  return { port, pid: ssh.pid };
}
