/**
 * Cuts a byte stream at character borders the way the real agent does it, losses included: up to three bytes that
 * look like the beginning of a character wait for the next chunk (and are lost when there is none), and a genuine
 * U+FFFD passes as the first of its three bytes.
 *
 * @see amazon-ssm-agent agent/session/shell/shell.go (processStdoutData)
 */
export function createUtf8Quirk(): (chunk: Buffer) => Buffer {
  let held: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const data = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const cut = beginOfUnfinished(data);
    held = Buffer.from(data.subarray(cut));
    return withoutReplacements(data.subarray(0, cut));
  };
}

const longestCharacter = 4;
const replacement = Buffer.from([0xef, 0xbf, 0xbd]);

/** The first position in the last three bytes that decodes to an error, or the end. */
function beginOfUnfinished(data: Buffer): number {
  const tail = Math.max(0, data.length - longestCharacter + 1);
  let at = tail;
  // A character that began before the tail may reach into it: only a position outside every such one is decoded.
  for (let start = Math.max(0, tail - longestCharacter + 1); start < tail; start += 1) {
    const length = characterLength(data, start);
    if (length > 1 && start + length > tail) at = start + length;
  }
  while (at < data.length) {
    const length = characterLength(data, at);
    if (length === 0 || isReplacement(data, at)) return at;
    at += length;
  }
  return data.length;
}

function withoutReplacements(data: Buffer): Buffer {
  let at = data.indexOf(replacement);
  if (at < 0) return data;
  const parts: Buffer[] = [];
  let from = 0;
  while (at >= 0) {
    parts.push(data.subarray(from, at + 1));
    from = at + replacement.length;
    at = data.indexOf(replacement, from);
  }
  parts.push(data.subarray(from));
  return Buffer.concat(parts);
}

function isReplacement(data: Buffer, at: number): boolean {
  return data[at] === replacement[0] && data[at + 1] === replacement[1] && data[at + 2] === replacement[2];
}

/** Bytes of the well-formed character at this position (Unicode table 3-7); 0 when there is none. */
function characterLength(data: Buffer, at: number): number {
  const first = data[at]!;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > data.length) return 0;
  const second = data[at + 1]!;
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let index = at + 2; index < at + length; index += 1) {
    if ((data[index]! & 0xc0) !== 0x80) return 0;
  }
  return length;
}
