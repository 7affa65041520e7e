import type { FileHandle } from 'node:fs/promises';
import type { Digest } from './running-digest.js';

/** Bytes collected before they are digested and written: small writes would cost more than the bytes. */
const BLOCK_BYTES = 1 << 20;
/** Full blocks that may wait for the disk before the source is held. */
const WAITING_BLOCKS = 2;
/** Characters of base64 decoded at once. Longer strings leave the engine's fast heap, and take ten times as long. */
const SLICE_CHARACTERS = 16_384;

/** Writes and digests a file from front to back while more is coming. */
export class PartWriter {
  readonly #handle: FileHandle;
  readonly #digest: Digest;
  #position: number;
  #block: Buffer = Buffer.allocUnsafe(BLOCK_BYTES);
  #filled = 0;
  readonly #spare: Buffer[] = [];
  #waiting = 0;
  #written: Promise<void> = Promise.resolve();
  /** Base64 characters that are not yet a group of four. */
  #held = '';

  constructor(handle: FileHandle, start: number, digest: Digest) {
    this.#handle = handle;
    this.#position = start;
    this.#digest = digest;
  }

  /** Where the next byte goes. */
  get position(): number {
    return this.#position + this.#filled;
  }

  /** What to wait for before more comes; `undefined` while the disk keeps up. Rejects when it failed. */
  get pressure(): Promise<void> | undefined {
    return this.#waiting >= WAITING_BLOCKS ? this.#written : undefined;
  }

  /** Adds bytes. */
  write(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      const copied = bytes.copy(this.#block, this.#filled, at);
      this.#filled += copied;
      at += copied;
      if (this.#filled === BLOCK_BYTES) this.#flush();
    }
  }

  /** Adds bytes written as base64, in whatever pieces and lines. */
  decode(text: Buffer): void {
    for (let at = 0; at < text.length; at += SLICE_CHARACTERS) {
      const slice = text.toString('latin1', at, Math.min(at + SLICE_CHARACTERS, text.length));
      const hasLineEnds = slice.includes('\n') || slice.endsWith('\r');
      const characters = this.#held + (hasLineEnds ? slice.replaceAll(/[\r\n]/g, '') : slice);
      const whole = characters.length - (characters.length % 4);
      this.#held = characters.slice(whole);
      if (BLOCK_BYTES - this.#filled < whole) this.#flush();
      this.#filled += this.#block.write(
        this.#held === '' ? characters : characters.slice(0, whole),
        this.#filled,
        'base64',
      );
    }
  }

  /** Resolves when everything is written. */
  async finish(): Promise<void> {
    this.#flush();
    await this.#written;
  }

  #flush(): void {
    const [block, bytes, position] = [this.#block, this.#block.subarray(0, this.#filled), this.#position];
    this.#digest.update(bytes);
    this.#position += bytes.length;
    this.#filled = 0;
    this.#block = this.#spare.pop() ?? Buffer.allocUnsafe(BLOCK_BYTES);
    this.#waiting += 1;
    this.#written = this.#written.then(async () => {
      await writeAll(this.#handle, bytes, position);
      this.#waiting -= 1;
      this.#spare.push(block);
    });
    // Whoever looks at the pressure, or finishes, is told.
    this.#written.catch(() => undefined);
  }
}

async function writeAll(handle: FileHandle, bytes: Buffer, start: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, start + at);
    at += bytesWritten;
  }
}
