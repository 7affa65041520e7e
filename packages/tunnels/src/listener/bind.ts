import { once } from 'node:events';
import { chmod, lstat, unlink } from 'node:fs/promises';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { TunnelsError } from '../errors.js';

/** Sockets that take connections. */
export interface Bound {
  /** Addresses listened on, e.g. `127.0.0.1` and `::1`; empty for a unix socket. */
  readonly hosts: readonly string[];
  /** 0 for a unix socket. */
  readonly port: number;
  readonly path?: string;
  /** Takes no more connections; those there are stay. Settles when the address is free. */
  close(): Promise<void>;
}

/** Where to bind: without `host` both loopback addresses, on one port. */
export type BindAddress = { readonly host?: string | undefined; readonly port: number } | { readonly path: string };

/** Raised when somebody has the address already; the conflict policy decides what follows. */
export class AddressTaken extends Error {
  readonly address: string;

  constructor(address: string, options?: { readonly cause?: unknown }) {
    super(`${address} is taken`, options);
    this.address = address;
  }
}

/** How often another free port is tried when one turns out to be free for one address family only. */
const SAME_PORT_ATTEMPTS = 16;
/** Connections the system keeps for us while we are busy. */
const BACKLOG = 1024;
/** `sun_path` of the smallest system, without the closing zero. */
const PATH_LIMIT = 103;

/**
 * Takes an address, wholly or not at all: on loopback both families on one port. `connected` gets sockets that are
 * paused, with half-close allowed.
 *
 * @throws AddressTaken when somebody else has it
 * @throws TunnelsError HAWSER_NET_BIND_DENIED, HAWSER_NET_BAD_INPUT
 */
export async function bind(address: BindAddress, connected: (socket: Socket) => void): Promise<Bound> {
  if ('path' in address) return bindPath(address.path, connected);
  const { host, port } = address;
  if (host === undefined || host === 'localhost') return bindLoopback(port, connected);
  const server = await listen({ host, port }, connected);
  return boundOf([server], [host]);
}

async function bindLoopback(port: number, connected: (socket: Socket) => void): Promise<Bound> {
  for (let attempt = 1; ; attempt++) {
    const first = await listen({ host: '127.0.0.1', port }, connected);
    try {
      const second = await listen({ host: '::1', port: portOf(first) }, connected);
      return boundOf([first, second], ['127.0.0.1', '::1']);
    } catch (error) {
      if (error instanceof NoSuchFamily) return boundOf([first], ['127.0.0.1']);
      await closed(first);
      // Any free port was asked for, and this one is free for one family only: another may be for both.
      if (port !== 0 || attempt === SAME_PORT_ATTEMPTS) throw error;
    }
  }
}

async function bindPath(path: string, connected: (socket: Socket) => void): Promise<Bound> {
  if (Buffer.byteLength(path) > PATH_LIMIT) {
    throw new TunnelsError(
      'HAWSER_NET_BAD_INPUT',
      `The socket path ${path} is too long: a unix socket takes ${PATH_LIMIT} bytes.`,
      { hint: 'Choose a shorter path.' },
    );
  }
  let server: Server;
  try {
    server = await listen({ path }, connected);
  } catch (error) {
    if (!(error instanceof AddressTaken) || !(await isAbandoned(path))) throw error;
    await unlink(path);
    server = await listen({ path }, connected);
  }
  await chmod(path, 0o600);
  return { hosts: [], port: 0, path, close: () => closed(server) };
}

/** Whether a socket file was left by a killed process: then it refuses connections. */
async function isAbandoned(path: string): Promise<boolean> {
  const stat = await lstat(path).catch(() => undefined);
  if (stat?.isSocket() !== true) return false;
  const socket = connect({ path });
  try {
    await once(socket, 'connect');
    return false;
  } catch (error) {
    return errnoOf(error) === 'ECONNREFUSED';
  } finally {
    socket.destroy();
  }
}

/** This machine has no addresses of that family. */
class NoSuchFamily extends Error {}

async function listen(
  where: { readonly host: string; readonly port: number } | { readonly path: string },
  connected: (socket: Socket) => void,
): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, connected);
  const name = 'path' in where ? where.path : `${bracketed(where.host)}:${where.port}`;
  const listening = once(server, 'listening');
  // Binding happens within this call, so nobody sees the file before it is private.
  const umask = 'path' in where ? process.umask(0o177) : undefined;
  try {
    server.listen({ ...where, backlog: BACKLOG, exclusive: true });
  } finally {
    if (umask !== undefined) process.umask(umask);
  }
  try {
    await listening;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'EADDRINUSE') throw new AddressTaken(name, { cause: error });
    if ('host' in where && where.host === '::1' && (errno === 'EADDRNOTAVAIL' || errno === 'EAFNOSUPPORT')) {
      throw new NoSuchFamily(name);
    }
    throw new TunnelsError(
      'HAWSER_NET_BIND_DENIED',
      `Listening on ${name} is not possible: ${errno ?? String(error)}.`,
      {
        cause: error,
        details: { address: name, errno: errno ?? null },
      },
    );
  }
  // A connection that could not be accepted (no descriptors left) is one connection's trouble.
  server.on('error', () => undefined);
  return server;
}

function boundOf(servers: readonly Server[], hosts: readonly string[]): Bound {
  return {
    hosts,
    port: portOf(servers[0]!),
    close: async () => {
      await Promise.all(servers.map(closed));
    },
  };
}

/**
 * Settles when the address is free. The callback of `close` would also wait for every connection; the address is free
 * as soon as the handle is, which is on the next turn of the loop.
 */
async function closed(server: Server): Promise<void> {
  server.close();
  await new Promise((resolve) => setImmediate(resolve));
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** An address as it stands before a port. */
export function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function errnoOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : undefined;
}
