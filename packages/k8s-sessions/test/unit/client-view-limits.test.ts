import { describe, expect, test } from '@jest/globals';
import { createViewMachine } from '../../src/client/view-machine.js';
import type { ViewMachine, ViewWish } from '../../src/client/view-types.js';
import {
  closeCodes,
  deadAfterMs,
  decodeClientFrame,
  encodeServerFrame,
  pingEveryMs,
} from '../../src/protocol/index.js';
import type { ClientFrame, ExitRecord, ServerFrame } from '../../src/protocol/index.js';
import { aHello, DrivenView } from '../support/client-model.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const hello: ServerFrame = { type: 'hello', hello: aHello };
const ready = (offset: number): ServerFrame => ({ type: 'ready', offset });
const out = (offset: number, text: string): ServerFrame => ({ type: 'out', offset, data: bytes(text) });
const snapshot = (offset: number): ServerFrame => ({ type: 'snapshot', offset, size: aHello.size, data: bytes('s') });
const exit: ExitRecord = { reason: 'ok', code: 0, signal: null, offset: 0, digest: null };

function attached(options: ConstructorParameters<typeof DrivenView>[0] = {}): DrivenView {
  const view = new DrivenView(options);
  view.open();
  view.hear(hello, ready(0));
  return view;
}

/** Again over a new socket, up to where the service has to say something. */
function reopened(view: DrivenView): void {
  view.cut();
  view.due();
  view.open();
}

const textOf = (view: DrivenView): string =>
  view
    .told('output')
    .map(({ data }) => Buffer.from(data).toString())
    .join('|');

describe('the wishes of a view', () => {
  const make = (): { machine: ViewMachine; take: () => unknown[] } => {
    const machine = createViewMachine({
      want: 'control',
      size: null,
      visible: false,
      whole: false,
      tab: 't',
      random: () => 0.5,
    });
    const shown = (wish: ViewWish): unknown =>
      wish.do === 'send' ? decodeClientFrame(wish.bytes) : wish.do === 'tell' ? wish.event : wish;
    return { machine, take: () => machine.take().map(shown) };
  };

  test('are told once each, with every step of its link', () => {
    const { machine, take } = make();
    expect([machine.link, machine.place, machine.take()]).toEqual(['connecting', undefined, []]);
    machine.start(1000);
    expect(take()).toEqual([{ do: 'connect' }]);
    expect(machine.dueMs).toBe(1000 + deadAfterMs);
    machine.opened(1100);
    expect(take()).toEqual([
      { type: 'link', link: 'attaching' },
      { type: 'attach', since: null, size: null, visible: false, want: 'control', tab: 't' },
    ]);
    expect(machine.dueMs).toBe(1100 + pingEveryMs);
    machine.receive(encodeServerFrame(hello), 1200);
    expect(take()).toEqual([{ type: 'link', link: 'catching-up' }, hello]);
    machine.receive(encodeServerFrame(ready(0)), 1300);
    expect(take()).toEqual([{ type: 'link', link: 'ready' }, ready(0)]);
    machine.closed(1006, 1400);
    expect(take()).toEqual([{ type: 'link', link: 'waiting', retryAtMs: 1475 }]);
    expect([machine.dueMs, machine.place]).toEqual([1475, { epoch: 'e1', offset: 0 }]);
    machine.tick(1474);
    machine.receive(encodeServerFrame(ready(0)), 1474);
    machine.closed(closeCodes.revoked, 1474);
    expect(take()).toEqual([]);
    machine.tick(1475);
    expect(take()).toEqual([{ type: 'link', link: 'connecting' }, { do: 'connect' }]);
    machine.retry(1476);
    machine.close();
    machine.close();
    expect(take()).toEqual([
      { do: 'disconnect' },
      { type: 'link', link: 'ended' },
      { do: 'end', end: { reason: 'closed' } },
    ]);
    machine.tick(9_999_999);
    expect([take(), machine.dueMs, machine.type(bytes('x'))]).toEqual([[], undefined, false]);
  });

  test('let go of no socket that is not there', () => {
    const { machine, take } = make();
    machine.start(0);
    machine.closed(1006, 0);
    take();
    machine.close();
    expect(take()).toEqual([
      { type: 'link', link: 'ended' },
      { do: 'end', end: { reason: 'closed' } },
    ]);
  });

  test('are not the service’s fault where the fault is here', () => {
    let draws = 0;
    const machine = createViewMachine({
      want: 'view',
      size: null,
      visible: true,
      whole: false,
      tab: 't',
      random: () => {
        draws += 1;
        if (draws === 1) throw new RangeError('of whoever draws');
        return 0.5;
      },
    });
    machine.start(0);
    machine.opened(0);
    expect(() => machine.receive(encodeServerFrame(out(0, 'early')), 0)).toThrow(RangeError);
  });
});

