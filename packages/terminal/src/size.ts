import type { Stream } from 'node:stream';
import type { WriteStream } from 'node:tty';
import type { TerminalSize } from './types.js';

/** Stated when there is no terminal to ask: what the original plugin states (session-manager-plugin, shellsession.go). */
export const unknownSize: TerminalSize = { columns: 300, rows: 100 };

/** The first of these streams that is a terminal with a known size of its own. */
export function screenAmong(streams: readonly Stream[]): WriteStream | undefined {
  return streams.find((stream): stream is WriteStream => {
    const screen = stream as Partial<WriteStream>;
    return screen.isTTY === true && typeof screen.getWindowSize === 'function';
  });
}

/** A terminal nobody gave a size says 0 × 0, which is no size. */
export function sizeOf(screen: WriteStream | undefined): TerminalSize {
  const [columns, rows] = screen?.getWindowSize() ?? [0, 0];
  return columns > 0 && rows > 0 ? { columns, rows } : unknownSize;
}
