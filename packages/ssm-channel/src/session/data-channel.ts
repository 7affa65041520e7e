import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { createChannel } from '../channel/index.js';
import type { Channel, ChannelFailure, DeliveredKind, SessionFacts, Wish } from '../channel/types.js';
import {
  CLIENT_VERSION,
  FlagPayload,
  PayloadType,
  agentTakesTerminateFlag,
  encodeFlag,
  parseExitCode,
  parseFlag,
} from '../codec/index.js';
import { SsmChannelError, type SsmChannelErrorCode } from '../errors.js';
import { nowMs } from '../transport/clock.js';
import { type Link, openLink } from '../transport/link.js';
import { describeEarlyEnd, readClosingWords } from './closing-words.js';
import { fetchDataKey } from './data-key.js';
import type { ChannelTuning, DataChannel, DataHandler, SessionType } from './session-type.js';
import type { OpenSessionOptions, SessionEnd, SessionEvents } from './types.js';

/** How long a terminated session may take to say goodbye before we leave. */
const GOODBYE_MS = 2_000;
/** Longest try to have the service end the session, retries included: a person who leaves a dead network behind is waiting. */
const TERMINATE_WITHIN_MS = 5_000;
const failureCodes = {
  'handshake-refused': 'HAWSER_SSM_HANDSHAKE_REFUSED',
  'decrypt-failed': 'HAWSER_SSM_DECRYPT_FAILED',
  protocol: 'HAWSER_SSM_PROTOCOL',
} as const satisfies Record<ChannelFailure, SsmChannelErrorCode>;
/** Above this much unsent data a resend would only make the queue longer. */
const CONGESTED_BYTES = 1 << 20;

/**
 * Opens the data channel of a started session and serves it by the type the agent names.
 *
 * @throws SsmChannelError when the channel cannot be opened, the agent refuses, or the session ends before it began.
 */
export async function openDataChannel<Served>(
  options: OpenSessionOptions & ChannelTuning & { readonly types: readonly SessionType<Served>[] },
): Promise<Served> {
  options.signal?.throwIfAborted();
  return await new Promise<Served>((resolve, reject) => {
    new LiveChannel(options, resolve, reject).open();
  });
}

class LiveChannel<Served> extends EventEmitter<SessionEvents> implements DataChannel {
  readonly sessionId: string;
  readonly ended: Promise<SessionEnd>;
  facts: SessionFacts = { sessionType: '', properties: {}, agentVersion: '', customerMessage: '', encrypted: false };
  readonly #options: OpenSessionOptions & ChannelTuning & { readonly types: readonly SessionType<Served>[] };
  readonly #channel: Channel;
  readonly #began: (served: Served) => void;
  readonly #refused: (error: Error) => void;
  readonly #abort = (): void => this.#aborted();
  readonly #calls = new AbortController();
  #link: Link | undefined;
  #handler: DataHandler | undefined;
  #settle: (end: SessionEnd) => void = () => {};
  #over = false;
  #terminating: Promise<SessionEnd> | undefined;
  #exitCode: number | undefined;
  #keyError: Error | undefined;
  #timer: NodeJS.Timeout | undefined;
  #tickWaits = false;
  #pumpQueued = false;
  #flushes: (() => void)[] = [];