describe('the link of a view', () => {
  test('is dead after so long without a word, and not before', () => {
    const view = attached();
    const heardMs = view.nowMs;
    view.nowMs = heardMs + deadAfterMs - 1;
    view.machine.tick(view.nowMs);
    expect(view.machine.link).toBe('ready');
    expect(view.machine.dueMs).toBe(heardMs + deadAfterMs);
    view.nowMs += 1;
    view.machine.tick(view.nowMs);
    view.settle();
    expect([view.machine.link, view.hasSocket]).toEqual(['waiting', false]);
    // A connect that hangs is given up alike, and is not pinged.
    view.due();
    const dialledMs = view.nowMs;
    view.machine.tick(dialledMs + deadAfterMs - 1);
    expect(view.machine.link).toBe('connecting');
    view.settle();
    expect(view.sent).toEqual([]);
    view.machine.tick(dialledMs + deadAfterMs);
    expect(view.machine.link).toBe('waiting');
  });

  test('is pinged when it is time, under a new number each time', () => {
    const view = attached();
    const openedMs = view.nowMs;
    view.machine.tick(openedMs + pingEveryMs - 1);
    view.settle();
    expect(view.sent.filter(({ type }) => type === 'ping')).toEqual([]);
    view.machine.tick(openedMs + pingEveryMs);
    view.machine.tick(openedMs + pingEveryMs);
    view.machine.tick(openedMs + 2 * pingEveryMs);
    view.settle();
    expect(view.sent.filter(({ type }) => type === 'ping')).toEqual([
      { type: 'ping', nonce: 1 },
      { type: 'ping', nonce: 2 },
    ]);
  });

  test('that held is forgotten its failures, its violations and how long it was not there', () => {
    const view = attached({ giveUpAfterMs: 1000 });
    const stumble = (): void => {
      view.machine.receive(new Uint8Array(), view.nowMs);
      view.settle();
      view.due();
      view.open();
    };
    for (let round = 0; round < 3; round += 1) {
      stumble();
      view.hear(hello);
      stumble();
      const before = view.nowMs;
      view.cut();
      expect(view.machine.dueMs! - before).toBe(300);
      view.due();
      view.open();
      view.hear(hello, ready(0));
      view.nowMs += 900;
    }
    expect(view.end).toBeUndefined();
    const before = view.nowMs;
    view.cut();
    expect(view.machine.dueMs! - before).toBe(75);
  });

  test('is lost when it was not there for as long as was said, and not before', () => {
    const view = attached({ giveUpAfterMs: 1000 });
    const lostMs = view.nowMs;
    view.cut();
    view.due();
    view.nowMs = lostMs + 999;
    view.cut();
    expect(view.end).toBeUndefined();
    view.machine.retry(view.nowMs);
    view.nowMs = lostMs + 1000;
    view.cut();
    expect(view.end).toEqual({ reason: 'lost', message: 'The service has not answered for too long.' });
  });

  test('waits as asked once, and as ever then', () => {
    const view = attached();
    view.hear({ type: 'going-away', retryAfterMs: 2000 });
    const beforeMs = view.nowMs;
    view.cut();
    expect(view.machine.dueMs).toBe(beforeMs + 2075);
    view.due();
    const againMs = view.nowMs;
    view.cut();
    expect(view.machine.dueMs).toBe(againMs + 150);
  });

  test('that breaks off as ended without an exit is made anew; what the service says of an end is told', () => {
    const view = attached();
    view.cut(closeCodes.ended);
    expect([view.end, view.machine.link]).toEqual([undefined, 'waiting']);
    const told = attached();
    told.machine.closed(closeCodes.revoked, told.nowMs, 'Shared until noon.');
    told.settle();
    expect(told.end).toEqual({ reason: 'revoked', message: 'Shared until noon.' });
    const silent = attached();
    silent.machine.closed(closeCodes.revoked, silent.nowMs, '');
    silent.settle();
    expect(silent.end).toEqual({ reason: 'revoked', message: 'This link is no longer good.' });
  });

  test('that breaks off after the exit is made anew, until the service says that all is over', () => {
    const view = attached();
    view.hear({ type: 'exit', exit });
    view.cut();
    expect([view.machine.link, view.end]).toEqual(['waiting', undefined]);
    view.due();
    view.open();
    view.cut(closeCodes.ended);
    expect([view.machine.link, view.end]).toEqual(['ended', { reason: 'exited', exit }]);
  });

  test('believes nothing between two greetings', () => {
    const view = attached();
    reopened(view);
    view.hear({ type: 'pong', nonce: 1 }, { type: 'going-away', retryAfterMs: 0 });
    expect(view.machine.link).toBe('attaching');
    view.hear(out(0, 'early'));
    expect([view.machine.link, textOf(view)]).toEqual(['waiting', '']);
  });
});

