import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { SessionFacts } from '../channel/types.js';
import type { SessionEnd } from '../session/types.js';
import type { Lane } from './lane.js';
import { type ForwardEvents, OpenLanes, type OpenLanesOptions, openLanes } from './lanes.js';
import { type BoundAddress, type ListenAddress, type Listeners, listen } from './listen.js';

/** A local port (or unix socket) whose connections come out at the target. */
export interface Forward extends EventEmitter<ForwardEvents>, AsyncDisposable {
  readonly address: BoundAddress;
  /** `mux`: many connections at once. `basic`: one after the other, with an agent up to 3.0.196.0. */
  readonly mode: 'mux' | 'basic';
  /** What the agent of the first lane said. */
  readonly facts: SessionFacts;
  readonly sessionIds: readonly string[];
  /** Stops listening and terminates its sessions. */
  close(): Promise<SessionEnd>;
  /** Resolves when the last lane ended, with how it did. Never rejects. */
  readonly ended: Promise<SessionEnd>;
}

/** How a port is forwarded. */
export interface ForwardPortOptions extends OpenLanesOptions {
  /** Where to listen. Default: what the session document says (`localPortNumber`, `localUnixSocket`), else any free port. */
  readonly listen?: ListenAddress;
}

/**
 * Forwards a local port through one or more started port sessions. Resolves when connections are taken.
 *
 * @throws SsmChannelError when the port is taken, or a session cannot be opened; the signal's reason when aborted meanwhile.
 */
export async function forwardPort(options: ForwardPortOptions): Promise<Forward> {
  const doorstep = createDoorstep();
  // A taken port is found before the sessions are opened.
  const listeners = options.listen ? await listen(options.listen, doorstep.connected) : undefined;
  let lanes: readonly [Lane, ...Lane[]] | undefined;
  try {
    lanes = await openLanes(options);
    return await openForward(lanes, doorstep, listeners);
  } catch (error) {
    doorstep.drop();
    await Promise.all([listeners?.close(), ...(lanes ?? []).map((lane) => lane.channel.terminate())]);
    throw error;
  }
}

/** Forwards a local port through a session that is open already; ends the session when the port is taken. */
export async function forwardLane(lane: Lane, where: ListenAddress | undefined): Promise<Forward> {
  const doorstep = createDoorstep();
  try {
    return await openForward([lane], doorstep, where && (await listen(where, doorstep.connected)));
  } catch (error) {
    await lane.channel.terminate();
    throw error;
  }
}

async function openForward(
  lanes: readonly [Lane, ...Lane[]],
  doorstep: Doorstep,
  listeners: Listeners | undefined,
): Promise<Forward> {
  const bound = listeners ?? (await listen(documentAddress(lanes[0].channel.facts), doorstep.connected));
  const forward = new OpenForward(lanes, bound);
  doorstep.leadTo(forward);
  return forward;
}

/** Where local connections wait until there is a forward to take them. */
interface Doorstep {
  readonly connected: (socket: Socket) => void;
  leadTo(forward: OpenForward): void;
  drop(): void;
}

function createDoorstep(): Doorstep {
  const waiting: Socket[] = [];
  let connected = (socket: Socket): void => void waiting.push(socket);
  return {
    connected: (socket) => connected(socket),
    leadTo(forward) {
      connected = (socket) => forward.take(socket);
      for (const socket of waiting.splice(0)) forward.take(socket);
    },
    drop() {
      for (const socket of waiting.splice(0)) socket.destroy();
    },
  };
}

/** Properties of the session document that say where the client listens (session-manager-plugin src/.../portsession). */
function documentAddress({ properties }: SessionFacts): ListenAddress {
  const path = properties['localUnixSocket'];
  if (properties['localConnectionType'] === 'unix' && typeof path === 'string') return { path };
  const port = properties['localPortNumber'];
  return { port: typeof port === 'string' && port !== '' ? Number(port) : 0 };
}

class OpenForward extends OpenLanes implements Forward {
  readonly address: BoundAddress;

  constructor(lanes: readonly [Lane, ...Lane[]], listeners: Listeners) {
    super(lanes, () => listeners.close());
    this.address = listeners.address;
  }
}
