import { SessionsError } from '../errors.js';
import { closeCodes } from '../protocol/index.js';

/** A socket as a view needs it. */
export interface ViewSocket {
  send(bytes: Uint8Array): void;
  /** Lets go of it; nothing is told after. */
  close(): void;
}

/** Where a socket leads, and with which subprotocols it is asked for. */
export interface SocketTarget {
  /** `ws:` or `wss:`. */
  readonly url: string;
  readonly protocols: readonly string[];
}

/** What a socket tells. `onClose` comes once, also when the socket never opened. */
export interface SocketHandlers {
  readonly onOpen: () => void;
  readonly onMessage: (bytes: Uint8Array) => void;
  readonly onClose: (code: number, reason: string) => void;
}

/** Opens a socket. Never throws: what does not open is closed. */
export type OpenSocket = (target: SocketTarget, handlers: SocketHandlers) => ViewSocket;

/** As much of the WHATWG WebSocket as is used. */
interface WebSocketLike {
  binaryType: string;
  addEventListener(kind: 'open', listener: () => void): void;
  addEventListener(kind: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(kind: 'close', listener: (event: { readonly code: number; readonly reason: string }) => void): void;
  send(data: Uint8Array): void;
  close(code?: number): void;
}

/**
 * Opens sockets with the global WebSocket: of a browser, or of Node from 22 on.
 *
 * @throws SessionsError `HAWSER_SESSIONS_BAD_INPUT` where there is none
 */
export function globalSockets(): OpenSocket {
  const { WebSocket } = globalThis as unknown as {
    WebSocket?: new (url: string, protocols: readonly string[]) => WebSocketLike;
  };
  if (!WebSocket) {
    throw new SessionsError('HAWSER_SESSIONS_BAD_INPUT', 'This platform has no WebSocket of its own.', {
      hint: "Hand in openSocket: nodeSockets() of '@hawser/k8s-sessions/client/node'.",
    });
  }
  return ({ url, protocols }, { onOpen, onMessage, onClose }) => {
    const socket = new WebSocket(url, protocols);
    let isLetGo = false;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => (isLetGo ? undefined : onOpen()));
    socket.addEventListener('message', ({ data }) => {
      // Text is none of our frames; empty bytes make the view say so.
      if (!isLetGo) onMessage(data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array());
    });
    socket.addEventListener('close', ({ code, reason }) => (isLetGo ? undefined : onClose(code, reason)));
    return {
      send: (bytes) => socket.send(bytes),
      close() {
        isLetGo = true;
        socket.close(closeCodes.ended);
      },
    };
  };
}
