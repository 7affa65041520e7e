/**
 * Bytes of one line of base64 sent to a terminal. With its line end a line must stay below 4,096 bytes: that is all a
 * terminal takes at once when it could not be switched to raw mode (Linux `N_TTY_BUF_SIZE`, POSIX `MAX_CANON`).
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

/** Reads base64 in whatever pieces and lines it comes. */
export function createDecoder(): (text: Buffer) => Buffer {
  let held = '';
  return (text) => {
    let all = held + text.toString('latin1');
    if (text.includes(0x0a)) all = all.replaceAll(/[\r\n]/g, '');
    const whole = all.length - (all.length % 4);
    held = all.slice(whole);
    return Buffer.from(held === '' ? all : all.slice(0, whole), 'base64');
  };
}
