import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { SessionFacts } from '../channel/types.js';
import { agentSpeaksMux } from '../codec/index.js';
import { SsmChannelError } from '../errors.js';
import { openDataChannel } from '../session/data-channel.js';
import type { ChannelTuning, DataChannel, SessionType } from '../session/session-type.js';
import type { OpenSessionOptions, SessionEnd, SessionState, StartedSession } from '../session/types.js';
import { serveBasic } from './basic.js';
import type { Lane, ServedLane } from './lane.js';
import { type BoundAddress, type ListenAddress, type Listeners, listen } from './listen.js';
import { serveMux } from './mux.js';

/** What a forward tells while it lives. */
export interface ForwardEvents {
  /** A local program connected; `active` counts the open connections, this one included. */
  connection: [{ readonly active: number }];
  /** The agent could not reach the destination. */
  'connect-error': [{ readonly sessionId: string }];
  state: [SessionState & { readonly sessionId: string }];
  debug: [string];
}

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
export interface ForwardPortOptions extends OpenSessionOptions, ChannelTuning {
  /**
   * More started sessions to the same destination. New connections go to the lane with the fewest;
   * downloads of one session are paced by the agent, several lanes multiply that.
   */
  readonly lanes?: readonly StartedSession[];
  /** Where to listen. Default: what the session document says (`localPortNumber`, `localUnixSocket`), else any free port. */
  readonly listen?: ListenAddress;
}

const laneTypes: readonly SessionType<Lane>[] = [
  {
    name: 'Port',
    serve(channel) {
      if (!isForwarding(channel.facts)) {
        throw new SsmChannelError(
          'HAWSER_SSM_BAD_INPUT',
          `Session ${channel.sessionId} carries one byte stream, not a forwarded port`,
          {
            hint: 'Open it with openSession, or start it with a port forwarding document.',
          },
        );
      }
      return serveLane(channel);
    },
  },
];

/** Whether a Port session is meant for local connections, and not for one byte stream. */
export function isForwarding(facts: SessionFacts): boolean {
  return facts.properties['type'] === 'LocalPortForwarding';
}

/** Serves a Port session in the mode its agent knows. */
export function serveLane(channel: DataChannel): ServedLane {
  return agentSpeaksMux(channel.facts.agentVersion) ? serveMux(channel) : serveBasic(channel);
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
  const lanes: Lane[] = [];
  try {
    const opened = await Promise.allSettled(
      [options.start, ...(options.lanes ?? [])].map(async (start) => {
        lanes.push(await openDataChannel({ ...options, start, types: laneTypes }));
      }),
    );
    const failed = opened.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
    return await openForward(lanes, doorstep, listeners);
  } catch (error) {
    doorstep.drop();
    await Promise.all([listeners?.close(), ...lanes.map((lane) => lane.channel.terminate())]);
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
  lanes: readonly Lane[],
  doorstep: Doorstep,
  listeners: Listeners | undefined,
): Promise<Forward> {
  const [first] = lanes;
  if (first === undefined) throw new Error('a forward has at least one lane');
  const bound = listeners ?? (await listen(documentAddress(first.channel.facts), doorstep.connected));
  const forward = new OpenForward(lanes, first, bound);
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

class OpenForward extends EventEmitter<ForwardEvents> implements Forward {
  readonly address: BoundAddress;
  readonly mode: 'mux' | 'basic';
  readonly facts: SessionFacts;
  readonly sessionIds: readonly string[];
  readonly ended: Promise<SessionEnd>;
  readonly #lanes: Set<Lane>;
  readonly #sockets = new Set<Socket>();

  constructor(lanes: readonly Lane[], first: Lane, listeners: Listeners) {
    super();
    this.address = listeners.address;
    this.mode = first.mode;
    this.facts = first.channel.facts;
    this.sessionIds = lanes.map((lane) => lane.channel.sessionId);
    this.#lanes = new Set(lanes);
    for (const { channel } of lanes) {
      const { sessionId } = channel;
      channel.on('connect-error', () => this.emit('connect-error', { sessionId }));
      channel.on('state', (state) => this.emit('state', { ...state, sessionId }));
      channel.on('debug', (line) => this.emit('debug', line));
    }
    this.ended = this.#watch(lanes, listeners);
  }

  async #watch(lanes: readonly Lane[], listeners: Listeners): Promise<SessionEnd> {
    let last: SessionEnd | undefined;
    await Promise.all(
      lanes.map(async (lane) => {
        last = await lane.channel.ended;
        this.#lanes.delete(lane);
      }),
    );
    for (const socket of this.#sockets) socket.destroySoon();
    await listeners.close();
    return last ?? { reason: 'exited', output: '', bytesIn: 0, bytesOut: 0 };
  }

  /** Gives a local connection to the least busy lane. */
  take(socket: Socket): void {
    let chosen: Lane | undefined;
    for (const lane of this.#lanes)
      if (lane.open && (chosen === undefined || lane.active < chosen.active)) chosen = lane;
    if (chosen === undefined) {
      socket.resetAndDestroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    chosen.carry(socket);
    this.emit('connection', { active: this.#sockets.size });
  }

  async close(): Promise<SessionEnd> {
    await Promise.all([...this.#lanes].map((lane) => lane.channel.terminate()));
    return await this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
