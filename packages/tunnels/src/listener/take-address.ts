import type { Socket } from 'node:net';
import { TunnelsError } from '../errors.js';
import type { LocalAddress, OnPortConflict } from '../spec.js';
import { AddressTaken, type Bound, bind } from './bind.js';
import { listenerOf, type SocketOwner } from './sockets.js';

/** How many ports above a taken one are tried. */
const NEXT_PORTS = 20;

export interface TakeAddress {
  readonly local: LocalAddress;
  readonly onConflict: OnPortConflict;
  /** The port this tunnel had before, to be given again where the one asked for cannot be had. */
  readonly remembered?: number | undefined;
  /** The name of the tunnel of this supervisor that has a port. */
  readonly ownTunnel: (port: number) => string | undefined;
  readonly connected: (socket: Socket) => void;
}

/**
 * Binds what a tunnel asks for, or what the policy allows instead.
 *
 * @throws TunnelsError HAWSER_NET_PORT_IN_USE with the owner, HAWSER_NET_BIND_DENIED, HAWSER_NET_BAD_INPUT
 */
export async function takeAddress(request: TakeAddress): Promise<Bound> {
  const { local, connected } = request;
  if ('path' in local) {
    return bind(local, connected).catch((error: unknown) => {
      if (!(error instanceof AddressTaken)) throw error;
      throw new TunnelsError('HAWSER_NET_PORT_IN_USE', `Somebody listens on ${local.path} already.`, {
        hint: 'Choose another path, or end the program that listens there.',
        details: { path: local.path },
        cause: error,
      });
    });
  }
  const { host, port } = local;
  let taken: AddressTaken | undefined;
  for (const candidate of candidates(port, request)) {
    try {
      return await bind({ host, port: candidate }, connected);
    } catch (error) {
      if (!(error instanceof AddressTaken)) throw error;
      taken ??= error;
    }
  }
  throw await inUse(port, request, taken);
}

function* candidates(port: number, { onConflict, remembered }: TakeAddress): Iterable<number> {
  if (port === 0) {
    if (remembered !== undefined) yield remembered;
    yield 0;
    return;
  }
  yield port;
  if (onConflict !== 'next') return;
  if (remembered !== undefined && remembered !== port) yield remembered;
  for (let next = port + 1; next <= Math.min(port + NEXT_PORTS, 65_535); next++) yield next;
}

async function inUse(port: number, request: TakeAddress, cause: AddressTaken | undefined): Promise<TunnelsError> {
  const tunnel = request.ownTunnel(port);
  const owner = tunnel === undefined ? await listenerOf(port) : { pid: process.pid };
  const who = tunnel === undefined ? describeOwner(owner) : `this project's own tunnel ${tunnel}`;
  const range = request.onConflict === 'next' ? `, and so are the ${NEXT_PORTS} ports above it` : '';
  return new TunnelsError('HAWSER_NET_PORT_IN_USE', `Port ${port} is taken by ${who}${range}.`, {
    ...(tunnel === undefined
      ? {}
      : { hint: `Close it with hawser net down --name ${tunnel}, or choose another port.` }),
    details: { port, tunnel, pid: owner?.pid, program: owner?.program },
    cause,
  });
}

function describeOwner(owner: SocketOwner | undefined): string {
  if (owner?.pid !== undefined) return `process ${owner.pid} (${owner.program ?? 'unknown program'})`;
  return owner?.uid === undefined ? 'another program' : `a program of user ${owner.uid}`;
}
