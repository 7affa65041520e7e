import { describe, expect, test } from '@jest/globals';
import { formatSince } from '../../src/protocol/index.js';
import { assignmentOf } from '../support/memory-control.js';
import { startRunner } from '../support/started-runner.js';

const echo = 'stty -echo; echo go; while read -r line; do echo "<$line>"; done';

describe('viewers of one session', () => {
  test('the first who may control types, the others look, and the lease goes over', async () => {
    await using runner = await startRunner(assignmentOf({ command: echo }));
    const first = await runner.view({ viewer: 'a' });
    await first.frame('lease', ({ mine }) => mine);
    const second = await runner.view({ viewer: 'b' });
    const reader = await runner.view({ viewer: 'c', role: 'view' });
    expect(await second.frame('lease')).toMatchObject({ holder: 'a', mine: false });
    await first.frame('lease', ({ viewers }) => viewers === 3);
    await first.shows('go');
    first.type('one\r');
    second.type('refused\r');
    reader.type('refused\r');
    for (const viewer of [second, reader]) {
      await viewer.frame('note', ({ code }) => code === 'not_control');
      await viewer.frame('input-ack', ({ seq }) => seq === 1);
    }
    second.send({ type: 'lease', action: 'take' });
    reader.send({ type: 'lease', action: 'take' });
    await first.frame('lease', ({ holder, mine }) => holder === 'b' && !mine);
    second.type('two\r');
    for (const viewer of [first, second, reader]) await viewer.shows('<two>');
    expect(first.text().toString()).not.toContain('refused');
    // Whoever is gone holds nothing back.
    const before = first.frames.length;
    second.cut();
    await first.frame('lease', ({ viewers }) => viewers === 2, before);
    first.type('three\r');
    await reader.shows('<three>');
    const turns = (): readonly (readonly [string, number])[] =>
      runner.control.exits[0]!.keyboard.map(({ viewer, bytes }) => [viewer, bytes]);
    runner.control.wish({ stop: { reason: 'cancelled', graceMs: 500 } });
    await runner.status;
    expect(turns()).toEqual([
      ['a', 4],
      ['b', 4],
      ['a', 6],
    ]);
  });

  test('who comes in a rush is told of together', async () => {
    await using runner = await startRunner(assignmentOf({ command: echo }));
    const first = await runner.view({ viewer: 'a' });
    await Promise.all(Array.from({ length: 40 }, (_, n) => runner.view({ viewer: `v${n}`, role: 'view' })));
    await first.frame('lease', ({ viewers }) => viewers === 41);
    expect(first.frames.filter(({ type }) => type === 'lease').length).toBeLessThan(20);
    runner.control.wish({ stop: { reason: 'cancelled', graceMs: 500 } });
    await runner.status;
  });

  test('input is applied once, however often it is sent', async () => {
    await using runner = await startRunner(assignmentOf({ command: echo }));
    const first = await runner.view({}, { tab: 't1' });
    await first.shows('go');
    const send = (viewer: typeof first, seq: number, text: string): void =>
      viewer.send({ type: 'in', seq, data: Buffer.from(text) });
    send(first, 1, 'one\r');
    send(first, 2, 'two\r');
    send(first, 2, 'two\r');
    send(first, 1, 'one\r');
    await first.shows('<two>');
    first.cut();
    const again = await runner.view({}, { tab: 't1', whole: true });
    expect((await again.frame('hello')).hello.lastInputSeq).toBe(2);
    send(again, 2, 'two\r');
    send(again, 3, 'three\r');
    await again.shows('<three>');
    // Another window of the same viewer counts for itself.
    const other = await runner.view({}, { tab: 't2', whole: true });
    expect((await other.frame('hello')).hello.lastInputSeq).toBe(0);
    send(other, 1, 'four\r');
    await again.shows('<four>');
    expect(again.text().toString().replaceAll('\r', '').trim().split('\n')).toEqual([
      'go',
      '<one>',
      '<two>',
      '<three>',
      '<four>',
    ]);
    send(other, 3, 'a gap\r');
    expect(await other.closed).toBe(1008);
  });

  test('a reconnect gets what is missing, and a keyframe where the size changed meanwhile', async () => {
    await using runner = await startRunner(assignmentOf({ command: echo }));
    const first = await runner.view({}, { size: { cols: 100, rows: 30 } });
    const { epoch, size } = (await first.frame('hello')).hello;
    expect(size).toEqual({ cols: 100, rows: 30 });
    first.type('one\r');
    await first.shows('<one>');
    const offset = first.text().length + first.from;
    first.type('two\r');
    await first.shows('<two>');
    first.cut();

    const since = formatSince({ epoch, offset });
    const second = await runner.view({}, { since, size: { cols: 100, rows: 30 } });
    await second.frame('ready');
    const out = await second.frame('out');
    expect(out.offset).toBe(offset);
    expect(Buffer.from(out.data).toString()).toContain('<two>');
    expect(second.frames.some(({ type }) => type === 'snapshot')).toBe(false);

    second.send({ type: 'view', size: { cols: 60, rows: 20 }, visible: true });
    expect((await second.frame('size', ({ size: { cols } }) => cols === 60)).size).toEqual({ cols: 60, rows: 20 });
    const snapshot = await second.frame('snapshot');
    expect(snapshot.size).toEqual({ cols: 60, rows: 20 });
    expect(Buffer.from(snapshot.data).toString()).toContain('<two>');
    second.cut();

    const third = await runner.view({}, { since, size: { cols: 60, rows: 20 } });
    await third.frame('ready');
    expect(third.frames.map(({ type }) => type)).toContain('snapshot');
    const stranger = await runner.view({}, { since: `other:${offset}` });
    await stranger.frame('snapshot');
  });

  test('the size follows who types, or the smallest who looks', async () => {
    await using runner = await startRunner(assignmentOf({ command: echo, sizeMode: 'smallest-visible' }));
    const large = await runner.view({ viewer: 'a' }, { size: { cols: 120, rows: 20 } });
    await large.frame('ready');
    const small = await runner.view({ viewer: 'b', role: 'view' }, { size: { cols: 60, rows: 40 } });
    await large.frame('size', ({ size }) => size.cols === 60 && size.rows === 20);
    const seen = large.frames.length;
    small.send({ type: 'view', size: { cols: 60, rows: 40 }, visible: false });
    await large.frame('size', ({ size }) => size.cols === 120 && size.rows === 20, seen);
  });

  test('a revoked viewer is closed with 4003, and no other', async () => {
    await using runner = await startRunner(assignmentOf({ command: echo }));
    const gone = await runner.view({ viewer: 'gone', role: 'view' });
    const stays = await runner.view({ viewer: 'stays' });
    await gone.frame('ready');
    while (runner.control.beats.length === 0) await runner.control.called();
    runner.control.wish({ revoked: ['gone'] });
    expect(await gone.closed).toBe(4003);
    stays.type('x\r');
    await stays.shows('<x>');
    runner.control.wish({});
    const told = (): boolean => runner.control.beats.some(({ viewers, idleMs }) => viewers === 1 && idleMs === 0);
    while (!told()) await runner.control.called();
  });

  test('what is no frame, or comes in the wrong order, closes with 1008', async () => {
    await using runner = await startRunner(assignmentOf({ command: echo }));
    const twice = await runner.view();
    twice.send({ type: 'attach', since: null, size: null, visible: true, want: 'view' });
    expect(await twice.closed).toBe(1008);
  });
});
