/**
 * Bytes in one line of base64 sent to a terminal. With its line end a line must stay below 4,096 bytes: more a
 * terminal does not take at once when it could not be switched to raw mode (Linux `N_TTY_BUF_SIZE`).
 */
export const LINE_BYTES = 3000;

/** Writes bytes as lines of base64, whatever the pieces they come in. */
export function createLineEncoder(): { push(bytes: Buffer): Buffer; end(): Buffer } {
  let held: Buffer = Buffer.alloc(0);
  return {
    push(bytes) {
      const data = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
      const whole = data.length - (data.length % LINE_BYTES);
      held = data.subarray(whole);
      return lines(data.subarray(0, whole));
    },
    end: () => lines(held),
  };
}

function lines(bytes: Buffer): Buffer {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += LINE_BYTES) {
    parts.push(bytes.toString('base64', at, Math.min(at + LINE_BYTES, bytes.length)), '\n');
  }
  return Buffer.from(parts.join(''), 'latin1');
}
