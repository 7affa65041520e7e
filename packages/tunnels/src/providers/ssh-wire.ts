/** Messages of OpenSSH's control socket (OpenSSH `PROTOCOL.mux` §1–§3, §8 and `mux.c`). */
export const Mux = {
  hello: 0x0000_0001,
  aliveCheck: 0x1000_0004,
  terminate: 0x1000_0005,
  proxy: 0x1000_000f,
  ok: 0x8000_0001,
  permissionDenied: 0x8000_0002,
  failure: 0x8000_0003,
  alive: 0x8000_0005,
  proxied: 0x8000_000f,
} as const;

/** The one version of the control protocol there is. */
export const MUX_VERSION = 4;

/** Message numbers of the connection protocol (RFC 4254 §9). */
export const Ssh = {
  globalRequest: 80,
  requestFailure: 82,
  open: 90,
  openConfirmation: 91,
  openFailure: 92,
  windowAdjust: 93,
  data: 94,
  extendedData: 95,
  eof: 96,
  close: 97,
  request: 98,
  channelFailure: 100,
} as const;

/** Reasons of a refused channel (RFC 4254 §5.1). */
export const OpenRefusal = {
  administrativelyProhibited: 1,
  connectFailed: 2,
  unknownChannelType: 3,
  resourceShortage: 4,
} as const;

/** The largest packet OpenSSH sends or takes (`packet.h`, PACKET_MAX_SIZE). */
const LARGEST_PACKET = 256 * 1024;

/** Length and payload offsets of a channel's data behind the length, padding and type of a packet. */
const DATA_HEADER = 14;

/** What the two kinds of message are made of. */
export type Field = number | string | Buffer;

/** One message of the control protocol: a length and 32-bit fields or strings. */
export function encodeMux(type: number, ...fields: readonly number[]): Buffer {
  const message = Buffer.alloc(8 + 4 * fields.length);
  message.writeUInt32BE(message.length - 4, 0);
  message.writeUInt32BE(type, 4);
  for (const [index, field] of fields.entries()) message.writeUInt32BE(field, 8 + 4 * index);
  return message;
}

/** One packet as a proxied control socket carries it: length, a zero for the padding, type, fields (OpenSSH `channels.c`, channel_proxy_downstream). */
export function encodePacket(type: number, ...fields: readonly Field[]): Buffer {
  const body = fields.map(encodeField);
  const bytes = body.reduce((sum, field) => sum + field.length, 0);
  const head = Buffer.alloc(6);
  head.writeUInt32BE(bytes + 2, 0);
  head.writeUInt8(type, 5);
  return Buffer.concat([head, ...body]);
}

/** What stands before the bytes of a channel's data. */
export function encodeDataHeader(recipient: number, bytes: number): Buffer {
  const head = Buffer.alloc(DATA_HEADER);
  head.writeUInt32BE(DATA_HEADER - 4 + bytes, 0);
  head.writeUInt8(Ssh.data, 5);
  head.writeUInt32BE(recipient, 6);
  head.writeUInt32BE(bytes, 10);
  return head;
}

function encodeField(field: Field): Buffer {
  if (typeof field === 'number') {
    const word = Buffer.alloc(4);
    word.writeUInt32BE(field);
    return word;
  }
  const bytes = Buffer.from(field);
  return Buffer.concat([encodeField(bytes.length), bytes]);
}

/** Takes the fields of a message one after the other. Past its end everything is zero or empty. */
export class Fields {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  word(): number {
    const at = this.#at;
    this.#at += 4;
    return at + 4 <= this.#bytes.length ? this.#bytes.readUInt32BE(at) : 0;
  }

  text(): string {
    const length = this.word();
    const text = this.#bytes.subarray(this.#at, this.#at + length).toString();
    this.#at += length;
    return text;
  }

  flag(): boolean {
    return this.#bytes[this.#at++] === 1;
  }
}

/** What a {@link PacketReader} finds. */
export interface PacketHandler {
  /** A packet of any other type than data; `body` is what follows the type. */
  packet(type: number, body: Buffer): void;
  /** Some of the bytes of a channel, in order; not copied. */
  data(channel: number, bytes: Buffer): void;
}

/**
 * Cuts what a proxied control socket sends into packets. The bytes of channels are handed on as they come; where several
 * packets of one channel stand in what was read, they are moved together in place, so that the reader writes once.
 */
export class PacketReader {
  readonly #handler: PacketHandler;
  #kept: Buffer = Buffer.alloc(0);
  #channel = 0;
  #dataLeft = 0;

  constructor(handler: PacketHandler) {
    this.#handler = handler;
  }

  /**
   * Takes what was read; the buffer is the reader's from then on.
   *
   * @throws Error when what comes cannot be a packet
   */
  push(bytes: Buffer): void {
    const all = this.#kept.length === 0 ? bytes : Buffer.concat([this.#kept, bytes]);
    let at = 0;
    let run = { channel: 0, start: 0, end: 0 };
    const flush = (): void => {
      if (run.end > run.start) this.#handler.data(run.channel, all.subarray(run.start, run.end));
      run = { channel: 0, start: 0, end: 0 };
    };
    for (;;) {
      if (this.#dataLeft > 0) {
        const bytesHere = Math.min(this.#dataLeft, all.length - at);
        if (bytesHere === 0) break;
        if (run.end === run.start || run.channel !== this.#channel) {
          flush();
          run = { channel: this.#channel, start: at, end: at };
        } else all.copyWithin(run.end, at, at + bytesHere);
        run.end += bytesHere;
        at += bytesHere;
        this.#dataLeft -= bytesHere;
        continue;
      }
      const head = this.#head(all, at, flush);
      if (head === 0) break;
      at += head;
    }
    flush();
    this.#kept = all.subarray(at);
  }

  /** How many bytes were understood; 0: there are too few yet. */
  #head(all: Buffer, at: number, flush: () => void): number {
    const have = all.length - at;
    if (have < 6) return 0;
    const length = all.readUInt32BE(at);
    if (length < 2 || length > LARGEST_PACKET) throw new Error(`A packet of ${length} bytes cannot be.`);
    const type = all.readUInt8(at + 5);
    if (type === Ssh.data) {
      if (have < DATA_HEADER) return 0;
      this.#channel = all.readUInt32BE(at + 6);
      this.#dataLeft = all.readUInt32BE(at + 10);
      if (this.#dataLeft !== length + 4 - DATA_HEADER) throw new Error('A packet of data is not as long as it says.');
      return DATA_HEADER;
    }
    if (have < length + 4) return 0;
    flush();
    this.#handler.packet(type, all.subarray(at + 6, at + length + 4));
    return length + 4;
  }
}
