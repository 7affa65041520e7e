import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { closeCodes, deadAfterMs, pingEveryMs } from '../../src/protocol/index.js';
import type { ExitRecord, ServerFrame } from '../../src/protocol/index.js';
import { aHello, DrivenView, ModelService } from '../support/client-model.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const hello: ServerFrame = { type: 'hello', hello: aHello };
const ready = (offset: number): ServerFrame => ({ type: 'ready', offset });
const out = (offset: number, text: string): ServerFrame => ({ type: 'out', offset, data: bytes(text) });
const exit: ExitRecord = { reason: 'nonzero', code: 3, signal: null, offset: 5, digest: null };

function attached(options: ConstructorParameters<typeof DrivenView>[0] = {}): DrivenView {
  const view = new DrivenView(options);
  view.open();
  view.hear(hello, ready(0));
  return view;
}

describe('a view over many sockets', () => {
  test('whatever is cut, every byte is shown once and every key typed once', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('write' as const), text: fc.string({ minLength: 1, maxLength: 20 }) }),
      fc.record({ do: fc.constant('type' as const), text: fc.string({ minLength: 1, maxLength: 5 }) }),
      fc.record({ do: fc.constant('send' as const), overlap: fc.nat({ max: 30 }) }),
      fc.record({ do: fc.constantFrom('skip' as const, 'cut' as const, 'due' as const) }),
      // So many frames of the service arrive, or so many of the view.
      fc.record({ do: fc.constantFrom('down' as const, 'up' as const), count: fc.integer({ min: 1, max: 4 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 30, maxLength: 120, size: 'max' }), (steps) => {
        const view = new DrivenView();
        const service = new ModelService();
        let typed = '';
        let shown = 0;
        let screen: number[] = [];
        const look = (): void => {
          for (const event of view.events.slice(shown)) {
            if (event.type === 'snapshot') screen = [...event.data];
            if (event.type === 'output') screen.push(...event.data);
          }
          shown = view.events.length;
          expect(screen).toEqual(Array.from(service.log.slice(0, screen.length)));
        };
        const down = (count: number): void => view.hear(...service.flight.splice(0, count));
        const up = (count: number): void => view.sent.splice(0, count).forEach((frame) => service.take(frame));
        const reopen = (): void => {
          if (view.machine.link === 'waiting') view.due();
          if (view.machine.link === 'connecting') view.open();
        };
        view.open();
        for (const what of steps) {
          if (what.do === 'write') service.write(bytes(what.text));
          else if (what.do === 'type') typed += view.machine.type(bytes(what.text)) ? what.text : '';
          else if (what.do === 'send') service.send(what.overlap);
          else if (what.do === 'skip') service.skip();
          else if (what.do === 'due') reopen();
          else if (what.do === 'down') down(what.count);
          else if (what.do === 'up') up(what.count);
          else if (view.hasSocket) {
            service.cut();
            view.cut();
          }
          view.settle();
          look();
        }
        // Given time and a network that holds, both sides come to agree.
        reopen();
        for (let round = 0; round < 4; round += 1) {
          up(Infinity);
          service.send();
          down(Infinity);
        }
        look();
        expect(view.machine.link).toBe('ready');
        expect(screen).toEqual([...service.log]);
        expect(service.applied).toEqual([...bytes(typed)]);
      }),
    );
  });

  test('a reconnect says what is held, and only what is missing is told', () => {
    const view = attached();
    view.hear(out(0, 'hello'));
    view.cut();
    view.due();
    view.open();
    expect(view.sent[0]).toEqual({
      type: 'attach',
      since: 'e1:5',
      size: { cols: 80, rows: 24 },
      visible: true,
      want: 'control',
      tab: 'tab-1',
    });
    view.hear(hello, out(2, 'llo world'), ready(11));
    expect(view.told('output').map(({ offset, data }) => [offset, Buffer.from(data).toString()])).toEqual([
      [0, 'hello'],
      [5, ' world'],
    ]);
    expect(view.told('snapshot')).toEqual([]);
  });

  test('input waits for READY, and goes again under its number', () => {
    const view = new DrivenView();
    expect(view.machine.type(bytes('a'))).toBe(true);
    view.open();
    view.hear(hello);
    expect(view.sent.map(({ type }) => type)).toEqual(['attach']);
    view.hear(ready(0));
    expect(view.sent.at(-1)).toEqual({ type: 'in', seq: 1, data: bytes('a') });
    view.machine.type(bytes('b'));
    view.settle();
    view.cut();
    view.due();
    view.open();
    view.hear({ type: 'hello', hello: { ...aHello, lastInputSeq: 1 } }, ready(0));
    expect(view.sent.slice(1)).toEqual([{ type: 'in', seq: 2, data: bytes('b') }]);
  });

  test('another run of the runner starts with an empty screen, and input it may have met is not sent again', () => {
    const view = attached();
    view.hear(out(0, 'old'));
    view.machine.type(bytes('sent'));
    view.settle();
    view.cut();
    view.machine.type(bytes('kept'));
    view.due();
    view.open();
    view.hear({ type: 'hello', hello: { ...aHello, epoch: 'e2' } }, out(0, 'new'), ready(3));
    expect(view.told('snapshot')).toEqual([{ type: 'snapshot', offset: 0, size: aHello.size, data: new Uint8Array() }]);
    expect(view.sent.slice(1)).toEqual([{ type: 'in', seq: 1, data: bytes('kept') }]);
  });

  test('a long paste is cut into frames, and too much that waits is refused', () => {
    const view = attached();
    expect(view.machine.type(new Uint8Array(200_000))).toBe(true);
    view.settle();
    const pasted = view.sent.flatMap((frame) => (frame.type === 'in' ? [frame.data.length] : []));
    expect(pasted).toEqual([65_536, 65_536, 65_536, 3392]);
    expect(view.machine.type(new Uint8Array(900_000))).toBe(false);
    view.hear({ type: 'input-ack', seq: 4 });
    expect(view.machine.type(new Uint8Array(900_000))).toBe(true);
  });

  test('credit is given back in steps, and at once behind a snapshot', () => {
    const view = attached();
    const acks = (): unknown[] => view.sent.flatMap((frame) => (frame.type === 'ack' ? [frame.offset] : []));
    view.hear({ type: 'out', offset: 0, data: new Uint8Array(100_000) });
    view.machine.took(60_000);
    view.machine.took(100_000);
    view.machine.took(100_001);
    view.settle();
    expect(acks()).toEqual([100_000]);
    view.hear({ type: 'snapshot', offset: 100_010, size: aHello.size, data: bytes('x') });
    view.machine.took(100_010);
    view.settle();
    expect(acks()).toEqual([100_000, 100_010]);
  });

  test('a whole log has no snapshots, and says what can no longer be had', () => {
    const view = new DrivenView({ whole: true });
    view.open();
    expect(view.sent[0]).toMatchObject({ whole: true });
    view.hear(hello, out(0, 'head'), out(100, 'tail'), ready(104));
    view.hear({ type: 'snapshot', offset: 200, size: aHello.size, data: bytes('screen') }, out(200, '!'));
    expect(view.told('output').map(({ data }) => Buffer.from(data).toString())).toEqual(['head', 'tail', '!']);
    expect(view.told('gap')).toEqual([
      { type: 'gap', from: 4, to: 100 },
      { type: 'gap', from: 104, to: 200 },
    ]);
    expect(view.told('snapshot')).toEqual([]);
  });

  test('history is asked for again until it comes', () => {
    const view = attached();
    const id = view.machine.history(0, 10);
    view.cut();
    view.due();
    view.open();
    view.hear(hello);
    expect(view.sent[1]).toEqual({ type: 'history', id, from: 0, to: 10 });
    const answer = { type: 'history' as const, id, firstLine: 0, lines: ['one'], total: 1 };
    view.hear(answer, answer);
    expect(view.told('history')).toEqual([answer]);
  });
});

