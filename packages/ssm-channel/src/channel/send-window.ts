import { Buffer } from 'node:buffer';
import { Fifo } from '../queues/fifo.js';
import { FlightList } from './flight-list.js';
import type { InFlight } from './flight-list.js';
import { RoundTrips } from './rtt.js';

const initialWindowBytes = 256 << 10;
const smallestWindowBytes = 16 << 10;
/** The originals keep 10,000 (client) or 100,000 (agent) messages that came early; we never have so many out. */
const maxMessages = 8192;
/** So many messages sent later must be acknowledged before an earlier one counts as lost (RFC 5681 §3.2). */
const gapEvidence = 3;
/** A round trip is flat while it is at most twice the shortest, and this much for schedulers. */
const flatToleranceMs = 20;
const lossFactor = 0.7;
/** A round trip longer than that is our own queue: resends would come before answers. */
const longestQueueMs = 1000;
/** After the first answer since a time-out: if the peer was merely slow, more answers follow within this time. */
const graceMs = 50;
const noBytes = Buffer.alloc(0);

/** One message that was sent and is not acknowledged. */
export interface SentMessage extends InFlight {
  readonly sequenceNumber: number;
  readonly payloadBytes: number;
  /** As it was sent, and as it is sent again. */
  frame: Buffer;
  /** Takes the place of `frame` when the message has to be sent again; only trials of the size probe have one. */
  smaller: Buffer | undefined;
  /** Of the latest transmission. */
  sentAtMs: number;
  sends: number;
  /** Place of the latest transmission among all. */
  order: number;
  /** `flying`: nothing speaks against its arrival. `lost`: to be sent again when it is its turn. */
  state: 'flying' | 'lost' | 'acknowledged';
}

/**
 * The messages on their way: how many may be, which of them are lost, and when to send them again.
 *
 * - **Gap evidence**: when three messages that were sent later are acknowledged, a message is sent again. That gives it
 *   a new place in the order, so it takes a round trip until there can be evidence again.
 * - **Time-out**: when nothing is heard for the resend time, the oldest message is sent again, and again at growing
 *   intervals up to 1 s: a peer that merely stalls costs one message per second. All others count as lost, and follow
 *   in slow start once the peer answers, two for each acknowledgement, beginning 50 ms after the first.
 * - **False alarm**: an acknowledgement of a message that was not sent again since the time-out, or one that came
 *   faster than any round trip, answers an earlier transmission. Then nothing else was lost, and nothing more is sent
 *   again (the ideas of RFC 3522, Eifel, and RFC 5682, F-RTO).
 * - **Window**: starts at 256 KiB, grows by what is acknowledged while it is the limit and round trips stay flat, by
 *   16 KiB per round trip once something was lost, and shrinks to 0.7 for a loss, once per round trip. Where it fills
 *   a queue so long that answers take more than 1 s, it shrinks to what the link carries in that time.
 *
 * Frames are kept and sent again as they are. The peer has to store what follows a lost message, so the limit also
 * applies to the distance from the oldest unacknowledged message to the newest.
 */
