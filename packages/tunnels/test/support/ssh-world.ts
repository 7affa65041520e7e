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
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { LinkError, type LinkFailure } from '../../src/link/failure.js';
import type { ChildRecord, Link, OpenLinkOptions, Provider } from '../../src/providers/provider.js';
import type { SshProviderOptions } from '../../src/providers/ssh-settings.js';
import { createSshProvider } from '../../src/providers/ssh.js';
import type { SshVia, Target, Via } from '../../src/spec.js';

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

/** Everything a test of links by ssh needs, in one folder of its own. */
export class SshWorld implements AsyncDisposable {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'hs-'));
  readonly key: string = join(this.directory, 'key');
  readonly authorizedKeys: string = join(this.directory, 'authorized_keys');
  readonly knownHosts: string = join(this.directory, 'known_hosts');
  readonly config: string = join(this.directory, 'ssh_config');
  readonly children: ChildRecord[] = [];
  readonly debug: string[] = [];
  readonly #path: (name: string) => string;
  readonly #daemons: Sshd[] = [];
  readonly #links: Link[] = [];
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  #count = 0;

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

  via(host: string, more: Partial<SshVia> = {}): SshVia {
    return { kind: 'ssh-bastion', host, configFile: this.config, ...more };
  }

  provider(options: SshProviderOptions = {}): Provider<SshVia> {
    const handOverDirectory = join(this.directory, 'auth');
    return createSshProvider({ program: this.#path('ssh'), handOverDirectory, ...options });
  }

  async open(
    via: SshVia,
    options: SshProviderOptions & {
      readonly targets?: readonly Target[];
      readonly link?: Partial<OpenLinkOptions>;
    } = {},
  ): Promise<Link> {
    const { targets = [], link: linkOptions = {}, ...providerOptions } = options;
    return await this.openWith(this.provider(providerOptions), via, { targets, ...linkOptions });
  }

  async openWith<V extends Via>(provider: Provider<V>, via: V, more: Partial<OpenLinkOptions> = {}): Promise<Link> {
    const link = await provider.open(via, {
      targets: [],
      runtimeDirectory: this.folder(),
      signal: new AbortController().signal,
      onChild: async (child) => void this.children.push(child),
      onDebug: (text) => this.debug.push(text),
      ...more,
    });
    this.#links.push(link);
    return link;
  }

  /** Why it cannot be opened. */
  async failure(via: SshVia, options: SshProviderOptions = {}): Promise<LinkFailure> {
    return await failureOf(this.open(via, options));
  }

  /** A fresh folder for sockets. */
  folder(): string {
    const path = join(this.directory, `r${this.#count++}`);
    mkdirSync(path, { mode: 0o700 });
    return path;
  }

  /** Listens on a free port of loopback, or on a socket. */
  async serve(onConnection: (socket: Socket) => void, path?: string): Promise<number> {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined).once('close', () => this.#sockets.delete(socket));
      onConnection(socket);
    });
    this.#servers.push(server);
    if (path === undefined) server.listen(0, '127.0.0.1');
    else server.listen(path);
    await once(server, 'listening');
    return path === undefined ? (server.address() as AddressInfo).port : 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#links.map(async (link) => await link.close()));
    for (const socket of this.#sockets) socket.destroy();
    for (const server of this.#servers) server.close();
    await Promise.all(this.#daemons.map(async (sshd) => await sshd.down()));
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The failure a promise rejects with. */
export async function failureOf(attempt: Promise<unknown>): Promise<LinkFailure> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof LinkError) return error.failure;
    throw error;
  }
  throw new Error('It did not fail.');
}

/** Sends a text, ends, and settles with all that comes back. */
export async function ask(connection: Duplex, text: string | Buffer): Promise<Buffer> {
  connection.end(text);
  return await readAll(connection);
}

/** All that comes until the end; the other direction stays open. */
export async function readAll(connection: Duplex): Promise<Buffer> {
  const parts: Buffer[] = [];
  connection.on('data', (part: Buffer) => parts.push(part));
  await once(connection, 'end');
  return Buffer.concat(parts);
}

/** Answers with what came, and ends when the other side does. */
export function echo(socket: Socket): void {
  socket.pipe(socket);
}

export function makeKey(path: string, passphrase = ''): void {
  if (existsSync(path)) return;
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', 'test', '-f', path]);
}

/** Numbers of the processes a process has started. */
export function childrenOf(pid: number): number[] {
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

/** Whether a process runs that has this text in its arguments. */
export function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(text) ? [Number(name)] : [];
      } catch {
        return [];
      }
    });
}

export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