describe('what a view shows', () => {
  test('has no byte twice, and none left out', () => {
    const view = attached();
    view.hear(out(0, 'abc'), out(0, 'abc'), out(1, 'bc'), out(3, 'd'), out(2, 'cde'));
    expect(textOf(view)).toBe('abc|d|e');
    expect(view.machine.place).toEqual({ epoch: 'e1', offset: 5 });
    view.hear(out(6, 'g'));
    expect([textOf(view), view.machine.link]).toEqual(['abc|d|e', 'waiting']);
  });

  test('is not caught up beyond what came', () => {
    const view = new DrivenView();
    view.open();
    view.hear(hello, out(0, 'abc'), ready(2));
    expect(view.machine.link).toBe('ready');
    view.hear(ready(4));
    expect(view.machine.link).toBe('waiting');
  });

  test('is emptied where something else was shown, and only there', () => {
    const emptied = (view: DrivenView): number[] => view.told('snapshot').map(({ data }) => data.length);
    const fresh = new DrivenView();
    fresh.open();
    fresh.hear(hello, out(0, 'a'), ready(1));
    expect(emptied(fresh)).toEqual([]);
    // After a violation all begins anew, on a screen that shows what came before.
    fresh.hear(out(9, 'from nowhere'));
    fresh.due();
    fresh.open();
    fresh.hear(hello, out(0, 'a'), ready(1));
    expect(emptied(fresh)).toEqual([0]);
    const shown = attached();
    shown.hear(snapshot(3));
    reopened(shown);
    shown.hear({ type: 'hello', hello: { ...aHello, epoch: 'e2' } }, out(0, 'b'));
    expect(emptied(shown)).toEqual([1, 0]);
    const held = new DrivenView({ since: { epoch: 'e0', offset: 7 } });
    held.open();
    expect(held.sent[0]).toMatchObject({ since: 'e0:7' });
    held.hear(hello, out(0, 'c'));
    expect(emptied(held)).toEqual([0]);
    const whole = new DrivenView({ whole: true, since: { epoch: 'e0', offset: 7 } });
    whole.open();
    whole.hear(hello, out(0, 'd'));
    expect([emptied(whole), textOf(whole)]).toEqual([[], 'd']);
  });

  test('as a whole log has gaps only where bytes are missing', () => {
    const view = new DrivenView({ whole: true });
    view.open();
    view.hear(hello, snapshot(10), out(10, 'x'), snapshot(11), out(11, 'y'), snapshot(5));
    expect(view.told('gap')).toEqual([]);
    expect(textOf(view)).toBe('x|y');
  });

  test('is all that the service says of the session', () => {
    const view = attached();
    const said: ServerFrame[] = [
      { type: 'phase', state: 'draining', detail: null },
      { type: 'lease', holder: 'v2', mine: false, viewers: 2 },
      { type: 'note', level: 'info', code: 'x', text: 'y' },
      { type: 'size', offset: 0, size: { cols: 100, rows: 30 } },
    ];
    const before = view.events.length;
    view.hear(...said);
    expect(view.events.slice(before)).toEqual(said);
  });
});

