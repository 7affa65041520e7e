import { historyLines, readLog } from '../log/index.js';
import {
  closeCodes,
  creditBytes,
  encodeServerFrame,
  parseSince,
  type ClientFrame,
  type ServerFrame,
  type TerminalSize,
  type ViewerRole,
} from '../protocol/index.js';
import type { Hub } from './hub.js';
import { sameSize, type Seat } from './size-rule.js';

/** Most bytes of output in one frame. */
const frameBytes = 65_536;
/** Who lacks no more than this gets the bytes, whatever a keyframe would cost: what scrolled by stays in the window. */
const suffixBytes = 65_536;
/** A viewer who was held back by his credit and is further behind than this is skipped forward. */
const skipBytes = 262_144;

/** The way to a viewer. */
export interface ViewerLink {
  send(bytes: Uint8Array): void;
  close(code: number, why: string): void;
}

/** One viewer's socket: what was sent to it, and what it may still be sent. */
export class ViewerSession {
  readonly viewer: string;
  readonly #role: ViewerRole;
  readonly #hub: Hub;
  readonly #link: ViewerLink;
  #want: ViewerRole = 'view';
  #window: string;
  #whole = false;
  #size: TerminalSize | null = null;
  #visible = false;
  #activity = 0;
  #attached = false;
  #gone = false;
  /** Offset of the next byte to send. */
  #place = 0;
  /** Number of the size that was told last. */
  #sizeNumber = -1;
  /** What the viewer took in, and what was sent besides bytes of the log. */
  #acked = 0;
  #besides = 0;
  #busy = false;
  #held = false;
  #isReady = false;
  #exitTold = false;

  constructor(hub: Hub, options: { readonly viewer: string; readonly role: ViewerRole; readonly link: ViewerLink }) {
    this.viewer = options.viewer;
    this.#window = options.viewer;
    this.#role = options.role;
    this.#hub = hub;
    this.#link = options.link;
  }

  get isTold(): boolean {
    return !this.#attached || this.#exitTold;
  }

  seat(holder: string | null): Seat {
    return {
      role: this.#mayControl ? 'control' : 'view',
      holder: holder === this.viewer,
      visible: this.#visible,
      size: this.#size,
      activity: this.#activity,
    };
  }

