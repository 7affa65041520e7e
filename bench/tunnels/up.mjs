// How long it takes to open a tunnel over ssh, beside plain ssh until its forwarding is ready, turn by turn.
// Promise: at most 100 ms more. The rows with the command line have the start of Node in them, shown by itself.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { record } from '../support/figures.mjs';
import { World, freePort, median, quick, saying } from './support/world.mjs';

const rounds = quick ? 5 : 15;
const hawser = fileURLToPath(new URL('../../apps/cli/bin/hawser.js', import.meta.url));

const world = await World.start();
try {
  const far = await world.program('far-end', 'greets');
  const to = { host: '127.0.0.1', port: far.port };
  const times = { 'plain ssh': [], 'client.up, healthy': [], 'hawser net up, cold': [], 'node -e 0': [] };
  // Keeps the supervisor there between the rounds.
  const client = await world.supervisor();
  await client.up([{ name: 'stay', set: 'bench', via: { kind: 'direct' }, to, local: { port: 0 } }]);
  for (let round = 0; round < rounds; round++) {
    times['plain ssh'].push(await plainSsh(to.port));
    const started = performance.now();
    await client.up([{ name: 'app', set: 'bench', via: world.via, to, local: { port: 0 } }]);
    times['client.up, healthy'].push(performance.now() - started);
    await client.down({ names: ['app'] });
    times['node -e 0'].push(timed(process.execPath, ['-e', '0']));
    if (existsSync(hawser)) times['hawser net up, cold'].push(commandLine(to));
  }
  await client.down({ all: true });
  await client.close();
  const more = (name) => median(times[name].map((time, round) => time - times['plain ssh'][round]));
  const beside = { name: 'plain ssh', values: times['plain ssh'] };
  for (const what of ['client.up, healthy', 'hawser net up, cold']) {
    if (times[what].length > 0) record({ what, unit: 'ms', better: 'less', ours: times[what], beside });
  }
  console.table(
    Object.entries(times)
      .filter(([, list]) => list.length > 0)
      .map(([what, list]) => ({ what, ms: median(list).toFixed(0), 'more than plain ssh': more(what).toFixed(0) })),
  );
} finally {
  await world.close();
}

/** Until forwarding is ready and the program behind has said a word. */
async function plainSsh(to) {
  const port = await freePort();
  const started = performance.now();
  const ready = ['-o', 'PermitLocalCommand=yes', '-o', 'LocalCommand=echo ready'];
  const ssh = world.spawn(
    'ssh',
    ['-F', world.config, '-N', ...ready, '-L', `127.0.0.1:${port}:127.0.0.1:${to}`, 'bastion'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  await saying(ssh.stdout, /ready/);
  const time = performance.now() - started;
  ssh.kill();
  await once(ssh, 'exit');
  return time;
}

function commandLine(to) {
  const env = world.environment();
  const options = world.sshOptions().flatMap((option) => ['--ssh-option', option]);
  const flags = [
    '--via',
    'ssh-bastion',
    '--host',
    '127.0.0.1',
    '--ssh-user',
    'root',
    '--forward',
    `app=0:${to.host}:${to.port}`,
  ];
  const time = timed(process.execPath, [hawser, 'net', 'up', ...flags, ...options], env);
  timed(process.execPath, [hawser, 'net', 'down', '--all'], env);
  return time;
}

function timed(program, args, env = process.env) {
  const started = performance.now();
  const { status, stderr } = spawnSync(program, args, { env, cwd: world.directory, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  return performance.now() - started;
}
