import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { createChannel } from '../../src/channel/index.js';
import type { Channel, ChannelOptions, Wish } from '../../src/channel/index.js';
import { encodeServiceMessage } from '../../src/codec/index.js';
import { ModelAgent } from './model-agent.js';
import type { ModelAgentOptions } from './model-agent.js';
import { Random } from './random.js';

/** What may happen to a frame, and to the link. Rates are 0 to 1, per frame. */
export interface LinkOptions {
  readonly lose?: number;
  readonly duplicate?: number;
  /** Delays are random between these: frames overtake each other when they differ. */
  readonly delayMs?: readonly [number, number];
  readonly damage?: number;
  /** The client's socket is cut about this often, and back after up to a second. */
  readonly cutEveryMs?: number;
  /** The service says pause about this often, and start up to a second later; that may be lost like anything else. */
  readonly pauseEveryMs?: number;
  /** What the link carries from the client; frames wait for each other. Default: no limit. */
  readonly bytesPerMs?: number;
  /** Larger frames from the client close its socket (1009). */
  readonly maxFrameBytes?: number;
}

/** One client channel and one model agent on a simulated link, in virtual time: nothing waits, nothing is random. */
export class Simulation {
  readonly client: Channel;
  readonly agent: ModelAgent;
  readonly random: Random;
  readonly #link: LinkOptions;
  /** A binary heap by time, then by order of scheduling. */
  readonly #events: { readonly atMs: number; readonly order: number; readonly run: () => void }[] = [];
  readonly #output: Buffer[] = [];
  readonly #heldFrames: Buffer[] = [];
  readonly #keys: ModelAgentOptions['dataKey'];
  /** All wishes but `send`, `deliver` and `wake`, in order. */
  readonly wishes: Wish[] = [];
  /** Milliseconds it takes to consume a delivery. */
  consumeMs = 0;
  /** Bytes delivered so far. */
  outputBytes = 0;
  framesFromClient = 0;
  bytesFromClient = 0;
  /** Most bytes delivered and not consumed at any time. */
  mostUndelivered = 0;
  nowMs = 1_000_000;
  #undelivered = 0;
  #freeAtMs = 0;
  #order = 0;
  #wakes = 0;
  #socket = 0;
  #isUp = false;
  #isHeld = false;

