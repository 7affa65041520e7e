import { Buffer } from 'node:buffer';
import { encodeSize } from '../codec/index.js';
import type { SentMessage } from './send-window.js';

/** What both originals send, and so what everybody takes. */
const safeBytes = 1024;
/** Sizes reported to work with live agents; the gateway's limit is not known. */
const trialSizes = [8 << 10, 32 << 10];
/** Full messages that must be acknowledged before a trial; after each failure, more. */
const evidenceMessages = 16;
const evidenceAfterFailure = 64;
const maxFailures = 3;
/** Larger messages than this share of the window would make a slow link wait for each of them. */
const windowShare = 4;

/** A message of nothing, padded to the size that is to be tried, and the same without padding. */
export interface Trial {
  readonly padded: Buffer;
  readonly plain: Buffer;
}

/**
 * Finds out how large messages may be: starts at 1,024 bytes, and tries 8 KiB, then 32 KiB.
 *
 * The difficulty is a large message that is not acknowledged. Its number must be used, or everything behind it waits
 * for ever. It may have been refused, and then has to be sent smaller under the same number; but if it was accepted
 * and only the acknowledgement was lost, the peer ignores whatever comes under that number later, and the rest of its
 * content would be lost or doubled. The two cases cannot be told apart.
 *
 * So a trial carries no content. It is a Size message whose JSON is padded with spaces, and when it has to be sent
 * again, it goes out without the padding, under the same number and a new id. Whichever of the two the peer accepts,
 * nothing is lost; and the id in the acknowledgement tells which it was. Data goes on being sent at the old size
 * meanwhile. In shells the size is the one that was sent last, which changes nothing; commands without a terminal, and
 * port sessions, acknowledge Size and ignore it.
 *
 * A trial fails when it has to be sent again (three messages sent later were acknowledged, or nothing was for the
 * resend time) and the padded one turns out not to have been accepted. After three failures of one size, or a socket
 * that closes while a trial is under way, the size stays for good. A size that was accepted is not given up again:
 * whoever takes one such message takes another.
 *
 * @see amazon-ssm-agent agent/session/plugins/port/port_mux.go and port_basic.go, HandleStreamMessage;
 * agent/session/plugins/noninteractivecommands
 */
export class SizeProbe {
  readonly #sizes: number[];
  #payloadBytes: number;
  #trial: { readonly message: SentMessage; readonly paddedId: string; readonly bytes: number } | undefined;
  #evidence = 0;
  #evidenceWanted = evidenceMessages;
  #failures = 0;
  #lastSize: Buffer | undefined;

  constructor(payloadBytes: 'probe' | number) {
    this.#sizes = payloadBytes === 'probe' ? [...trialSizes] : [];
    this.#payloadBytes = payloadBytes === 'probe' ? safeBytes : payloadBytes;
  }

  /** How large messages are cut now. */
  get payloadBytes(): number {
    return this.#payloadBytes;
  }

  /** A Size message is sent: what a trial may repeat. */
  noteSize(payload: Buffer): void {
    this.#lastSize = payload;
  }

  /** What to send as a trial, if there is reason for one: live evidence, enough data waiting, a link that is not slow. */
  next(sessionType: string, queuedBytes: number, windowBytes: number): Trial | undefined {
    const size = this.#sizes[0];
    if (size === undefined || this.#trial || this.#evidence < this.#evidenceWanted) return undefined;
    if (queuedBytes < size || windowBytes < size * windowShare) return undefined;
    const plain = this.#nothing(sessionType);
    return plain && { plain, padded: Buffer.concat([plain, Buffer.alloc(size - plain.length, ' ')]) };
  }

  /** The trial from {@link next} is sent. */
  started(message: SentMessage, paddedId: string): void {
    this.#trial = { message, paddedId, bytes: message.payloadBytes };
  }

  /** Any message was acknowledged; `messageId` is what the peer says it accepted. */
  acknowledged(message: SentMessage, messageId: string): void {
    if (message !== this.#trial?.message) {
      if (message.payloadBytes >= this.#payloadBytes) this.#evidence += 1;
      return;
    }
    const { paddedId, bytes } = this.#trial;
    this.#trial = undefined;
    this.#evidence = 0;
    if (message.sends === 1 || messageId === paddedId) {
      this.#payloadBytes = bytes;
      this.#sizes.shift();
      this.#failures = 0;
      this.#evidenceWanted = evidenceMessages;
    } else {
      this.#failures += 1;
      this.#evidenceWanted = evidenceAfterFailure * this.#failures;
      if (this.#failures === maxFailures) this.#giveUp();
    }
  }

  /** The socket is gone. A frame that is too large is one of the reasons. */
  disconnected(): void {
    if (this.#trial) this.#giveUp();
  }

  #giveUp(): void {
    this.#sizes.length = 0;
    this.#trial = undefined;
  }

  /** A message that does nothing in a session of this type; `undefined` where we know none. */
  #nothing(sessionType: string): Buffer | undefined {
    switch (sessionType) {
      case 'Standard_Stream':
      case 'InteractiveCommands':
        return this.#lastSize;
      case 'NonInteractiveCommands':
      case 'Port':
        return this.#lastSize ?? encodeSize({ columns: 80, rows: 24 });
      default:
        return undefined;
    }
  }
}
