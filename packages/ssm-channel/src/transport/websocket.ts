import { rootCertificates } from 'node:tls';
import type { Socket as NetSocket } from 'node:net';
import { WebSocket } from 'ws';
import type { UpgradeOptions } from './types.js';

/** Why a socket is gone. */
export interface SocketClose {
  /** Websocket close code; 1006 when the connection ended without one. */
  readonly code: number;
  readonly reason: string;
  readonly error?: Error;
}

/** What the owner of a socket hears of it. `frame` payloads may be kept: they are never written to again. */
export interface SocketHandlers {
  /** The socket is open and the opening message sent; frames follow. */
  open(socket: ChannelSocket): void;
  frame(frame: Buffer): void;
  /** Anything at all arrived: the peer lives. */
  alive(): void;
  /** Bytes that waited for the network are gone. */
  drain(): void;
  close(close: SocketClose): void;
}

/** One open websocket of a data channel. */
export interface ChannelSocket {
  send(frame: Buffer): void;
  /** Collects what is sent until the current turn ends into as few packets as possible. */
  cork(): void;
  ping(): void;
  /** Reads nothing more until {@link resume}. */
  pause(): void;
  resume(): void;
  /** Bytes handed over and not yet taken by the network. */
  readonly bufferedBytes: number;
  /** Close frame 1000, then at most a second for the answer. Resolves when the connection is gone. */
  close(): Promise<void>;
  /** Drops the connection at once. */
  terminate(): void;
}

const HANDSHAKE_TIMEOUT_MS = 45_000; // session-manager-plugin src/websocketutil: dialer hand-shake time-out
const CLOSE_WAIT_MS = 1_000;
/** Above every frame the service sends and far below what would hurt. */
const MAX_FRAME_BYTES = 16 << 20;

/**
 * Opens the websocket of a data channel and sends the opening TEXT message. Resolves when its handlers were told.
 *
 * @throws what the network said; an error with the `statusCode` when the server answered with one instead of a websocket.
 */
export async function openSocket(options: {
  readonly url: string;
  readonly opening: string;
  readonly upgrade: UpgradeOptions | undefined;
  readonly handlers: SocketHandlers;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { url, opening, upgrade, handlers, signal } = options;
  const [headers, agent, ca] = await Promise.all([
    upgrade?.headers?.(url, { signal }),
    upgrade?.agent?.(url),
    upgrade?.ca?.(),
  ]);
  signal.throwIfAborted();
  const socket = new WebSocket(url, {
    perMessageDeflate: false,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    maxPayload: MAX_FRAME_BYTES,
    ...(headers ? { headers } : {}),
    ...(agent ? { agent } : {}),
    ...(ca ? { ca: [...rootCertificates, ...ca] } : {}),
  });
  const abort = (): void => socket.terminate();
  signal.addEventListener('abort', abort, { once: true });
  let connection: NetSocket | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('upgrade', (response) => {
        connection = response.socket;
        connection.setNoDelay(true);
      });
      socket.once('unexpected-response', (request, response) => {
        const status = response.statusCode ?? 0;
        request.destroy();
        reject(Object.assign(new Error(`the gateway answered HTTP ${status}`), { statusCode: status }));
      });
      socket.once('open', () => {
        // At once: frames may have come together with the answer to the upgrade, and are told in this very turn.
        handlers.open(adopt(socket, connection, opening, handlers));
        resolve();
      });
      socket.on('error', (error) => reject(signal.aborted ? abortReason(signal) : error));
    });
  } catch (error) {
    socket.terminate();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function adopt(
  socket: WebSocket,
  connection: NetSocket | undefined,
  opening: string,
  handlers: SocketHandlers,
): ChannelSocket {
  let failure: Error | undefined;
  let corked = false;
  const gone = new Promise<void>((resolve) => {
    socket.once('close', (code, reason) => {
      resolve();
      handlers.close({ code, reason: reason.toString(), ...(failure ? { error: failure } : {}) });
    });
  });
  socket.removeAllListeners('error');
  socket.on('error', (error) => {
    failure = error;
  });
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    handlers.alive();
    // The service speaks BINARY only; a TEXT frame has no meaning here.
    if (isBinary) handlers.frame(data);
  });
  socket.on('pong', () => handlers.alive());
  socket.on('ping', () => handlers.alive());
  connection?.on('drain', () => handlers.drain());
  socket.send(opening);

  const uncork = (): void => {
    corked = false;
    connection?.uncork();
  };
  return {
    send(frame) {
      if (socket.readyState === WebSocket.OPEN) socket.send(frame);
    },
    cork() {
      if (corked || connection === undefined) return;
      corked = true;
      connection.cork();
      process.nextTick(uncork);
    },
    ping() {
      if (socket.readyState === WebSocket.OPEN) socket.ping('keepalive');
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    async close() {
      if (socket.readyState === WebSocket.CLOSED) return;
      const impatience = setTimeout(() => socket.terminate(), CLOSE_WAIT_MS);
      socket.resume();
      socket.close(1000);
      await gone;
      clearTimeout(impatience);
    },
    terminate: () => socket.terminate(),
  };
}

function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted', { cause: signal.reason });
}