  /**
   * Takes a frame. A promise: take no other before it resolves (the program does not read what is typed).
   */
  receive(frame: ClientFrame): Promise<void> | undefined {
    if (this.#gone) return undefined;
    if (this.#attached === (frame.type === 'attach')) {
      this.dismiss(closeCodes.policy, this.#attached ? 'attach comes once' : 'attach comes first');
      return undefined;
    }
    switch (frame.type) {
      case 'attach':
        this.#attach(frame);
        return undefined;
      case 'in':
        return this.#type(frame);
      case 'view':
        this.#size = frame.size;
        this.#visible = frame.visible;
        this.#activity = this.#hub.nextActivity();
        this.#hub.sizeChanged();
        return undefined;
      case 'ack':
        if (frame.offset > this.#acked) this.#acked = Math.min(frame.offset, this.#place);
        this.#besides = 0;
        this.pump();
        return undefined;
      case 'lease':
        this.#lease(frame.action);
        return undefined;
      case 'signal':
        if (this.#mayControl && this.#hub.claimKeyboard(this.viewer)) this.#hub.signal(frame.signal);
        else this.#refuse();
        return undefined;
      case 'history':
        return this.#history(frame);
      default:
        this.tell({ type: 'pong', nonce: frame.nonce });
        return undefined;
    }
  }

  /** The socket is gone. */
  closed(): void {
    this.#gone = true;
    this.#hub.leave(this);
  }

  dismiss(code: number, why: string): void {
    if (this.#gone) return;
    this.#link.close(code, why);
    this.closed();
  }

  tell(frame: ServerFrame): void {
    if (this.#attached && !this.#gone) this.#link.send(encodeServerFrame(frame));
  }

  tellLease(): void {
    const { holder, viewers } = this.#hub;
    this.tell({ type: 'lease', holder, mine: holder === this.viewer, viewers });
  }

  /** Sends what there is to send, as far as the credit reaches. */
  pump(): void {
    while (this.#attached && !this.#gone && !this.#busy && this.#step());
  }

  /** One frame; false when there is nothing to do now. */
  #step(): boolean {
    const hub = this.#hub;
    const { head } = hub.log;
    const room = creditBytes - (this.#place - this.#acked) - this.#besides;
    const nextSize = hub.sizeNumber(this.#sizeNumber + 1);
    const sizeIsDue = nextSize !== undefined && nextSize.offset <= this.#place;
    if (room <= 0) {
      this.#held = true;
      return false;
    }
    if (sizeIsDue) {
      if (!this.#whole) return this.#jump();
      this.#sizeNumber += 1;
      this.tell({ type: 'size', offset: this.#place, size: nextSize.size });
      return true;
    }
    if (this.#place >= head) return this.#caughtUp(head);
    if (this.#held && !this.#whole && head - this.#place > skipBytes) return this.#jump();
    this.#held = false;
    const limit = Math.min(frameBytes, room, (nextSize?.offset ?? Infinity) - this.#place);
    const data = hub.recent.read(this.#place, limit);
    if (!data) return this.#whole ? this.#readBack(limit) : this.#jump();
    this.#out(this.#place, data);
    return true;
  }

  #out(offset: number, data: Uint8Array): void {
    this.tell({ type: 'out', offset, data });
    this.#place = offset + data.length;
  }

  #caughtUp(head: number): boolean {
    this.#held = false;
    if (!this.#isReady) {
      this.#isReady = true;
      this.tell({ type: 'ready', offset: head });
    }
    if (this.#hub.exit && !this.#exitTold) {
      this.#exitTold = true;
      this.tell({ type: 'exit', exit: this.#hub.exit });
    }
    return false;
  }

  /** Shows the screen of now instead of what led to it. */
  #jump(): false {
    this.#busy = true;
    void this.#sendKeyframe().then(() => {
      this.#busy = false;
      this.pump();
    }, this.#broken);
    return false;
  }

  async #sendKeyframe(): Promise<void> {
    const hub = this.#hub;
    let keyframe = await hub.keyframe();
    // One that was under way when the size changed is of before.
    while (keyframe.offset < this.#place || !sameSize(keyframe.size, hub.log.size)) keyframe = await hub.keyframe();
    const { offset, size, data } = keyframe;
    this.#sizeNumber = hub.sizesUpTo(offset);
    this.tell({ type: 'size', offset, size });
    this.tell({ type: 'snapshot', offset, size, data });
    this.#place = offset;
    this.#acked = offset;
    this.#besides += data.length;
    this.#held = false;
    this.#isReady = false;
  }

  /** Gives a program that wants every byte what is no longer in memory. */
  #readBack(limit: number): false {
    this.#busy = true;
    const from = this.#place;
    void (async () => {
      for await (const { offset, data } of readLog(this.#hub.log.source, { from, to: this.#hub.log.head })) {
        // Behind a gap the credit begins anew.
        if (offset > from) this.#acked = offset;
        this.#out(offset, data.subarray(0, offset > from ? frameBytes : limit));
        return;
      }
    })().then(() => {
      this.#busy = false;
      this.pump();
    }, this.#broken);
    return false;
  }

  readonly #broken = (): void => this.dismiss(1011, 'the log cannot be read');

  #attach(frame: Extract<ClientFrame, { type: 'attach' }>): void {
    const hub = this.#hub;
    this.#attached = true;
    this.#want = frame.want;
    this.#whole = frame.whole ?? false;
    this.#window = frame.tab === undefined ? this.viewer : `${this.viewer} ${frame.tab}`;
    this.#size = frame.size;
    this.#visible = frame.visible;
    this.#activity = hub.nextActivity();
    if (this.#mayControl && frame.visible) hub.claimKeyboard(this.viewer);
    hub.viewersChanged();
    hub.sizeChanged();
    this.#greet();
    this.#begin(frame.since);
    this.pump();
  }

  #greet(): void {
    const { session, epoch, state, detail, log, command, startedAtMs } = this.#hub;
    this.tell({
      type: 'hello',
      hello: {
        protocol: 'tsess.v1',
        session,
        epoch,
        state,
        detail,
        role: this.#mayControl ? 'control' : 'view',
        viewer: this.viewer,
        size: log.size,
        head: log.head,
        first: 0,
        lines: log.lines,
        lastInputSeq: this.#hub.lastSeq(this.#window),
        archived: false,
        command,
        startedAt: startedAtMs === null ? null : new Date(startedAtMs).toISOString(),
      },
    });
    this.tellLease();
  }

  /** Finds where to go on: behind what the viewer has, when the way from there is short and without a barrier. */
  #begin(since: string | null): void {
    const hub = this.#hub;
    const held = since === null ? undefined : parseSince(since);
    const known = held && held.epoch === hub.epoch && held.offset <= hub.log.head ? held.offset : undefined;
    const from = known ?? 0;
    this.#acked = this.#place = from;
    if (this.#whole) {
      this.#sizeNumber = hub.sizesUpTo(from) - 1;
      return;
    }
    const isNear = hub.log.head - from <= suffixBytes && (hub.recent.from <= from || from === hub.log.head);
    const isBarred = hub.changedSince(from);
    if (isNear && !isBarred) {
      this.#sizeNumber = hub.sizesUpTo(from);
      this.tell({ type: 'size', offset: from, size: hub.log.size });
    } else this.#jump();
  }

  get #mayControl(): boolean {
    return this.#role === 'control' && this.#want === 'control';
  }

  #type(frame: Extract<ClientFrame, { type: 'in' }>): Promise<void> | undefined {
    const hub = this.#hub;
    const how = hub.accept(this.#window, frame.seq);
    if (how === 'gap') {
      this.dismiss(closeCodes.policy, 'input is missing');
      return undefined;
    }
    if (how === 'new') {
      this.#activity = hub.nextActivity();
      if (!this.#mayControl || !hub.claimKeyboard(this.viewer)) this.#refuse();
      else if (!hub.type(this.viewer, frame.data))
        this.tell({ type: 'note', level: 'warning', code: 'not_running', text: 'Nothing reads what is typed now.' });
    }
    this.tell({ type: 'input-ack', seq: frame.seq });
    return hub.typed();
  }

  #refuse(): void {
    const text = this.#mayControl ? 'Somebody else types at the moment.' : 'This link only shows.';
    this.tell({ type: 'note', level: 'warning', code: 'not_control', text });
  }

  #lease(action: 'take' | 'release'): void {
    if (!this.#mayControl) this.#refuse();
    else if (action === 'take') this.#hub.take(this.viewer);
    else this.#hub.release(this.viewer);
  }

  async #history({ id, from, to }: Extract<ClientFrame, { type: 'history' }>): Promise<void> {
    const { firstLine, lines, total } = await historyLines(this.#hub.log.source, from, to);
    this.tell({ type: 'history', id, firstLine, lines, total });
  }
}
