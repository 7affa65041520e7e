import {
  decodeClientFrame,
  encodeServerFrame,
  parseSince,
  type ClientFrame,
  type Hello,
  type ServerFrame,
} from '../../src/protocol/index.js';
import { createViewMachine } from '../../src/client/view-machine.js';
import type { ViewEnd, ViewEvent, ViewMachine, ViewMachineOptions } from '../../src/client/view-types.js';

/** What says hello in models. */
export const aHello: Hello = {
  protocol: 'tsess.v1',
  session: 'f0d3b7e2-0d3c-4c39-9a51-0c1f1b7a8c11',
  epoch: 'e1',
  state: 'running',
  detail: null,
  role: 'control',
  viewer: 'v1',
  size: { cols: 80, rows: 24 },
  head: 0,
  first: 0,
  lines: 0,
  lastInputSeq: 0,
  archived: false,
  command: 'cat',
  startedAt: null,
};

/** A machine driven by hand: what it wishes is collected, time only moves when told. */
export class DrivenView {
  readonly machine: ViewMachine;
  readonly events: ViewEvent[] = [];
  /** Frames sent over the socket of now. */
  sent: ClientFrame[] = [];
  sockets = 0;
  hasSocket = false;
  end: ViewEnd | undefined;
  nowMs = 1000;

  constructor(options: Partial<ViewMachineOptions> = {}) {
    this.machine = createViewMachine({
      want: 'control',
      size: { cols: 80, rows: 24 },
      visible: true,
      whole: false,
      tab: 'tab-1',
      random: () => 0.5,
      ...options,
    });
    this.machine.start(this.nowMs);
    this.settle();
  }

  settle(): void {
    for (const wish of this.machine.take()) {
      if (wish.do === 'connect') {
        this.sockets += 1;
        this.hasSocket = true;
        this.sent = [];
      } else if (wish.do === 'disconnect') this.hasSocket = false;
      else if (wish.do === 'send') this.sent.push(decodeClientFrame(wish.bytes));
      else if (wish.do === 'tell') this.events.push(wish.event);
      else this.end = wish.end;
    }
  }

  open(): void {
    this.machine.opened(this.nowMs);
    this.settle();
  }

  hear(...frames: readonly ServerFrame[]): void {
    for (const frame of frames) this.machine.receive(encodeServerFrame(frame), this.nowMs);
    this.settle();
  }

  /** The socket breaks, and with it what was on its way. */
  cut(code = 1006): void {
    this.hasSocket = false;
    this.sent = [];
    this.machine.closed(code, this.nowMs);
    this.settle();
  }

  /** Lets time pass until something is due. */
  due(): void {
    this.nowMs = Math.max(this.nowMs, this.machine.dueMs ?? this.nowMs);
    this.machine.tick(this.nowMs);
    this.settle();
  }

  told<T extends ViewEvent['type']>(type: T): Extract<ViewEvent, { readonly type: T }>[] {
    return this.events.filter((event): event is Extract<ViewEvent, { readonly type: T }> => event.type === type);
  }
}

/** The other side, as plain as can be: one log, one command that takes input, one socket at a time. */
export class ModelService {
  log = new Uint8Array();
  readonly applied: number[] = [];
  #lastSeq = 0;
  #sentTo = 0;
  #isAttached = false;
  /** On their way to the view. */
  readonly flight: ServerFrame[] = [];

  write(bytes: Uint8Array): void {
    this.log = Uint8Array.of(...this.log, ...bytes);
  }

  /** Takes what the view sent. */
  take(frame: ClientFrame): void {
    if (frame.type === 'attach') {
      const since = parseSince(frame.since ?? '');
      this.#sentTo = since?.epoch === aHello.epoch ? since.offset : 0;
      this.#isAttached = true;
      this.flight.push({ type: 'hello', hello: { ...aHello, head: this.log.length, lastInputSeq: this.#lastSeq } });
      this.send();
      this.flight.push({ type: 'ready', offset: this.#sentTo });
    } else if (frame.type === 'in') {
      if (frame.seq > this.#lastSeq) {
        this.#lastSeq = frame.seq;
        this.applied.push(...frame.data);
      }
      this.flight.push({ type: 'input-ack', seq: frame.seq });
    }
  }

  /** Sends what is new, beginning a little too early when told. */
  send(overlap = 0): void {
    if (!this.#isAttached || this.#sentTo === this.log.length) return;
    const from = Math.max(0, this.#sentTo - overlap);
    this.flight.push({ type: 'out', offset: from, data: this.log.slice(from) });
    this.#sentTo = this.log.length;
  }

  /** Skips a slow view forward. The snapshot's bytes stand for the screen: all that was written. */
  skip(): void {
    if (!this.#isAttached) return;
    this.#sentTo = this.log.length;
    this.flight.push({ type: 'snapshot', offset: this.#sentTo, size: aHello.size, data: this.log.slice() });
  }

  cut(): void {
    this.#isAttached = false;
    this.flight.length = 0;
  }
}
