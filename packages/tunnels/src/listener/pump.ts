import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** As much waits for a slow reader before its writer is paused, in bytes. */
const HIGH_WATER = 1 << 20;

/**
 * Carries bytes between two connections until both directions have ended; each end is passed on by itself. When one
 * side breaks, so does the other, by a reset where it is TCP: nobody takes a broken stream for a finished one.
 *
 * Written by hand rather than with `pipe`, which stops the reader after every 16 KiB, even if the system took them.
 *
 * @param over called once, when both sides are closed
 */
export function pump(client: Socket, far: Duplex, over: () => void): void {
  let open = 2;
  const closed = (): void => {
    open -= 1;
    if (open === 0) over();
  };
  flow(client, far, closed);
  flow(far, client, closed);
}

function flow(from: Duplex, to: Duplex, closed: () => void): void {
  let ended = false;
  from.on('data', (chunk: Buffer) => {
    to.write(chunk);
    if (to.writableLength > HIGH_WATER) from.pause();
  });
  to.on('drain', () => {
    if (from.isPaused()) from.resume();
  });
  from.on('end', () => {
    ended = true;
    to.end();
  });
  from.on('error', () => reset(to));
  from.on('close', () => {
    if (!ended) reset(to);
    closed();
  });
  to.on('close', () => {
    if (!to.writableFinished) reset(from);
  });
  from.resume();
}

/** Breaks a connection so that the other end sees it broken, not finished. */
export function reset(connection: Duplex): void {
  if (connection.destroyed) return;
  // A unix socket knows no reset.
  if (connection instanceof Socket && connection.remoteFamily !== undefined) connection.resetAndDestroy();
  else connection.destroy();
}