  constructor(
    options: OpenSessionOptions & ChannelTuning & { readonly types: readonly SessionType<Served>[] },
    began: (served: Served) => void,
    refused: (error: Error) => void,
  ) {
    super();
    this.#options = options;
    this.#began = began;
    this.#refused = refused;
    this.sessionId = options.start.sessionId;
    this.#channel = createChannel({ ...options, sessionTypes: options.types.map((type) => type.name) });
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get stats(): Channel['stats'] {
    return this.#channel.stats;
  }

  open(): void {
    const { start, api, signal, clientId = randomUUID(), clientVersion = CLIENT_VERSION } = this.#options;
    signal?.addEventListener('abort', this.#abort, { once: true });
    this.#link = openLink({
      start,
      api,
      clientId,
      clientVersion,
      tuning: this.#options,
      handlers: {
        frame: (frame) => {
          this.#channel.receive(frame, nowMs());
          this.#schedulePump();
        },
        up: () => {
          this.#channel.connected(nowMs());
          this.#schedulePump();
        },
        down: () => {
          this.#channel.disconnected(nowMs());
          this.#schedulePump();
        },
        drain: () => {
          if (this.#tickWaits) this.#tick();
        },
        state: (state) => this.emit('state', state),
        failed: (error) => this.#finish({ reason: 'lost', output: '', error }),
      },
    });
  }

  write(bytes: Uint8Array): boolean {
    if (this.#over) return true;
    const more = this.#channel.write(bytes, nowMs());
    this.#schedulePump();
    return more;
  }

  control(payloadType: number, payload: Uint8Array): void {
    if (this.#over) return;
    this.#channel.control(payloadType, payload, nowMs());
    this.#schedulePump();
  }

  delivered(bytes: number): void {
    if (this.#over || bytes === 0) return;
    this.#channel.delivered(bytes, nowMs());
    this.#schedulePump();
  }

  flush(): Promise<void> {
    if (this.#over || this.#channel.flushed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#flushes.push(resolve);
    });
  }

  terminate(): Promise<SessionEnd> {
    this.#terminating ??= this.#terminate();
    return this.#terminating;
  }

  async #terminate(): Promise<SessionEnd> {
    if (this.#over) return await this.ended;
    this.emit('state', { state: 'closing' });
    // Only port plugins of the agent read the flag; for the others the service must be asked.
    const byFlag = this.facts.sessionType === 'Port' && agentTakesTerminateFlag(this.facts.agentVersion);
    if (byFlag) this.control(PayloadType.Flag, encodeFlag(FlagPayload.TerminateSession));
    else await this.#terminateByApi();
    await Promise.race([this.ended, patience(GOODBYE_MS, this.#calls.signal)]);
    if (!this.#over && byFlag && !this.#channel.flushed) await this.#terminateByApi();
    this.#finish({ reason: 'terminated', output: '' });
    return await this.ended;
  }

  async #terminateByApi(): Promise<void> {
    try {
      const signal = AbortSignal.any([this.#calls.signal, AbortSignal.timeout(TERMINATE_WITHIN_MS)]);
      await this.#options.api?.terminateSession(this.sessionId, { signal });
    } catch (error) {
      // The session ends with its idle time-out at the latest; leaving must not fail for it.
      this.emit('debug', `TerminateSession failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #aborted(): void {
    if (this.#handler === undefined) {
      const reason: unknown = this.#options.signal?.reason;
      this.#finish({
        reason: 'terminated',
        output: '',
        error: reason instanceof Error ? reason : new Error('aborted'),
      });
      void this.#terminateByApi();
    } else void this.terminate();
  }

  /** Wishes are carried out once per turn, so that small writes of one turn share a message and a packet. */
  #schedulePump(): void {
    if (this.#pumpQueued || this.#over) return;
    this.#pumpQueued = true;
    process.nextTick(() => {
      this.#pumpQueued = false;
      this.#pump();
    });
  }

  #pump(): void {
    for (let wishes = this.#channel.take(nowMs()); wishes.length > 0; wishes = this.#channel.take(nowMs())) {
      this.#link?.cork();
      for (const wish of wishes) {
        if (this.#over) return;
        this.#fulfil(wish);
      }
    }
    if (this.#flushes.length > 0 && this.#channel.flushed) {
      for (const done of this.#flushes.splice(0)) done();
    }
  }

  #fulfil(wish: Wish): void {
    switch (wish.do) {
      case 'send':
        this.#link?.send(wish.frame);
        break;
      case 'deliver':
        this.#deliver(wish.kind, wish.bytes);
        break;
      case 'ready':
        this.#ready(wish.facts);
        break;
      case 'data-key':
        void this.#fetchDataKey(wish.kmsKeyId, wish.challenge);
        break;
      case 'hold':
        this.#link?.pause();
        break;
      case 'release':
        this.#link?.resume();
        break;
      case 'drain':
        this.#handler?.drain?.();
        break;
      case 'paused':
        this.emit('state', { state: wish.paused ? 'paused' : 'connected' });
        break;
      case 'wake':
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#tick(), Math.max(1, wish.atMs - nowMs()));
        break;
      case 'fail':
        this.#finish({
          reason: 'failed',
          output: '',
          error: new SsmChannelError(failureCodes[wish.code], `Session ${this.sessionId}: ${wish.message}`, {
            cause: this.#keyError,
          }),
        });
        break;
      case 'end':
        // A shell that skips the handshake and prints nothing is over without a first message.
        if (this.#handler === undefined && wish.output === '') this.#beginSilently();
        this.#closed(wish.output);
        break;
    }
  }

  #closed(output: string): void {
    const error =
      this.#handler === undefined || this.#terminating ? undefined : readClosingWords(this.sessionId, output);
    if (error) this.#finish({ reason: 'failed', output, error });
    else this.#finish({ reason: this.#terminating ? 'terminated' : 'exited', output });
  }

  #tick(): void {
    // What waits in our own socket buffer is late because of us: sending it again would double it.
    this.#tickWaits = (this.#link?.bufferedBytes ?? 0) > CONGESTED_BYTES;
    if (this.#tickWaits || this.#over) return;
    this.#channel.tick(nowMs());
    this.#pump();
  }

  #ready(facts: SessionFacts): void {
    this.facts = facts;
    const type = this.#options.types.find((candidate) => candidate.name === facts.sessionType);
    try {
      if (type === undefined)
        throw new SsmChannelError(
          'HAWSER_SSM_HANDSHAKE_REFUSED',
          `Session ${this.sessionId} is of the type ${facts.sessionType}, which nobody here serves`,
        );
      const { served, handler } = type.serve(this);
      this.#handler = handler;
      this.#began(served);
    } catch (error) {
      void this.#terminateByApi();
      this.#finish({ reason: 'failed', output: '', error: error instanceof Error ? error : new Error(String(error)) });
    }
  }

  #beginSilently(): void {
    if (this.#options.types.some((type) => type.name === 'Standard_Stream'))
      this.#ready({ ...this.facts, sessionType: 'Standard_Stream' });
  }

  #deliver(kind: DeliveredKind, bytes: Buffer): void {
    if (kind === 'exit-code') this.#exitCode = parseExitCode(bytes) ?? this.#exitCode;
    if (kind === 'flag' && bytes.length >= 4 && parseFlag(bytes) === FlagPayload.ConnectToPortError)
      this.emit('connect-error');
    if (kind === 'exit-code' || kind === 'flag') this.#channel.delivered(bytes.length, nowMs());
    this.#handler?.deliver(kind, bytes);
  }

  async #fetchDataKey(keyId: string, challenge: string | undefined): Promise<void> {
    try {
      const { api, target } = this.#options;
      const key = await fetchDataKey(api, { keyId, challenge, sessionId: this.sessionId, target }, this.#calls.signal);
      if (!this.#over) this.#channel.dataKey(key, nowMs());
    } catch (error) {
      this.#keyError = error instanceof Error ? error : new Error(String(error));
      if (!this.#over) this.#channel.dataKeyFailed(this.#keyError.message, nowMs());
    }
    this.#schedulePump();
  }

  #finish(how: Pick<SessionEnd, 'reason' | 'output' | 'error'>): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#calls.abort();
    this.#options.signal?.removeEventListener('abort', this.#abort);
    const { bytesIn, bytesOut } = this.#channel.stats;
    const end: SessionEnd = {
      ...how,
      ...(this.#exitCode === undefined ? {} : { exitCode: this.#exitCode }),
      bytesIn,
      bytesOut,
    };
    for (const done of this.#flushes.splice(0)) done();
    if (this.#handler === undefined)
      this.#refused(end.error ?? describeEarlyEnd(this.sessionId, end.output, this.#keyError));
    else this.#handler.ended?.(end);
    void (this.#link?.close() ?? Promise.resolve()).then(() => this.#settle(end));
  }
}

function patience(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