describe('the link of a view', () => {
  test('is pinged, and taken for dead after silence', () => {
    const view = attached();
    const from = view.nowMs;
    view.due();
    expect(view.nowMs - from).toBe(pingEveryMs);
    expect(view.sent.at(-1)).toEqual({ type: 'ping', nonce: 1 });
    view.hear({ type: 'pong', nonce: 1 });
    view.due();
    view.due();
    view.due();
    expect(view.nowMs - from).toBe(pingEveryMs + deadAfterMs);
    expect(view.hasSocket).toBe(false);
    expect(view.machine.link).toBe('waiting');
    view.due();
    expect(view.sockets).toBe(2);
  });

  test('tries again with growing, spread pauses, and at once when told', () => {
    const view = new DrivenView();
    const pauses: number[] = [];
    for (let tries = 0; tries < 8; tries += 1) {
      const before = view.nowMs;
      view.cut();
      view.due();
      pauses.push(view.nowMs - before);
    }
    expect(pauses).toEqual([75, 150, 300, 600, 1200, 2400, 3750, 3750]);
    view.cut();
    view.machine.retry(view.nowMs);
    view.settle();
    expect(view.machine.link).toBe('connecting');
  });

  test('waits as long as a service that goes away asks', () => {
    const view = attached();
    view.hear({ type: 'going-away', retryAfterMs: 2000 });
    const before = view.nowMs;
    view.cut(closeCodes.goingAway);
    view.due();
    expect(view.nowMs - before).toBe(2075);
  });

  test('ends where another try would only repeat, and says why', () => {
    for (const [code, reason] of [
      [closeCodes.policy, 'refused'],
      [closeCodes.takenOver, 'taken-over'],
      [closeCodes.revoked, 'revoked'],
      [closeCodes.unknownSession, 'unknown'],
    ] as const) {
      const view = attached();
      view.cut(code);
      expect(view.end).toMatchObject({ reason, message: expect.stringMatching(/\.$/) });
      expect(view.machine.dueMs).toBeUndefined();
    }
  });

  test('gives up only when it was told after how long', () => {
    const view = attached({ giveUpAfterMs: 1000 });
    for (let tries = 0; tries < 10 && !view.end; tries += 1) {
      view.cut();
      view.due();
    }
    expect(view.end).toMatchObject({ reason: 'lost' });
  });

  test('a service that makes no sense is left after three tries', () => {
    const view = attached();
    for (let tries = 0; tries < 3; tries += 1) {
      view.hear(out(50, 'from nowhere'));
      if (tries < 2) {
        expect(view.hasSocket).toBe(false);
        view.due();
        view.open();
        expect(view.sent[0]).toMatchObject({ since: null });
        view.hear(hello, out(0, 'x'));
      }
    }
    expect(view.end).toMatchObject({ reason: 'broken' });
  });

  test('what comes before HELLO, or is no frame, is not believed', () => {
    const early = new DrivenView();
    early.open();
    early.hear(out(0, 'early'));
    expect(early.events.filter(({ type }) => type === 'output')).toEqual([]);
    expect(early.machine.link).toBe('waiting');
    const garbled = attached();
    garbled.machine.receive(new Uint8Array(), garbled.nowMs);
    garbled.settle();
    expect(garbled.machine.link).toBe('waiting');
  });
});