describe('what a view says', () => {
  const last = (view: DrivenView): ClientFrame | undefined => {
    view.settle();
    return view.sent.at(-1);
  };

  test('is said over a link only; a new size is said with the next attach', () => {
    const view = attached();
    expect([view.machine.lease('take'), last(view)]).toEqual([true, { type: 'lease', action: 'take' }]);
    expect([view.machine.signal('SIGINT'), last(view)]).toEqual([true, { type: 'signal', signal: 'SIGINT' }]);
    view.machine.view({ cols: 90, rows: 30 }, false);
    expect(last(view)).toEqual({ type: 'view', size: { cols: 90, rows: 30 }, visible: false });
    view.cut();
    expect([view.machine.lease('take'), view.machine.signal('SIGINT')]).toEqual([false, false]);
    view.machine.view({ cols: 91, rows: 31 }, true);
    view.machine.took(1_000_000);
    const first = view.machine.history(0, 1);
    expect(view.machine.history(1, 2)).toBe(first + 1);
    expect(last(view)).toBeUndefined();
    view.due();
    view.open();
    expect(view.sent).toEqual([expect.objectContaining({ size: { cols: 91, rows: 31 }, visible: true })]);
    view.machine.view({ cols: 92, rows: 32 }, true);
    expect(last(view)).toMatchObject({ type: 'view', size: { cols: 92, rows: 32 } });
    view.hear(hello);
    expect(view.sent.slice(2)).toEqual([
      { type: 'history', id: first, from: 0, to: 1 },
      { type: 'history', id: first + 1, from: 1, to: 2 },
    ]);
    view.hear({ type: 'history', id: first, firstLine: 0, lines: ['x'], total: 1 });
    expect([view.told('history').length, view.machine.link]).toEqual([1, 'catching-up']);
    expect(view.machine.lease('release')).toBe(true);
    expect(view.machine.history(5, 6)).toBe(first + 2);
    expect(last(view)).toEqual({ type: 'history', id: first + 2, from: 5, to: 6 });
  });

  test('gives credit back from where the service began, in whole steps', () => {
    const view = new DrivenView();
    view.open();
    view.hear({ type: 'hello', hello: { ...aHello, first: 1000 } });
    view.machine.took(1000 + 65_535);
    expect(last(view)?.type).toBe('attach');
    view.machine.took(1000 + 65_536);
    expect(last(view)).toEqual({ type: 'ack', offset: 1000 + 65_536 });
    const held = new DrivenView({ since: { epoch: 'e1', offset: 500 } });
    held.open();
    held.hear(hello);
    held.machine.took(500 + 65_535);
    expect(last(held)?.type).toBe('attach');
    held.machine.took(500 + 65_536);
    expect(last(held)).toEqual({ type: 'ack', offset: 500 + 65_536 });
  });

  test('is nothing that was typed and not sent when the command was over', () => {
    const view = new DrivenView();
    view.machine.type(bytes('late'));
    view.open();
    view.hear(hello, { type: 'exit', exit }, ready(0));
    expect(view.sent.filter(({ type }) => type === 'in')).toEqual([]);
    expect(view.machine.type(bytes('later'))).toBe(false);
  });
});
