import { posix } from 'node:path';
import { SessionsError } from '../errors.js';
import type { SafeTree } from './tree.js';

const block = 512;
/** Bytes of one long name or one set of attributes. */
const maxAttributes = 1_048_576;

/**
 * Unpacks a tar stream (POSIX.1-2001 pax, ustar, and GNU's long names) into a tree. `rename` gives the path an entry is
 * unpacked under, or undefined to leave it out.
 *
 * @throws SessionsError HAWSER_SESSIONS_SOURCE_FAILED when it is damaged, HAWSER_SESSIONS_SOURCE_REJECTED for what the tree refuses.
 */
export async function unpackTar(
  stream: AsyncIterable<Uint8Array>,
  tree: SafeTree,
  rename: (path: string) => string | undefined,
): Promise<{ readonly comment: string | undefined }> {
  const reader = new BlockReader(stream);
  let comment: string | undefined;
  let next: Record<string, string> = {};
  let always: Record<string, string> = {};
  for (let header = await reader.take(block); header; header = await reader.take(block)) {
    if (header.every((byte) => byte === 0)) break;
    checkSum(header);
    const type = String.fromCharCode(header[156] as number);
    const size = Number(next['size'] ?? numeric(header, 124, 12));
    if (!Number.isSafeInteger(size) || size < 0) throw damaged('the size of an entry is none');
    if (type === 'x' || type === 'g' || type === 'L' || type === 'K') {
      if (size > maxAttributes) throw damaged('the attributes of an entry are too long');
      const data = await reader.whole(size);
      if (type === 'x') next = { ...next, ...pax(data) };
      else if (type === 'g') {
        always = { ...always, ...pax(data) };
        comment ??= always['comment'];
      } else next = { ...next, [type === 'L' ? 'path' : 'linkpath']: text(data, 0, data.length) };
      continue;
    }
    const name = next['path'] ?? always['path'] ?? ustarName(header);
    const target = next['linkpath'] ?? text(header, 157, 100);
    next = {};
    const path = rename(name);
    const pieces = reader.pieces(size);
    if (path !== undefined) await enter(tree, type, { path, target, mode: numeric(header, 100, 8), rename }, pieces);
    for await (const piece of pieces) if (path === undefined) tree.count(piece.length);
    await reader.pad(size);
  }
  await reader.rest();
  return { comment };
}

async function enter(
  tree: SafeTree,
  type: string,
  entry: {
    readonly path: string;
    readonly target: string;
    readonly mode: number;
    readonly rename: (path: string) => string | undefined;
  },
  pieces: AsyncIterable<Uint8Array>,
): Promise<void> {
  const { path, target, mode } = entry;
  if (type === '0' || type === '\0' || type === '7') {
    if (path.endsWith('/')) return tree.folder(path);
    return tree.file(path, (mode & 0o100) !== 0, pieces);
  }
  if (type === '5') return tree.folder(path);
  if (type === '2') return tree.link(path, target);
  if (type === '1') {
    // A second name of a file that came before: a link says the same without leaving the tree.
    const to = entry.rename(target);
    return tree.link(path, to === undefined ? '' : posix.relative(posix.dirname(path), to));
  }
  return tree.refuseDevice(path);
}

/** Reads a stream in blocks, without holding more than a piece of it. */
class BlockReader {
  readonly #stream: AsyncIterator<Uint8Array>;
  #held: Uint8Array = new Uint8Array();

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#stream = stream[Symbol.asyncIterator]();
  }

  /** So many bytes, or undefined when the stream ends before the first. */
  async take(count: number): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = [];
    let missing = count;
    while (missing > 0) {
      if (this.#held.length === 0 && !(await this.#more())) {
        if (missing === count) return undefined;
        throw damaged('it ends too early');
      }
      const part = this.#held.subarray(0, missing);
      this.#held = this.#held.subarray(part.length);
      missing -= part.length;
      parts.push(part);
    }
    return parts.length === 1 ? parts[0] : Buffer.concat(parts);
  }

  async whole(size: number): Promise<Uint8Array> {
    const data = await this.take(size);
    await this.pad(size);
    return data ?? new Uint8Array();
  }

  async *pieces(size: number): AsyncGenerator<Uint8Array> {
    for (let missing = size; missing > 0;) {
      if (this.#held.length === 0 && !(await this.#more())) throw damaged('it ends too early');
      const part = this.#held.subarray(0, missing);
      this.#held = this.#held.subarray(part.length);
      missing -= part.length;
      yield part;
    }
  }

  async pad(size: number): Promise<void> {
    const over = size % block;
    if (over > 0) await this.take(block - over);
  }

  /** Reads to the end, so that a damaged end is seen. */
  async rest(): Promise<void> {
    while (await this.#more()) this.#held = new Uint8Array();
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#stream.next();
    if (done) return false;
    this.#held = value;
    return true;
  }
}

function checkSum(header: Uint8Array): void {
  let sum = 0;
  for (let index = 0; index < block; index++) sum += index >= 148 && index < 156 ? 0x20 : (header[index] as number);
  if (sum !== numeric(header, 148, 8)) throw damaged('the head of an entry is damaged');
}

/** A number in octal, or in base 256 when its first bit is set. */
function numeric(header: Uint8Array, at: number, length: number): number {
  const first = header[at] as number;
  if (first >= 0x80) {
    let value = first & 0x7f;
    for (let index = at + 1; index < at + length; index++) value = value * 256 + (header[index] as number);
    return value;
  }
  const digits = text(header, at, length).trim();
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

function text(bytes: Uint8Array, at: number, length: number): string {
  const part = bytes.subarray(at, at + length);
  const end = part.indexOf(0);
  return Buffer.from(end < 0 ? part : part.subarray(0, end)).toString('utf8');
}

function ustarName(header: Uint8Array): string {
  const prefix = text(header, 257, 6) === 'ustar' ? text(header, 345, 155) : '';
  const name = text(header, 0, 100);
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Records of a pax header: `length key=value`, each closed by a newline. */
function pax(data: Uint8Array): Record<string, string> {
  const attributes: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let at = 0; at < data.length && data[at] !== 0;) {
    const space = data.indexOf(0x20, at);
    const length = Number(text(data, at, space - at));
    if (space < 0 || !(length > 0)) throw damaged('the attributes of an entry are none');
    const record = Buffer.from(data.subarray(space + 1, at + length - 1)).toString('utf8');
    const equals = record.indexOf('=');
    attributes[record.slice(0, equals)] = record.slice(equals + 1);
    at += length;
  }
  return attributes;
}

function damaged(why: string): SessionsError {
  return new SessionsError('HAWSER_SESSIONS_SOURCE_FAILED', `The archive cannot be unpacked: ${why}.`, {
    hint: 'Make the archive anew, and check that the whole of it arrived.',
  });
}
