import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { SsmApi } from '../aws/api.js';
import { encodeOpenDataChannel } from '../codec/index.js';
import { SsmChannelError } from '../errors.js';
import type { SessionState, StartedSession } from '../session/types.js';
import { type BackoffOptions, createBackoff } from './backoff.js';
import { nowMs } from './clock.js';
import { type Keepalive, startKeepalive } from './keepalive.js';
import { type ChannelSocket, type SocketClose, openSocket } from './websocket.js';

/** How the link of a session is kept. */
export interface LinkTuning {
  /** Ping period in milliseconds; a peer silent for two to three of them is dead. Default 30,000. */
  readonly keepAliveMs?: number;
  /** How an outage is ridden out. Default: at least 10 minutes, in fact 15. */
  readonly resume?: BackoffOptions;
  /** How long the very first opening is tried. Default 20 seconds. */
  readonly openWithinMs?: number;
}

/** What the owner of a link hears. */
export interface LinkHandlers {
  frame(frame: Buffer): void;
  /** A socket is open and introduced. */
  up(): void;
  down(): void;
  drain(): void;
  state(state: SessionState): void;
  /** The link is given up. Nothing follows. */
  failed(error: SsmChannelError): void;
}

/** A data channel's socket through all its lives. */
export interface Link {
  send(frame: Buffer): void;
  /** Collects what is sent in this turn. */
  cork(): void;
  pause(): void;
  resume(): void;
  readonly bufferedBytes: number;
  /** Close frame, brief wait, gone. */
  close(): Promise<void>;
}

const KEEP_ALIVE_MS = 30_000;
const OPEN_WITHIN_MS = 20_000;

/** Opens the link of a session and keeps it: reconnects with a resumed token until told to close or out of patience. */
export function openLink(options: {
  readonly start: StartedSession;
  readonly api: SsmApi | undefined;
  readonly clientId: string;
  readonly clientVersion: string;
  readonly tuning: LinkTuning;
  readonly handlers: LinkHandlers;
}): Link {
  const { api, handlers, tuning } = options;
  const closing = new AbortController();
  let socket: ChannelSocket | undefined;
  let keepalive: Keepalive | undefined;
  let held = false;

  const running = keepOpen().catch((error: unknown) => {
    if (closing.signal.aborted) return;
    handlers.failed(
      error instanceof SsmChannelError
        ? error
        : new SsmChannelError('HAWSER_SSM_LINK_LOST', `The link of session ${options.start.sessionId} broke`, {
            cause: error,
          }),
    );
  });

  async function keepOpen(): Promise<void> {
    let start = options.start;
    let resumes = false;
    let everAlive = false;
    let lastCause: unknown;
    let backoff = createBackoff(nowMs(), { ...tuning.resume, giveUpAfterMs: tuning.openWithinMs ?? OPEN_WITHIN_MS });
    for (;;) {
      const pauseMs = backoff.next(nowMs());
      if (pauseMs === undefined) throw givenUp(options.start.sessionId, everAlive, lastCause);
      if (pauseMs > 0) await delay(pauseMs, undefined, { signal: closing.signal });
      let outcome: { alive: boolean; close: SocketClose };
      try {
        if (resumes) start = await resumed(start);
        outcome = await live(start);
      } catch (error) {
        closing.signal.throwIfAborted();
        if (isFinal(error, everAlive)) throw explain(error, options.start.sessionId);
        lastCause = error;
        handlers.state({ state: 'resuming', attempt: backoff.attempts, cause: describe(error) });
        continue;
      }
      closing.signal.throwIfAborted();
      const cause = describeClose(outcome.close);
      lastCause = outcome.close.error ?? new Error(cause);
      if (api === undefined) {
        throw outcome.alive || everAlive
          ? new SsmChannelError('HAWSER_SSM_LINK_LOST', `The link of session ${start.sessionId} was lost: ${cause}`, {
              cause: outcome.close.error,
              hint: 'Give openSession an api, so that it can resume the session.',
            })
          : tokenRefused(start.sessionId, cause);
      }
      resumes = true;
      if (outcome.alive) {
        everAlive = true;
        backoff = createBackoff(nowMs(), { giveUpAfterMs: 15 * 60_000, ...tuning.resume });
      }
      handlers.state({ state: 'resuming', attempt: backoff.attempts, cause });
    }
  }

  async function resumed(start: StartedSession): Promise<StartedSession> {
    const answer = await api?.resumeSession(start.sessionId, { signal: closing.signal });
    if (answer !== undefined) return answer;
    throw new SsmChannelError(
      'HAWSER_SSM_SESSION_TIMED_OUT',
      `Session ${start.sessionId} is gone: the service has no token for it any more`,
    );
  }

  /** One socket, from its opening to its end. */
  async function live(start: StartedSession): Promise<{ alive: boolean; close: SocketClose }> {
    let alive = false;
    let close: (close: SocketClose) => void = () => {};
    const closed = new Promise<SocketClose>((resolve) => {
      close = resolve;
    });
    await openSocket({
      url: start.streamUrl,
      opening: encodeOpenDataChannel({
        requestId: randomUUID(),
        tokenValue: start.tokenValue,
        clientId: options.clientId,
        clientVersion: options.clientVersion,
      }),
      upgrade: api?.upgrade,
      signal: closing.signal,
      handlers: {
        open: adopt,
        frame: (frame) => handlers.frame(frame),
        alive() {
          alive = true;
          keepalive?.heard();
        },
        drain: () => handlers.drain(),
        close,
      },
    });
    const ended = await closed;
    keepalive?.stop();
    socket = undefined;
    keepalive = undefined;
    handlers.down();
    return { alive, close: ended };
  }

  function adopt(opened: ChannelSocket): void {
    if (closing.signal.aborted) {
      opened.terminate();
      return;
    }
    socket = opened;
    keepalive = startKeepalive(
      tuning.keepAliveMs ?? KEEP_ALIVE_MS,
      () => opened.ping(),
      () => opened.terminate(),
    );
    if (held) {
      opened.pause();
      keepalive.suspend();
    }
    handlers.state({ state: 'connected' });
    handlers.up();
  }

  return {
    send: (frame) => socket?.send(frame),
    cork: () => socket?.cork(),
    pause() {
      held = true;
      socket?.pause();
      keepalive?.suspend();
    },
    resume() {
      held = false;
      socket?.resume();
      keepalive?.resume();
    },
    get bufferedBytes() {
      return socket?.bufferedBytes ?? 0;
    },
    async close() {
      const last = socket;
      closing.abort(new Error('the session was closed'));
      keepalive?.stop();
      await last?.close();
      await running;
    },
  };
}