describe('the end of the command', () => {
  test('is told once, with everything before it, and the link stays for history', () => {
    const view = attached();
    view.hear(out(0, 'bye\r\n'), { type: 'exit', exit });
    expect(view.events.slice(-2).map(({ type }) => type)).toEqual(['output', 'exit']);
    expect(view.machine.link).toBe('ready');
    expect(view.machine.type(bytes('late'))).toBe(false);
    view.cut();
    view.due();
    view.open();
    view.hear(hello, ready(5), { type: 'exit', exit });
    expect(view.told('exit')).toHaveLength(1);
    view.cut(closeCodes.ended);
    expect(view.end).toEqual({ reason: 'exited', exit });
  });

  test('closing says how it ended when that is known', () => {
    const over = attached();
    over.hear({ type: 'exit', exit });
    over.machine.close();
    over.settle();
    expect(over.end).toEqual({ reason: 'exited', exit });
    const running = attached();
    running.machine.close();
    running.machine.close();
    running.settle();
    expect(running.end).toEqual({ reason: 'closed' });
    expect(running.hasSocket).toBe(false);
  });

  test('who may only look types nothing', () => {
    const view = new DrivenView();
    view.open();
    view.hear({ type: 'hello', hello: { ...aHello, role: 'view' } }, ready(0));
    expect(view.machine.type(bytes('x'))).toBe(false);
    expect(new DrivenView({ want: 'view' }).machine.type(bytes('x'))).toBe(false);
  });
});