export class SendWindow {
  readonly roundTrips: RoundTrips = new RoundTrips();
  readonly #limitBytes: number;
  /** From the oldest unacknowledged message to the newest, without gaps. */
  readonly #messages = new Fifo<SentMessage>();
  readonly #flying = new FlightList<SentMessage>();
  #nextSequenceNumber = 0;
  #windowBytes: number;
  #slowStartBelowBytes = Infinity;
  #unacknowledgedBytes = 0;
  /** Payload of all of `#messages`, acknowledged ones among them. */
  #spanBytes = 0;
  /** The window, and nothing else, kept a message from being sent. */
  #isLimiting = false;
  #order = 0;
  /** The highest orders acknowledged, descending; at most as many as make evidence. */
  readonly #acknowledgedOrders: number[] = [];
  /** The last transmission before the window was made smaller, and what it was. */
  #shrunkAtOrder = 0;
  #shrunkFromBytes = 0;
  #lost = 0;
  /** How many lost messages may be sent again now. */
  #allowance = 0;
  /** Until then they may not: it may have been a false alarm. */
  #recoverAtMs = 0;
  /** Where the search for the next lost message goes on. */
  #lostFrom = 0;
  /** Time-outs since anything was heard. */
  #attempt = 0;
  #heardAtMs = 0;
  #resent = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
    this.#windowBytes = Math.min(initialWindowBytes, limitBytes);
  }

  get nextSequenceNumber(): number {
    return this.#nextSequenceNumber;
  }

  /** `undefined` when everything is acknowledged. */
  get oldestSequenceNumber(): number | undefined {
    return this.#messages.at(0)?.sequenceNumber;
  }

  get unacknowledgedBytes(): number {
    return this.#unacknowledgedBytes;
  }

  get isEmpty(): boolean {
    return this.#messages.length === 0;
  }

  get windowBytes(): number {
    return this.#windowBytes;
  }

  /** Transmissions beyond the first of a message, since the beginning. */
  get resent(): number {
    return this.#resent;
  }

  /** Whether a message of that payload may be sent now. One always may when nothing is on its way. */
  hasRoom(payloadBytes: number): boolean {
    if (this.isEmpty) return true;
    this.#isLimiting = this.#unacknowledgedBytes + payloadBytes > this.#windowBytes;
    return (
      !this.#isLimiting && this.#spanBytes + payloadBytes <= this.#limitBytes && this.#messages.length < maxMessages
    );
  }

  /** Notes that the message with the number {@link nextSequenceNumber} is sent now. */
  add(frame: Buffer, payloadBytes: number, nowMs: number, smaller?: Buffer): SentMessage {
    this.#order += 1;
    const message: SentMessage = {
      sequenceNumber: this.#nextSequenceNumber,
      payloadBytes,
      frame,
      smaller,
      sentAtMs: nowMs,
      sends: 1,
      order: this.#order,
      state: 'flying',
      before: undefined,
      after: undefined,
    };
    this.#nextSequenceNumber += 1;
    this.#unacknowledgedBytes += payloadBytes;
    this.#spanBytes += payloadBytes;
    this.#messages.push(message);
    this.#flying.append(message);
    return message;
  }

  /** Takes an acknowledgement; answers with the message if it was waited for. */
  acknowledge(sequenceNumber: number, nowMs: number): SentMessage | undefined {
    const message = this.#at(sequenceNumber);
    if (message === undefined || message.state === 'acknowledged') return undefined;
    const elapsedMs = Math.max(0, nowMs - message.sentAtMs);
    const isFirstAnswer = message.sends === 1;
    const answersEarlierCopy = message.state === 'lost' || (!isFirstAnswer && elapsedMs < this.roundTrips.shortestMs);
    this.#forget(message);
    if (this.#attempt > 0) this.#recoverAtMs = nowMs + graceMs;
    this.#restart(nowMs);
    if (isFirstAnswer) {
      this.roundTrips.sample(elapsedMs);
      if (elapsedMs <= 2 * this.roundTrips.shortestMs + flatToleranceMs) this.#grow(message.payloadBytes);
      else if (elapsedMs > longestQueueMs) this.#shrink(message, longestQueueMs / elapsedMs);
    }
    if (answersEarlierCopy) this.#callOffRecovery();
    else if (this.#lost > 0) this.#allowance += 2;
    if (isFirstAnswer || !answersEarlierCopy) this.#noteEvidence(message.order);
    return message;
  }

  /** Frames to send again now, because of evidence or of what a time-out left to do. */
  due(nowMs: number): Buffer[] {
    const frames: Buffer[] = [];
    const evidence = this.#acknowledgedOrders[gapEvidence - 1] ?? 0;
    for (let first = this.#flying.first; first && first.order < evidence; first = this.#flying.first) {
      this.#shrink(first, lossFactor);
      frames.push(this.#sendAgain(first, nowMs));
    }
    if (nowMs < this.#recoverAtMs) return frames;
    for (; this.#lost > 0 && this.#allowance > 0; this.#allowance -= 1) {
      frames.push(this.#sendAgain(this.#nextLost(), nowMs));
    }
    return frames;
  }

  /** When {@link timeOut} or {@link due} has something to do; `undefined` while nothing is on its way. */
  get deadlineMs(): number | undefined {
    const isWaiting = this.#lost > 0 && this.#allowance > 0;
    return isWaiting ? Math.min(this.#recoverAtMs, this.#timeOutAtMs) : finite(this.#timeOutAtMs);
  }

  /** Gives up waiting, if it is time to: the oldest message is sent again, all others count as lost. */
  timeOut(nowMs: number): Buffer | undefined {
    if (nowMs < this.#timeOutAtMs) return undefined;
    this.#attempt += 1;
    this.#loseAll();
    return this.#sendAgain(this.#nextLost(), nowMs);
  }

  /** Frames to send again over a new socket: all, in order. */
  resendAll(nowMs: number): Buffer[] {
    this.#loseAll();
    this.#restart(nowMs);
    this.roundTrips.changePath();
    const frames: Buffer[] = [];
    while (this.#lost > 0) frames.push(this.#sendAgain(this.#nextLost(), nowMs));
    return frames;
  }

  /**
   * Nothing was to be expected for so long: the time-out that runs is put off by it. It does not begin anew, or a peer
   * that pauses often enough would never be sent what it lost.
   */
  postpone(pausedMs: number, nowMs: number): void {
    const runsSinceMs = Math.max(this.#heardAtMs, this.#flying.first?.sentAtMs ?? 0);
    this.#heardAtMs = Math.min(nowMs, runsSinceMs + pausedMs);
  }

  /** The oldest unacknowledged message once more, to find out whether anybody listens. */
  repeatOldest(nowMs: number): Buffer | undefined {
    const oldest = this.#messages.at(0);
    return oldest && this.#sendAgain(oldest, nowMs);
  }

  /** `Infinity` while nothing is on its way. */
  get #timeOutAtMs(): number {
    const first = this.#flying.first;
    if (first === undefined) return Infinity;
    return Math.max(first.sentAtMs, this.#heardAtMs) + this.roundTrips.resendAfterMs(this.#attempt);
  }

  #at(sequenceNumber: number): SentMessage | undefined {
    const oldest = this.#nextSequenceNumber - this.#messages.length;
    return sequenceNumber < oldest ? undefined : this.#messages.at(sequenceNumber - oldest);
  }

  /** Time-outs count from here. */
  #restart(nowMs: number): void {
    this.#attempt = 0;
    this.#heardAtMs = nowMs;
  }

  #sendAgain(message: SentMessage, nowMs: number): Buffer {
    if (message.state === 'lost') this.#lost -= 1;
    else this.#flying.remove(message);
    if (message.smaller) {
      message.frame = message.smaller;
      message.smaller = undefined;
    }
    this.#order += 1;
    this.#resent += 1;
    message.order = this.#order;
    message.state = 'flying';
    message.sentAtMs = nowMs;
    message.sends += 1;
    this.#flying.append(message);
    return message.frame;
  }

  #forget(message: SentMessage): void {
    if (message.state === 'lost') this.#lost -= 1;
    else this.#flying.remove(message);
    message.state = 'acknowledged';
    message.frame = noBytes;
    message.smaller = undefined;
    this.#unacknowledgedBytes -= message.payloadBytes;
    while (this.#messages.at(0)?.state === 'acknowledged') this.#spanBytes -= this.#messages.shift()?.payloadBytes ?? 0;
  }

  #loseAll(): void {
    const first = this.#flying.first;
    if (first) this.#shrink(first, lossFactor);
    for (let message = this.#flying.first; message; message = this.#flying.first) {
      this.#flying.remove(message);
      message.state = 'lost';
      this.#lost += 1;
    }
    this.#allowance = 0;
    this.#lostFrom = 0;
  }

  /** The lost message with the lowest number; there must be one. */
  #nextLost(): SentMessage {
    for (;;) {
      const message = this.#at(this.#lostFrom);
      if (message?.state === 'lost') return message;
      this.#lostFrom = Math.max(this.#lostFrom + 1, this.#nextSequenceNumber - this.#messages.length);
    }
  }

  #callOffRecovery(): void {
    this.#allowance = 0;
    if (this.#lost === 0) return;
    const alive: SentMessage[] = [];
    for (let index = 0; index < this.#messages.length; index += 1) {
      const message = this.#messages.at(index);
      if (message?.state === 'lost') alive.push(message);
    }
    // They were all sent before whatever is flying now.
    for (const message of alive.toSorted((left, right) => right.order - left.order)) {
      message.state = 'flying';
      this.#flying.prepend(message);
    }
    this.#lost = 0;
    // What was sent again seemed to be answered, and was not.
    this.#acknowledgedOrders.length = 0;
  }

  #noteEvidence(order: number): void {
    const orders = this.#acknowledgedOrders;
    if (orders.length === gapEvidence && order <= (orders[gapEvidence - 1] ?? 0)) return;
    let place = orders.length;
    while (place > 0 && (orders[place - 1] ?? 0) < order) place -= 1;
    orders.splice(place, 0, order);
    if (orders.length > gapEvidence) orders.pop();
  }

  #grow(bytes: number): void {
    if (!this.#isLimiting) return;
    const isSlowStart = this.#windowBytes < this.#slowStartBelowBytes;
    const more = isSlowStart ? bytes : (smallestWindowBytes * bytes) / this.#windowBytes;
    this.#windowBytes = Math.min(this.#limitBytes, this.#windowBytes + more);
  }

  /** What happens to messages that were sent before the last time counts from the same window: it is the same reason. */
  #shrink(because: SentMessage, factor: number): void {
    if (because.order > this.#shrunkAtOrder) {
      this.#shrunkAtOrder = this.#order;
      this.#shrunkFromBytes = this.#windowBytes;
    }
    const atLeast = Math.min(this.#limitBytes, Math.max(smallestWindowBytes, 2 * because.payloadBytes));
    this.#windowBytes = Math.max(atLeast, Math.min(this.#windowBytes, this.#shrunkFromBytes * factor));
    this.#slowStartBelowBytes = this.#windowBytes;
  }
}

function finite(ms: number): number | undefined {
  return ms === Infinity ? undefined : ms;
}
