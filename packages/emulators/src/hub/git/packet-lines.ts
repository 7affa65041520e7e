/** Ends a list. */
export const flush = '0000';

/** One line of git's wire protocol (gitprotocol-common(5), "pkt-line Format"): its length in four hex digits, and it. */
export function packetLine(content: string | Buffer): Buffer {
  const body = Buffer.from(content);
  return Buffer.concat([Buffer.from((body.length + 4).toString(16).padStart(4, '0')), body]);
}

/** Reads lines up to the first flush. Undefined for what is no such list. */
export function readPacketLines(
  bytes: Buffer,
): { readonly lines: readonly Buffer[]; readonly rest: Buffer } | undefined {
  const lines: Buffer[] = [];
  for (let at = 0; at + 4 <= bytes.length;) {
    const length = Number.parseInt(bytes.toString('latin1', at, at + 4), 16);
    if (length === 0) return { lines, rest: bytes.subarray(at + 4) };
    if (!(length >= 4) || at + length > bytes.length) return undefined;
    lines.push(bytes.subarray(at + 4, at + length));
    at += length;
  }
  return undefined;
}
