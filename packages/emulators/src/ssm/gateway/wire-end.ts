import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';

/** One end of a data channel on a websocket of its own. */
export interface WireEnd {
  send(frame: Buffer): void;
  /** Whether less than 1 MiB waits to be written. */
  readonly takesMore: boolean;
  /** Reads no more from the peer until {@link WireEnd.release}. */
  hold(): void;
  release(): void;
  close(code: number, reason: string): void;
  /** Ends the TCP connection without a close frame: the peer sees 1006. */
  drop(): void;
  /** Resets the TCP connection. */
  reset(): void;
  /** Stays open, and neither reads, answers nor writes from now on. */
  stall(): void;
}

/** What an end reports. */
export interface WireEndEvents {
  frame(frame: Buffer): void;
  drained(): void;
  closed(): void;
}

const highWaterBytes = 1024 * 1024;

/** Wraps an open websocket. The socket under it is needed to write many small frames at once. */
export function createWireEnd(webSocket: WebSocket, socket: Socket, events: WireEndEvents): WireEnd {
  let corked = false;
  let stalled = false;
  const uncork = (): void => {
    corked = false;
    socket.uncork();
  };
  webSocket.on('message', (data: Buffer, isBinary) => {
    if (isBinary && !stalled) events.frame(data);
  });
  webSocket.on('close', () => events.closed());
  socket.on('drain', () => events.drained());
  return {
    get takesMore() {
      return socket.writableLength < highWaterBytes;
    },
    send: (frame) => {
      if (stalled || webSocket.readyState !== webSocket.OPEN) return;
      // Everything sent in one turn leaves in one system call.
      if (!corked) {
        corked = true;
        socket.cork();
        process.nextTick(uncork);
      }
      webSocket.send(frame);
    },
    hold: () => webSocket.pause(),
    release: () => {
      if (!stalled) webSocket.resume();
    },
    close: (code, reason) => webSocket.close(code, reason),
    drop: () => socket.destroy(),
    reset: () => socket.resetAndDestroy(),
    stall: () => {
      stalled = true;
      webSocket.pause();
    },
  };
}
