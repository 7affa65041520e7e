import { once } from 'node:events';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { patient } from '../../../../test/support/patience.js';
import { SshHosts } from '../../../../test/support/ssh-hosts.js';
import { LinkError, type LinkFailure } from '../../src/link/failure.js';
import type { ChildRecord, Link, OpenLinkOptions, Provider } from '../../src/providers/provider.js';
import type { SshProviderOptions } from '../../src/providers/ssh-settings.js';
import { createSshProvider } from '../../src/providers/ssh.js';
import type { SshVia, Target, Via } from '../../src/spec.js';

/** Everything a test of links by ssh needs: hosts, and links to them. */
export class SshWorld extends SshHosts {
  readonly children: ChildRecord[] = [];
  readonly debug: string[] = [];
  readonly #path: (name: string) => string;
  readonly #links: Link[] = [];
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  #count = 0;

  constructor(path: (name: string) => string) {
    super(path);
    this.#path = path;
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

  override async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#links.map(async (link) => await link.close()));
    for (const socket of this.#sockets) socket.destroy();
    for (const server of this.#servers) server.close();
    await super[Symbol.asyncDispose]();
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

/** Waits until no process has this text in its arguments: the watcher of an ssh ends a moment after it. */
export async function noneHas(text: string): Promise<void> {
  const over = new AbortController();
  const gone = async (): Promise<void> => {
    while (!over.signal.aborted && processesWith(text).length > 0) await delay(10);
  };
  try {
    await patient(gone(), () => `There are still ${processesWith(text).join(', ')}.`);
  } finally {
    over.abort();
  }
}

/** Processes that have this text in their arguments. */
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