/** Errors that no patience mends. Expired credentials and an unreachable network may come back while we wait. */
function isFinal(error: unknown, everAlive: boolean): boolean {
  if (error instanceof SsmChannelError) {
    return (
      error.code === 'HAWSER_SSM_SESSION_TIMED_OUT' ||
      error.code === 'HAWSER_SSM_RESUME_REFUSED' ||
      error.code === 'HAWSER_SSM_ACCESS_DENIED' ||
      error.code === 'HAWSER_SSM_BAD_INPUT'
    );
  }
  const status = upgradeStatus(error);
  if (status !== undefined) return !everAlive && status >= 400 && status < 500 && status !== 408 && status !== 429;
  return !everAlive && error instanceof SyntaxError; // ws: the URL is not one
}

function explain(error: unknown, sessionId: string): SsmChannelError {
  if (error instanceof SsmChannelError) return error;
  const status = upgradeStatus(error);
  if (status === 401 || status === 403) {
    return new SsmChannelError(
      'HAWSER_SSM_ACCESS_DENIED',
      `The gateway refused the data channel of session ${sessionId} with HTTP ${status}`,
      {
        cause: error,
        hint: 'Allow ssmmessages:OpenDataChannel for these credentials, and check region and clock.',
      },
    );
  }
  if (status !== undefined) return tokenRefused(sessionId, describe(error), error);
  return new SsmChannelError(
    'HAWSER_SSM_BAD_INPUT',
    `The stream URL of session ${sessionId} cannot be opened: ${describe(error)}`,
    { cause: error },
  );
}

function givenUp(sessionId: string, everAlive: boolean, cause: unknown): SsmChannelError {
  return everAlive
    ? new SsmChannelError(
        'HAWSER_SSM_LINK_LOST',
        `The link of session ${sessionId} could not be brought back: ${describe(cause)}`,
        { cause },
      )
    : new SsmChannelError(
        'HAWSER_SSM_ENDPOINT_UNREACHABLE',
        `The data channel of session ${sessionId} could not be opened: ${describe(cause)}`,
        { cause },
      );
}

function tokenRefused(sessionId: string, what: string, cause?: unknown): SsmChannelError {
  return new SsmChannelError(
    'HAWSER_SSM_TOKEN_REFUSED',
    `The gateway refused the token of session ${sessionId}: ${what}`,
    { cause },
  );
}

function upgradeStatus(error: unknown): number | undefined {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node reports a failed connection to several addresses as an error without a text of its own.
  if (error instanceof AggregateError && error.message === '') return error.errors.map(describe).join('; ');
  return error.message;
}

function describeClose(close: SocketClose): string {
  if (close.error) return describe(close.error);
  return close.code === 1006
    ? 'the connection broke'
    : `closed with ${close.code}${close.reason === '' ? '' : ` (${close.reason})`}`;
}
