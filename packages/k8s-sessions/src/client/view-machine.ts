import { SessionsError } from '../errors.js';
import {
  closeCodes,
  deadAfterMs,
  decodeServerFrame,
  encodeClientFrame,
  formatSince,
  pingEveryMs,
  type ClientFrame,
  type ExitRecord,
  type Hello,
  type LogPlace,
  type ServerFrame,
} from '../protocol/index.js';
import { createInputQueue } from './input-queue.js';
import type { ViewEnd, ViewEvent, ViewLink, ViewMachine, ViewMachineOptions, ViewWish } from './view-types.js';

/** Output taken in is acknowledged in steps of this: a sixteenth of the credit, so that a sender never runs dry. */
const ackEveryBytes = 65_536;
/** First and longest pause before a reconnect; the pause doubles, and is spread over its upper half. */
const firstPauseMs = 100;
const longestPauseMs = 5000;
/** Attempts in a row whose frames made no sense before the other side is taken for broken. */
const mostViolations = 3;

/** Closes that another try would only repeat. */
const finalCloses: Readonly<
  Record<number, { readonly reason: Exclude<ViewEnd['reason'], 'exited' | 'closed'>; readonly message: string }>
> = {
  [closeCodes.policy]: { reason: 'refused', message: 'The service refused this connection.' },
  [closeCodes.takenOver]: { reason: 'taken-over', message: 'Another window of yours took this view over.' },
  [closeCodes.revoked]: { reason: 'revoked', message: 'This link is no longer good.' },
  [closeCodes.unknownSession]: { reason: 'unknown', message: 'There is no such session, or its log is past its time.' },
};

