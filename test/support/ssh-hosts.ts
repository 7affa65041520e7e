import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.js';

/** A real sshd of our own. */
export class Sshd {
  readonly port: number;
  readonly hostKey: string;
  readonly #program: string;
  readonly #directory: string;
  readonly #prefix: readonly string[];
  #child: ChildProcess | undefined;

  private constructor(directory: string, program: string, port: number, prefix: readonly string[]) {
    this.#directory = directory;
    this.#program = program;
    this.#prefix = prefix;
    this.port = port;
    this.hostKey = join(directory, 'host_key');
  }

  static async start(
    directory: string,
    options: {
      readonly program: string;
      readonly authorizedKeys: string;
      readonly lines?: readonly string[];
      readonly port?: number;
      readonly address?: string;
      /** Words before the command, such as `ip netns exec NAME`. */
      readonly prefix?: readonly string[];
    },
  ): Promise<Sshd> {
    mkdirSync('/run/sshd', { recursive: true });
    mkdirSync(directory, { recursive: true });
    const {
      program,
      authorizedKeys,
      lines = [],
      port = await freePort(),
      address = '127.0.0.1',
      prefix = [],
    } = options;
    const sshd = new Sshd(directory, program, port, prefix);
    makeKey(sshd.hostKey);
    writeFileSync(
      join(directory, 'sshd.conf'),
      [
        `Port ${port}`,
        `ListenAddress ${address}`,
        `HostKey ${sshd.hostKey}`,
        `AuthorizedKeysFile ${authorizedKeys}`,
        'UsePAM no',
        'StrictModes no',
        'PidFile none',
        'PasswordAuthentication no',
        'KbdInteractiveAuthentication no',
        'PermitRootLogin yes',
        'LogLevel VERBOSE',
        ...lines,
        '',
      ].join('\n'),
    );
    await sshd.up();
    return sshd;
  }

  /** The listening process, whose children are the connections. */
  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error('sshd does not run');
    return pid;
  }

  /** Starts to listen. */
  async up(): Promise<void> {
    const [file, ...args] = [...this.#prefix, this.#program, '-D', '-e', '-f', join(this.#directory, 'sshd.conf')];
    const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-64 * 1024);
        if (said.includes('Server listening')) resolve();
      });
      child.once('exit', () => reject(new Error(`sshd ended: ${said}`)));
    });
    this.log = () => said;
  }

  /** What it has said since it was started. */
  log: () => string = () => '';

  /** Stops to listen, and ends all connections. */
  async down(): Promise<void> {
    const child = this.#child;
    if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return;
    const { connections } = this;
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    for (const pid of connections) kill(pid, 'SIGKILL');
  }

  /** The processes that serve connections. */
  get connections(): number[] {
    return childrenOf(this.pid).flatMap((child) => [child, ...childrenOf(child)]);
  }

  /** Stops or continues all that serves connections. */
  signalConnections(signal: NodeJS.Signals): void {
    for (const pid of this.connections) kill(pid, signal);
  }
}

/** Real sshds, and all that ssh needs to reach them, in one folder of its own. */
export class SshHosts implements AsyncDisposable {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'hs-'));
  readonly key: string = join(this.directory, 'key');
  readonly authorizedKeys: string = join(this.directory, 'authorized_keys');
  readonly knownHosts: string = join(this.directory, 'known_hosts');
  readonly config: string = join(this.directory, 'ssh_config');
  readonly #path: (name: string) => string;
  readonly #daemons: Sshd[] = [];

  /** With the path of each program by its name. */
  constructor(path: (name: string) => string) {
    this.#path = path;
    makeKey(this.key);
    writeFileSync(this.authorizedKeys, readFileSync(`${this.key}.pub`));
    writeFileSync(this.knownHosts, '');
    writeFileSync(this.config, '');
  }

  /** Starts an sshd and gives it a name in the configuration; its host key is known unless said otherwise. */
  async host(
    name: string,
    options: {
      readonly lines?: readonly string[];
      readonly config?: readonly string[];
      readonly known?: boolean;
      readonly prefix?: readonly string[];
      readonly address?: string;
    } = {},
  ): Promise<Sshd> {
    const { lines = [], config = [], known = true, prefix = [], address = '127.0.0.1' } = options;
    const sshd = await Sshd.start(join(this.directory, `sshd-${name}`), {
      program: this.#path('sshd'),
      authorizedKeys: this.authorizedKeys,
      lines,
      prefix,
      address,
    });
    this.#daemons.push(sshd);
    appendFileSync(
      this.config,
      [
        `Host ${name}`,
        ...config.map((line) => `  ${line}`),
        `  HostName ${address}`,
        `  Port ${sshd.port}`,
        '  User root',
        `  IdentityFile ${this.key}`,
        '  IdentitiesOnly yes',
        `  UserKnownHostsFile ${this.knownHosts}`,
        '  GlobalKnownHostsFile none',
        '',
      ].join('\n'),
    );
    if (known) this.trust(sshd, address);
    return sshd;
  }

  /** Makes the host key of an sshd known. */
  trust(sshd: Sshd, address = '127.0.0.1'): void {
    const key = readFileSync(`${sshd.hostKey}.pub`, 'utf8');
    appendFileSync(this.knownHosts, `[${address}]:${sshd.port} ${key}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#daemons.map(async (sshd) => await sshd.down()));
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Makes a key, unless there is one. */
export function makeKey(path: string, passphrase = ''): void {
  if (existsSync(path)) return;
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', 'test', '-f', path]);
}

/** Numbers of the processes a process has started. */
function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return Number(parent) === pid && state !== 'Z' ? [Number(name)] : [];
      } catch {
        return [];
      }
    });
}

/** Sends a signal to a process, unless it is gone. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}
