import type { Readable } from 'node:stream';

/** More than any response; a stream that never closes its braces is no JSON. */
const maxBytes = 1 << 20;

/**
 * Reads one JSON object from the front of a stream. What follows it, but for the end of its line, is put back and is
 * the next reader's. A stream that does not begin with an object is read no further than that shows.
 */
export async function readLeadingJson(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  return await new Promise((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      const end = endOfObject(bytes);
      if (end === undefined && bytes.length < maxBytes) return;
      stop();
      const rest = bytes.subarray(end === undefined ? bytes.length : afterLineEnd(bytes, end));
      if (rest.length > 0) stream.unshift(rest);
      resolve(bytes.subarray(0, end).toString());
    };
    const onEnd = (): void => {
      stop();
      resolve(Buffer.concat(chunks).toString());
    };
    const onError = (error: Error): void => {
      stop();
      reject(error);
    };
    const stop = (): void => {
      stream.off('data', onData).off('end', onEnd).off('error', onError);
      stream.pause();
    };
    stream.on('data', onData).on('end', onEnd).on('error', onError);
  });
}

/** Where the object at the front ends: behind its last brace; at the first byte that shows there is none. */
export function endOfObject(bytes: Uint8Array): number | undefined {
  let depth = 0;
  let state: 'outside' | 'string' | 'escape' = 'outside';
  for (const [index, byte] of bytes.entries()) {
    if (state === 'escape') state = 'string';
    else if (state === 'string') {
      if (byte === 0x5c) state = 'escape';
      else if (byte === 0x22) state = 'outside';
    } else if (byte === 0x7b) depth += 1;
    else if (depth === 0 && !isSpace(byte)) return index + 1;
    else if (byte === 0x22) state = 'string';
    else if (byte === 0x7d) {
      depth -= 1;
      if (depth === 0) return index + 1;
    }
  }
  return undefined;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

function afterLineEnd(bytes: Uint8Array, at: number): number {
  const afterReturn = bytes[at] === 0x0d ? at + 1 : at;
  return bytes[afterReturn] === 0x0a ? afterReturn + 1 : at;
}
