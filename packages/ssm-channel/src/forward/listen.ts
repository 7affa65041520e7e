import { once } from 'node:events';
import { chmod, lstat, unlink } from 'node:fs/promises';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { SsmChannelError } from '../errors.js';

/** Where local connections are taken. */
export type ListenAddress =
  /** Without `host` both loopback addresses are served on one port. Port 0 takes any free one. */
  | { readonly host?: string; readonly port: number }
  /** A unix socket; made with mode 0600. */
  | { readonly path: string };

/** Where connections are taken in fact. */
export interface BoundAddress {
  /** The port, or 0 for a unix socket. */
  readonly port: number;
  /** Addresses listened on, e.g. `127.0.0.1` and `::1`, or the socket's path. */
  readonly hosts: readonly string[];
  readonly path?: string;
}

/** Open local listeners. */
export interface Listeners {
  readonly address: BoundAddress;
  close(): Promise<void>;
}

const SAME_PORT_ATTEMPTS = 8;

/**
 * Binds the local side of a forward. Sockets handed to `connected` are paused.
 *
 * @throws SsmChannelError HAWSER_SSM_PORT_IN_USE, HAWSER_SSM_BIND_DENIED or HAWSER_SSM_BAD_INPUT
 */
export async function listen(where: ListenAddress, connected: (socket: Socket) => void): Promise<Listeners> {
  if ('path' in where) return await listenUnix(where.path, connected);
  if (!Number.isInteger(where.port) || where.port < 0 || where.port > 65_535) {
    throw new SsmChannelError('HAWSER_SSM_BAD_INPUT', `${where.port} is not a port number (0 to 65535)`);
  }
  if (where.host !== undefined && where.host !== 'localhost') {
    const server = await bind({ host: where.host, port: where.port }, connected);
    return listeners([server], portOf(server), [where.host]);
  }
  return await listenLoopback(where.port, connected);
}

async function listenLoopback(port: number, connected: (socket: Socket) => void): Promise<Listeners> {
  for (let attempt = 1; ; attempt++) {
    const first = await bind({ host: '127.0.0.1', port }, connected);
    try {
      const second = await bind({ host: '::1', port: portOf(first) }, connected);
      return listeners([first, second], portOf(first), ['127.0.0.1', '::1']);
    } catch (error) {
      if (hasNoSuchFamily(error)) return listeners([first], portOf(first), ['127.0.0.1']);
      await closeAll([first]);
      // Any free port was asked for, and this one is only half free: try another.
      if (port !== 0 || attempt === SAME_PORT_ATTEMPTS) throw error;
    }
  }
}

async function listenUnix(path: string, connected: (socket: Socket) => void): Promise<Listeners> {
  let server: Server;
  try {
    server = await bind({ path }, connected);
  } catch (error) {
    if (!(error instanceof SsmChannelError) || error.code !== 'HAWSER_SSM_PORT_IN_USE' || !(await isStale(path)))
      throw error;
    await unlink(path);
    server = await bind({ path }, connected);
  }
  await chmod(path, 0o600);
  return listeners([server], 0, [path], path);
}

/** A socket file that a killed process left behind refuses connections. */
async function isStale(path: string): Promise<boolean> {
  const stat = await lstat(path).catch(() => undefined);
  if (!stat?.isSocket()) return false;
  const probe = connect({ path });
  try {
    await once(probe, 'connect');
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
  } finally {
    probe.destroy();
  }
}

async function bind(
  where: { host: string; port: number } | { path: string },
  connected: (socket: Socket) => void,
): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, connected);
  server.listen(where);
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    throw bindError('path' in where ? where.path : `${where.host}:${where.port}`, error as NodeJS.ErrnoException);
  }
}

function bindError(what: string, cause: NodeJS.ErrnoException): SsmChannelError {
  if (cause.code === 'EADDRINUSE') {
    return new SsmChannelError('HAWSER_SSM_PORT_IN_USE', `Cannot listen on ${what}: address already in use`, {
      cause,
      details: { address: what },
    });
  }
  return new SsmChannelError('HAWSER_SSM_BIND_DENIED', `Cannot listen on ${what}: ${cause.message}`, {
    cause,
    details: { address: what },
  });
}

function hasNoSuchFamily(error: unknown): boolean {
  const code = error instanceof SsmChannelError ? (error.cause as NodeJS.ErrnoException | undefined)?.code : undefined;
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT' || code === 'EINVAL';
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function listeners(servers: readonly Server[], port: number, hosts: readonly string[], path?: string): Listeners {
  return {
    address: { port, hosts, ...(path === undefined ? {} : { path }) },
    close: () => closeAll(servers),
  };
}

async function closeAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(
    servers.map(
      (server) =>
        new Promise<void>((resolve) => {
          server.close(() => resolve());
        }),
    ),
  );
}
