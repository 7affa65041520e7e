// A real sshd on loopback with a configuration of its own, programs at the far end, and a supervisor.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectSupervisor, stopSupervisor } from '@hawser/tunnels/supervisor';

export const quick = process.argv.includes('--quick');

const script = (name) => fileURLToPath(new URL(`${name}.mjs`, import.meta.url));

export class World {
  directory = mkdtempSync(join(tmpdir(), 'hb-'));
  config = join(this.directory, 'ssh_config');
  #children = new Set();
  #projects = [];
  #sshd;
  #sshdPort;

  static async start() {
    const world = new World();
    const path = (name) => join(world.directory, name);
    for (const key of ['key', 'host_key'])
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path(key)]);
    world.#sshdPort = await freePort();
    mkdirSync('/run/sshd', { recursive: true });
    writeFileSync(
      path('sshd.conf'),
      `Port ${world.#sshdPort}\nListenAddress 127.0.0.1\nHostKey ${path('host_key')}\nAuthorizedKeysFile ${path('key.pub')}\n` +
        'UsePAM no\nStrictModes no\nPidFile none\nPermitRootLogin yes\n',
    );
    writeFileSync(
      path('known_hosts'),
      `[127.0.0.1]:${world.#sshdPort} ${readFileSync(`${path('host_key')}.pub`, 'utf8')}`,
    );
    writeFileSync(
      world.config,
      `Host bastion\n  HostName 127.0.0.1\n  Port ${world.#sshdPort}\n  User root\n  IdentityFile ${path('key')}\n` +
        `  IdentitiesOnly yes\n  IdentityAgent none\n  UserKnownHostsFile ${path('known_hosts')}\n`,
    );
    await world.sshdUp();
    return world;
  }

  get via() {
    return { kind: 'ssh-bastion', host: 'bastion', configFile: this.config };
  }

  /** The same, as options of ssh. */
  sshOptions() {
    const path = (name) => join(this.directory, name);
    return [
      `Port=${this.#sshdPort}`,
      `IdentityFile=${path('key')}`,
      'IdentitiesOnly=yes',
      'IdentityAgent=none',
      `UserKnownHostsFile=${path('known_hosts')}`,
    ];
  }

  async sshdUp() {
    const sshd = this.spawn('/usr/sbin/sshd', ['-D', '-e', '-f', join(this.directory, 'sshd.conf')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#sshd = sshd;
    await saying(sshd.stderr, /Server listening/);
    sshd.stderr.resume();
  }

  /** Ends the server and everything that serves a connection. */
  async sshdDown() {
    const serving = this.serving();
    this.#sshd.kill('SIGKILL');
    await once(this.#sshd, 'exit');
    for (const pid of serving) kill(pid, 'SIGKILL');
  }

  /** Processes that serve connections. */
  serving() {
    return descendants(this.#sshd.pid);
  }

  spawn(program, args, options = {}) {
    const child = spawn(program, args, options);
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  /** A program of this folder that prints one line of JSON when it is ready. */
  async program(name, ...args) {
    const child = this.spawn(process.execPath, [script(name), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await saying(child.stdout, /.*\n/);
    return { child, ...JSON.parse(line) };
  }

  /** A supervisor of its own project. */
  async supervisor() {
    const folder = join(this.directory, `p${this.#projects.length}`);
    mkdirSync(join(folder, 'r'), { recursive: true, mode: 0o700 });
    const where = {
      from: folder,
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        HAWSER_STATE_DIR: join(folder, '.hawser'),
        XDG_RUNTIME_DIR: join(folder, 'r'),
        XDG_STATE_HOME: join(folder, 's'),
      },
    };
    this.#projects.push(where);
    return await connectSupervisor({ ...where, spawn: { entry: script('supervisor') } });
  }

  /** What the command line needs to be at home in a folder of its own. */
  environment() {
    const folder = join(this.directory, 'cli');
    mkdirSync(join(folder, 'r'), { recursive: true, mode: 0o700 });
    const where = {
      PATH: process.env.PATH,
      HOME: folder,
      HAWSER_STATE_DIR: join(folder, '.hawser'),
      XDG_RUNTIME_DIR: join(folder, 'r'),
      XDG_STATE_HOME: join(folder, 's'),
    };
    if (!this.#projects.some(({ from }) => from === folder)) this.#projects.push({ from: folder, env: where });
    return where;
  }

  async close() {
    for (const where of this.#projects) await stopSupervisor(where);
    for (const child of this.#children) child.kill('SIGKILL');
    for (const pid of this.#sshd?.pid ? this.serving() : []) kill(pid, 'SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Adds to the configuration. */
  configure(text) {
    appendFileSync(this.config, text);
  }
}

/** The match, once the stream has shown it. */
export async function saying(stream, pattern) {
  let said = '';
  for await (const [part] of on(stream)) {
    said += part;
    const match = pattern.exec(said);
    if (match) return match;
  }
  throw new Error(`It ended without ${pattern}: ${said}`);
}

async function* on(stream) {
  const queue = [];
  let wake = () => undefined;
  let over = false;
  const data = (part) => {
    queue.push([part]);
    wake();
  };
  const end = () => {
    over = true;
    wake();
  };
  stream.on('data', data).once('end', end);
  try {
    for (;;) {
      if (queue.length > 0) yield queue.shift();
      else if (over) return;
      else await new Promise((resolve) => (wake = resolve));
    }
  } finally {
    stream.off('data', data).off('end', end);
  }
}

export function descendants(pid) {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        return [{ pid: Number(name), parent: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) }];
      } catch {
        return [];
      }
    });
  const below = (of) =>
    parents.filter(({ parent }) => parent === of).flatMap(({ pid: child }) => [child, ...below(child)]);
  return below(pid);
}

export function kill(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Memory of a process, in MiB. */
export function memoryOf(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}

/** Processor time of processes so far, in seconds. */
export function cpuOf(pids) {
  return pids.reduce((sum, pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) / 100;
  }, 0);
}
