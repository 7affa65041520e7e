/** What kind of bytes a `deliver` wish carries. */
export type DeliveredKind = 'output' | 'stderr' | 'exit-code' | 'flag' | 'error';

/** What the agent asked for in its handshake, or what was inferred when it skipped it. */
export interface SessionFacts {
  /** `Standard_Stream`, `InteractiveCommands`, `NonInteractiveCommands`, `Port`, or a registered type. */
  readonly sessionType: string;
  /** The session document's resolved properties; empty for shells. Untrusted. */
  readonly properties: Readonly<Record<string, unknown>>;
  /** Version the agent stated; empty when it skipped the handshake. */
  readonly agentVersion: string;
  /** Text the agent wants the person to see; often empty. */
  readonly customerMessage: string;
  /** Whether data is encrypted with a KMS data key. */
  readonly encrypted: boolean;
}

/** One thing the channel wants done. The owner takes them in order, with {@link Channel.take}. */
export type Wish =
  /** Send this as one BINARY websocket frame. */
  | { readonly do: 'send'; readonly frame: Buffer }
  /** The handshake is over (or was skipped): data may flow. Always before the first `deliver`. */
  | { readonly do: 'ready'; readonly facts: SessionFacts }
  /** Hand these bytes on, then call {@link Channel.delivered} with their length. */
  | { readonly do: 'deliver'; readonly kind: DeliveredKind; readonly bytes: Buffer }
  /** Ask KMS for a 64-byte data key, then call {@link Channel.dataKey} or {@link Channel.dataKeyFailed}. */
  | { readonly do: 'data-key'; readonly kmsKeyId: string; readonly challenge?: string }
  /** Undelivered bytes passed half of the receive window: read no more from the socket until `release`. */
  | { readonly do: 'hold' }
  | { readonly do: 'release' }
  /** {@link Channel.write} may be called again after it answered `false`. */
  | { readonly do: 'drain' }
  /** The service told us to stop (`true`) or go on (`false`) publishing. */
  | { readonly do: 'paused'; readonly paused: boolean }
  /** Call {@link Channel.tick} at this time, or earlier. Replaces every earlier `wake`. */
  | { readonly do: 'wake'; readonly atMs: number }
  /** The peer cannot be talked to further; the reason is typed. The owner closes the socket. */
  | { readonly do: 'fail'; readonly code: ChannelFailure; readonly message: string }
  /** `channel_closed` arrived: the session is over. `output` is what the service wrote, often empty. */
  | { readonly do: 'end'; readonly output: string };

/** Why a channel gave up on its peer. */
export type ChannelFailure = 'handshake-refused' | 'decrypt-failed' | 'protocol';

/** How a channel is made. */
export interface ChannelOptions {
  /** Version reported in the handshake. Default: the newest official one we know, see `clientVersion`. */
  readonly clientVersion?: string;
  /** Ceiling of unacknowledged payload bytes. Default 4 MiB. The window starts at 256 KiB and grows while round trips stay short. */
  readonly windowBytes?: number;
  /** Ceiling of bytes received and not yet delivered, out-of-order ones included. Default 4 MiB. */
  readonly receiveWindowBytes?: number;
  /** Bytes queued by {@link Channel.write} above which it answers `false`. Default 1 MiB. */
  readonly queueBytes?: number;
  /** `'probe'` (default) starts at 1,024 and tries 8 KiB, then 32 KiB; a number fixes it. */
  readonly payloadBytes?: 'probe' | number;
  /** Session types we can serve; others are refused in the handshake. */
  readonly sessionTypes: readonly string[];
  /** Makes message ids; a UUID each. Default `crypto.randomUUID`. */
  readonly newId?: () => string;
}

/** Counters of one channel; all since it was made. */
export interface ChannelStats {
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly messagesIn: number;
  readonly messagesOut: number;
  readonly resent: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly payloadBytes: number;
  readonly windowBytes: number;
  /** Smoothed round trip in milliseconds; `undefined` before the first sample. */
  readonly roundTripMs: number | undefined;
}

/**
 * The client end of one Session Manager data channel: a state machine without IO.
 * Feed it frames and the time; do what it wishes.
 *
 * `nowMs` is milliseconds since 1970 (it dates the messages too) and must never run backwards, whatever is done to the
 * machine's clock: `performance.timeOrigin + performance.now()`. Bytes given to {@link Channel.write} are kept by
 * reference until {@link Channel.take} cuts them into messages: do not change them before.
 */
export interface Channel {
  /** The socket is open and OpenDataChannel was sent: (re)send everything unacknowledged. */
  connected(nowMs: number): void;
  /** The socket is gone: queue, send nothing, keep both buffers and all numbering. */
  disconnected(nowMs: number): void;
  /** One BINARY frame arrived. Hostile frames are counted and dropped, never thrown. */
  receive(frame: Uint8Array, nowMs: number): void;
  /** Queues data. Nothing is sent before `ready`. `false`: above the mark, wait for `drain`. Data is always taken. */
  write(bytes: Uint8Array, nowMs: number): boolean;
  /** Queues a control message (Size, Flag) in order with the data, never encrypted, never split. */
  control(payloadType: number, payload: Uint8Array, nowMs: number): void;
  /** That many delivered bytes were taken by the consumer. */
  delivered(bytes: number, nowMs: number): void;
  /** The answer to a `data-key` wish: 64 bytes of plaintext key and its ciphertext. */
  dataKey(key: { readonly plaintext: Uint8Array; readonly ciphertext: Uint8Array }, nowMs: number): void;
  /** KMS said no; the agent is told why, and ends the session. */
  dataKeyFailed(message: string, nowMs: number): void;
  /** Time has passed: resends what is due. */
  tick(nowMs: number): void;
  /** Everything wished for since the last call, in order. Cuts queued data into messages now, so call once per turn. */
  take(nowMs: number): Wish[];
  /** Payload bytes sent and not yet acknowledged. */
  readonly unacknowledgedBytes: number;
  /** True when nothing is queued and nothing is unacknowledged. */
  readonly flushed: boolean;
  readonly stats: ChannelStats;
}