/** Makes a view that has not begun. See {@link ViewMachine}. */
export function createViewMachine(options: ViewMachineOptions): ViewMachine {
  const { want, whole, tab, random } = options;
  const wishes: ViewWish[] = [];
  const input = createInputQueue();
  const asked = new Map<number, ClientFrame>();
  let { size, visible } = options;
  let link: ViewLink = 'connecting';
  let place: LogPlace | undefined = options.since;
  let hello: Hello | undefined;
  let exit: ExitRecord | undefined;
  let isShown = place !== undefined;
  let acked = 0;
  let heardMs = 0;
  let pingAtMs = 0;
  let pings = 0;
  let retryAtMs = 0;
  let pauseAskedMs: number | undefined;
  let failures = 0;
  let violations = 0;
  let linklessSinceMs: number | undefined;
  let lastHistory = 0;

  const tell = (event: ViewEvent): void => void wishes.push({ do: 'tell', event });
  const send = (frame: ClientFrame): void => void wishes.push({ do: 'send', bytes: encodeClientFrame(frame) });
  const isLinked = (): boolean => link === 'catching-up' || link === 'ready';
  const hasSocket = (): boolean => link === 'connecting' || link === 'attaching' || isLinked();

  function become(next: ViewLink): void {
    if (link === next) return;
    link = next;
    tell({ type: 'link', link, ...(next === 'waiting' && { retryAtMs }) });
  }

  function end(how: ViewEnd): void {
    if (link === 'ended') return;
    if (hasSocket()) wishes.push({ do: 'disconnect' });
    become('ended');
    wishes.push({ do: 'end', end: how });
  }

  function connect(nowMs: number): void {
    heardMs = nowMs;
    become('connecting');
    wishes.push({ do: 'connect' });
  }

  function pause(nowMs: number): void {
    linklessSinceMs ??= nowMs;
    const { giveUpAfterMs = Infinity } = options;
    if (nowMs - linklessSinceMs >= giveUpAfterMs) {
      return end({ reason: 'lost', message: 'The service has not answered for too long.' });
    }
    const longestMs = Math.min(firstPauseMs * 2 ** failures, longestPauseMs);
    retryAtMs = nowMs + (pauseAskedMs ?? 0) + longestMs * (0.5 + random() / 2);
    pauseAskedMs = undefined;
    failures += 1;
    become('waiting');
  }

  function broken(why: string, nowMs: number): void {
    violations += 1;
    if (violations >= mostViolations) return end({ reason: 'broken', message: why });
    // What is held cannot be trusted any more: begin again from nothing.
    place = undefined;
    wishes.push({ do: 'disconnect' });
    pause(nowMs);
  }

  function greet(said: Hello): void {
    const isSameRun = hello === undefined || hello.epoch === said.epoch;
    if (place && place.epoch !== said.epoch) place = undefined;
    input.resume(said.lastInputSeq, isSameRun);
    hello = said;
    acked = place?.offset ?? said.first;
    become('catching-up');
    tell({ type: 'hello', hello: said });
    for (const question of asked.values()) send(question);
  }

  function show(frame: Extract<ServerFrame, { type: 'out' }>, { epoch, size: shownSize }: Hello): boolean {
    const to = frame.offset + frame.data.length;
    if (place === undefined) {
      // Bytes from the beginning on a screen that shows another run: it has to be emptied first.
      if (!whole && isShown) tell({ type: 'snapshot', offset: frame.offset, size: shownSize, data: new Uint8Array() });
      place = { epoch, offset: frame.offset };
    }
    if (frame.offset > place.offset) {
      if (!whole) return false;
      tell({ type: 'gap', from: place.offset, to: frame.offset });
      place = { epoch, offset: frame.offset };
    }
    if (to > place.offset) {
      const data = frame.data.subarray(place.offset - frame.offset);
      tell({ type: 'output', offset: place.offset, data });
      place = { epoch, offset: to };
      isShown = true;
    }
    return true;
  }

  function jump(frame: Extract<ServerFrame, { type: 'snapshot' }>, { epoch }: Hello): void {
    if (whole) {
      if (place && frame.offset > place.offset) tell({ type: 'gap', from: place.offset, to: frame.offset });
    } else {
      tell(frame);
    }
    isShown = true;
    place = { epoch, offset: frame.offset };
    // The sender counts from the snapshot on: tell it soon that this one arrived.
    acked = Math.min(acked, frame.offset - ackEveryBytes);
  }

  function caughtUp(offset: number, { epoch }: Hello): boolean {
    place ??= { epoch, offset };
    if (offset > place.offset) return false;
    failures = 0;
    violations = 0;
    linklessSinceMs = undefined;
    become('ready');
    tell({ type: 'ready', offset });
    flush();
    return true;
  }

  function flush(): void {
    if (link === 'ready') for (const bytes of input.frames()) wishes.push({ do: 'send', bytes });
  }

  /** Whether the frame made sense here. */
  function handle(frame: ServerFrame): boolean {
    if (frame.type === 'hello') greet(frame.hello);
    else if (frame.type === 'going-away') pauseAskedMs = frame.retryAfterMs;
    else if (frame.type !== 'pong') return hello !== undefined && isLinked() && handleLinked(frame, hello);
    return true;
  }

  function handleLinked(frame: Exclude<ServerFrame, { type: 'hello' | 'going-away' | 'pong' }>, run: Hello): boolean {
    switch (frame.type) {
      case 'out':
        return show(frame, run);
      case 'snapshot':
        jump(frame, run);
        return true;
      case 'ready':
        return caughtUp(frame.offset, run);
      case 'size':
        tell(frame);
        return true;
      case 'exit':
        if (exit === undefined) {
          exit = frame.exit;
          input.clear();
          tell(frame);
        }
        return true;
      case 'input-ack':
        input.acknowledge(frame.seq);
        return true;
      case 'history':
        if (asked.delete(frame.id)) tell(frame);
        return true;
      default:
        tell(frame);
        return true;
    }
  }

  return {
    start: connect,
    opened(nowMs) {
      heardMs = nowMs;
      pingAtMs = nowMs + pingEveryMs;
      become('attaching');
      send({
        type: 'attach',
        since: place ? formatSince(place) : null,
        size,
        visible,
        want,
        ...(whole && { whole }),
        tab,
      });
    },
    receive(bytes, nowMs) {
      if (!hasSocket()) return;
      heardMs = nowMs;
      try {
        if (!handle(decodeServerFrame(bytes)))
          broken('The service sent a frame that cannot follow what it sent before.', nowMs);
      } catch (error) {
        if (!(error instanceof SessionsError)) throw error;
        broken(error.message, nowMs);
      }
    },
    closed(code, nowMs, message) {
      if (!hasSocket()) return;
      const final = finalCloses[code];
      if (final) return end({ reason: final.reason, message: message || final.message });
      if (code === closeCodes.ended && exit) return end({ reason: 'exited', exit });
      pause(nowMs);
    },
    tick(nowMs) {
      if (link === 'waiting' && nowMs >= retryAtMs) connect(nowMs);
      if (!hasSocket()) return;
      if (nowMs - heardMs >= deadAfterMs) {
        wishes.push({ do: 'disconnect' });
        return pause(nowMs);
      }
      if (link !== 'connecting' && nowMs >= pingAtMs) {
        pingAtMs = nowMs + pingEveryMs;
        send({ type: 'ping', nonce: ++pings });
      }
    },
    retry(nowMs) {
      if (link === 'waiting') connect(nowMs);
    },
    type(data) {
      if (exit || link === 'ended' || want !== 'control' || hello?.role === 'view') return false;
      if (!input.add(data)) return false;
      flush();
      return true;
    },
    took(offset) {
      if (!isLinked() || offset - acked < ackEveryBytes) return;
      acked = offset;
      send({ type: 'ack', offset });
    },
    view(newSize, isVisible) {
      size = newSize;
      visible = isVisible;
      if (isLinked() || link === 'attaching') send({ type: 'view', size: newSize, visible });
    },
    lease(action) {
      if (isLinked()) send({ type: 'lease', action });
      return isLinked();
    },
    signal(name) {
      if (isLinked()) send({ type: 'signal', signal: name });
      return isLinked();
    },
    history(from, to) {
      const question: ClientFrame = { type: 'history', id: ++lastHistory, from, to };
      asked.set(lastHistory, question);
      if (isLinked()) send(question);
      return lastHistory;
    },
    close: () => end(exit ? { reason: 'exited', exit } : { reason: 'closed' }),
    take: () => wishes.splice(0),
    get dueMs() {
      if (link === 'waiting') return retryAtMs;
      if (!hasSocket()) return undefined;
      const deadAtMs = heardMs + deadAfterMs;
      return link === 'connecting' ? deadAtMs : Math.min(pingAtMs, deadAtMs);
    },
    get link() {
      return link;
    },
    get place() {
      return place;
    },
  };
}
