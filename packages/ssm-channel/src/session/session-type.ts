import type { EventEmitter } from 'node:events';
import type { Channel, ChannelOptions, DeliveredKind, SessionFacts } from '../channel/types.js';
import type { LinkTuning } from '../transport/link.js';
import type { SessionEnd, SessionEvents } from './types.js';

/** Numbers of a data channel that a caller may set; the defaults suit nearly everyone. */
export interface ChannelTuning
  extends
    LinkTuning,
    Pick<ChannelOptions, 'clientVersion' | 'windowBytes' | 'receiveWindowBytes' | 'queueBytes' | 'payloadBytes'> {
  /** Id of this client towards the service. Default: a fresh UUID. */
  readonly clientId?: string;
}

/** What a {@link SessionType} is given to work with: the bytes of one live session. */
export interface DataChannel extends EventEmitter<SessionEvents> {
  readonly sessionId: string;
  readonly facts: SessionFacts;
  readonly stats: Channel['stats'];
  /** Queues data for the agent. `false`: wait for {@link DataHandler.drain}; the data is taken all the same. */
  write(bytes: Uint8Array): boolean;
  /** Queues a control message behind the data. */
  control(payloadType: number, payload: Uint8Array): void;
  /** Frees that many delivered bytes; until then they count against the receive window. */
  delivered(bytes: number): void;
  /** Resolves when everything queued was acknowledged, or the session is over. */
  flush(): Promise<void>;
  terminate(): Promise<SessionEnd>;
  /** Never rejects. */
  readonly ended: Promise<SessionEnd>;
}

/** Where the bytes of a session go. */
export interface DataHandler {
  /** Call {@link DataChannel.delivered} once the bytes are consumed; not for `exit-code` and `flag`. */
  deliver(kind: DeliveredKind, bytes: Buffer): void;
  drain?(): void;
  /** The session is over; nothing more is delivered. */
  ended?(end: SessionEnd): void;
}

/** How one session type of the handshake is served. */
export interface SessionType<Served> {
  /** As the agent names it, e.g. `Standard_Stream`. */
  readonly name: string;
  /** Called once, when the handshake is done. */
  serve(channel: DataChannel): { readonly served: Served; readonly handler: DataHandler };
}