  constructor(options: {
    readonly seed: number;
    readonly channel?: Partial<ChannelOptions>;
    readonly agent?: ModelAgentOptions;
    readonly link?: LinkOptions;
  }) {
    this.random = new Random(options.seed);
    this.#link = options.link ?? {};
    this.#keys = options.agent?.dataKey;
    const sessionTypes = ['Standard_Stream', 'NonInteractiveCommands', 'Port'];
    this.client = createChannel({ sessionTypes, ...options.channel });
    this.agent = new ModelAgent((frame) => this.#carry(frame, 'client'), options.agent);
    this.#connect();
    this.#every(50, () => this.agent.work(this.nowMs));
    const { cutEveryMs, pauseEveryMs } = this.#link;
    if (cutEveryMs) this.#every(cutEveryMs, () => this.cut());
    if (pauseEveryMs) this.#every(pauseEveryMs, () => this.#pause());
  }

  get output(): Buffer {
    return Buffer.concat(this.#output);
  }

  at(afterMs: number, run: () => void): void {
    this.#order += 1;
    const event = { atMs: this.nowMs + afterMs, order: this.#order, run };
    const heap = this.#events;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(event, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = event;
  }

  /** Runs until `isDone`; fails when that takes longer than `limitMs` of virtual time. */
  run(isDone: () => boolean, limitMs = 600_000): void {
    const endMs = this.nowMs + limitMs;
    this.pump();
    while (!isDone()) {
      const event = this.#shift();
      if (event === undefined || event.atMs > endMs) throw new Error(`not done after ${limitMs} ms of virtual time`);
      this.nowMs = event.atMs;
      event.run();
      this.pump();
    }
  }

  /** Carries out all that the client wishes. */
  pump(): void {
    for (let wishes = this.client.take(this.nowMs); wishes.length > 0; wishes = this.client.take(this.nowMs)) {
      for (const wish of wishes) this.#fulfil(wish);
    }
  }

  cut(): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#isHeld = false;
    this.#heldFrames.length = 0;
    this.#socket += 1;
    this.client.disconnected(this.nowMs);
    this.at(this.random.integer(1, 1000), () => this.#connect());
  }

  #connect(): void {
    this.#isUp = true;
    this.#socket += 1;
    this.client.connected(this.nowMs);
  }

  #pause(): void {
    this.#carry(serviceFrame('pause_publication', this.nowMs), 'client');
    this.at(this.random.integer(1, 1000), () => this.#carry(serviceFrame('start_publication', this.nowMs), 'client'));
  }

  #every(meanMs: number, run: () => void): void {
    this.at(this.random.integer(Math.ceil(meanMs / 2), meanMs * 1.5), () => {
      run();
      this.#every(meanMs, run);
    });
  }

  #carry(frame: Buffer, to: 'client' | 'agent'): void {
    const { lose = 0, duplicate = 0, delayMs = [1, 1], damage = 0, maxFrameBytes = Infinity, bytesPerMs } = this.#link;
    if (!this.#isUp) return;
    if (to === 'agent') {
      this.framesFromClient += 1;
      this.bytesFromClient += frame.length;
      if (frame.length > maxFrameBytes) {
        this.at(0, () => this.cut());
        return;
      }
    }
    let queuedMs = 0;
    if (to === 'agent' && bytesPerMs !== undefined) {
      this.#freeAtMs = Math.max(this.nowMs, this.#freeAtMs) + frame.length / bytesPerMs;
      queuedMs = this.#freeAtMs - this.nowMs;
    }
    if (this.random.chance(lose)) return;
    const socket = this.#socket;
    for (let copies = this.random.chance(duplicate) ? 2 : 1; copies > 0; copies -= 1) {
      const copy = Buffer.from(frame);
      if (this.random.chance(damage)) copy[this.random.integer(116, copy.length - 1)]! ^= 0xff;
      this.at(queuedMs + delayMs[0] + this.random.next() * (delayMs[1] - delayMs[0]), () => {
        if (socket !== this.#socket) return;
        if (to === 'agent') this.agent.receive(copy, this.nowMs);
        else if (this.#isHeld) this.#heldFrames.push(copy);
        else this.client.receive(copy, this.nowMs);
      });
    }
  }

  #fulfil(wish: Wish): void {
    switch (wish.do) {
      case 'send':
        if (!this.#isUp) throw new Error('sent without a socket');
        this.#carry(wish.frame, 'agent');
        return;
      case 'wake': {
        this.#wakes += 1;
        const wake = this.#wakes;
        this.at(Math.max(0, wish.atMs - this.nowMs), () => {
          if (wake === this.#wakes) this.client.tick(this.nowMs);
        });
        return;
      }
      case 'deliver':
        this.#output.push(wish.bytes);
        this.outputBytes += wish.bytes.length;
        this.#undelivered += wish.bytes.length;
        this.mostUndelivered = Math.max(this.mostUndelivered, this.#undelivered);
        this.at(this.consumeMs, () => {
          this.#undelivered -= wish.bytes.length;
          this.client.delivered(wish.bytes.length, this.nowMs);
        });
        return;
      case 'data-key':
        this.at(30, () => {
          if (this.#keys) this.client.dataKey({ plaintext: this.#keys, ciphertext: Buffer.from('sealed') }, this.nowMs);
        });
        break;
      case 'hold':
        this.#isHeld = true;
        break;
      case 'release':
        this.#isHeld = false;
        for (const frame of this.#heldFrames.splice(0)) this.client.receive(frame, this.nowMs);
        break;
    }
    this.wishes.push(wish);
  }

  #shift(): { readonly atMs: number; readonly run: () => void } | undefined {
    const heap = this.#events;
    const [first] = heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

/** A frame as the service writes it. */
export function serviceFrame(messageType: string, nowMs: number, payload = ''): Buffer {
  return encodeServiceMessage({
    messageType,
    createdDate: nowMs,
    sequenceNumber: 0,
    messageId: randomUUID(),
    payload: Buffer.from(payload),
  });
}

function isBefore(
  left: { readonly atMs: number; readonly order: number },
  right: { readonly atMs: number; readonly order: number },
): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);
}
