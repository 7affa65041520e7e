/** Opcodes of WebSocket frames that matter to whoever only follows them. RFC 6455 §5.2. */
export const closeOpcode = 0x8;

/**
 * Follows the frames of one direction of a WebSocket without looking at what they carry: headers are read, payloads are
 * counted. So it is known where a message ends, and something may be put in between.
 *
 * @see RFC 6455 §5.2 for the header, §5.4 for messages in fragments
 */
export class FrameFollower {
  readonly #onFrame: ((opcode: number) => void) | undefined;
  readonly #header = new Uint8Array(14);
  #have = 0;
  #need = 2;
  /** Bytes of the current frame's payload that are still to come. */
  #left = 0;
  /** A message whose last fragment has not come yet. */
  #open = false;

  constructor(onFrame?: (opcode: number) => void) {
    this.#onFrame = onFrame;
  }

  /** Whether what was followed so far ends where a message of another origin may begin. */
  get atBoundary(): boolean {
    return this.#left === 0 && this.#have === 0 && !this.#open;
  }

  /** Follows the next bytes. The last place among them behind which a message may be put in: 0 to their length, or −1. */
  follow(bytes: Uint8Array): number {
    let boundary = this.atBoundary ? 0 : -1;
    let at = 0;
    while (at < bytes.length) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, bytes.length - at);
        this.#left -= taken;
        at += taken;
      } else {
        this.#header[this.#have++] = bytes[at++]!;
        if (this.#have === 2) this.#need = headerBytes(this.#header[1]!);
        if (this.#have >= 2 && this.#have === this.#need) this.#begin();
      }
      if (this.atBoundary) boundary = at;
    }
    return boundary;
  }

  #begin(): void {
    const opcode = this.#header[0]! & 0x0f;
    const short = this.#header[1]! & 0x7f;
    const view = new DataView(this.#header.buffer);
    this.#left = short < 126 ? short : short === 126 ? view.getUint16(2) : Number(view.getBigUint64(2));
    this.#have = 0;
    // Control frames may stand between the fragments of a message, and change nothing about it.
    if (opcode < closeOpcode) this.#open = (this.#header[0]! & 0x80) === 0;
    this.#onFrame?.(opcode);
  }
}

function headerBytes(second: number): number {
  const short = second & 0x7f;
  return 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + (second & 0x80 ? 4 : 0);
}
