import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { describe, expect, jest, test } from '@jest/globals';
import { createLineCutter, LINE_LIMIT } from '../../src/supervisor/lines.js';
import { checkSpecs } from '../../src/supervisor/check-spec.js';
import { isEqualTunnel, isSameTunnel, linkKey } from '../../src/supervisor/same.js';
import { watchSystem } from '../../src/supervisor/watch-system.js';
import { fromWire, toWire } from '../../src/supervisor/wire-error.js';
import { StateStoreError } from '@hawser/state-store';
import { TunnelsError } from '../../src/errors.js';
import { pump } from '../../src/listener/pump.js';
import type { Socket } from 'node:net';
import type { TunnelSpec } from '../../src/spec.js';

test('lines are cut wherever the bytes were, and one too long ends it', () => {
  const text = 'first\nzweite ä\n\nlast\nrest';
  for (let size = 1; size <= 9; size++) {
    const cutter = createLineCutter();
    const bytes = Buffer.from(text);
    const lines: string[] = [];
    for (let at = 0; at < bytes.length; at += size) lines.push(...cutter.push(bytes.subarray(at, at + size))!);
    expect(lines).toEqual(['first', 'zweite ä', '', 'last']);
  }
  const cutter = createLineCutter();
  expect(cutter.push(Buffer.alloc(LINE_LIMIT))).toEqual([]);
  expect(cutter.push(Buffer.alloc(1))).toBeUndefined();
});

describe('the watch over the system', () => {
  test('tells of sleep by a late timer, and of changed addresses', () => {
    jest.useFakeTimers();
    let wallMs = 0;
    let network = 'eth0 10.0.0.1';
    const seen: string[] = [];
    const stop = watchSystem({
      onSleep: (ms) => seen.push(`slept ${ms}`),
      onNetwork: () => seen.push('network'),
      nowMs: () => wallMs,
      addresses: () => network,
    });
    const turn = (passed: number): void => {
      wallMs += passed;
      jest.advanceTimersByTime(2_000);
    };
    turn(2_000);
    turn(6_900);
    expect(seen).toEqual([]);
    turn(2_000 + 3_600_000);
    expect(seen).toEqual(['slept 3600000']);
    network = 'wlan0 10.0.0.2';
    turn(2_000);
    turn(2_000);
    expect(seen).toEqual(['slept 3600000', 'network']);
    stop();
    turn(10_000_000);
    expect(seen).toHaveLength(2);
    jest.useRealTimers();
  });
});

const good: TunnelSpec = {
  name: 'db',
  set: 'staging',
  via: { kind: 'chain', hops: [{ kind: 'ssm', target: 'i-1' }, { kind: 'direct' }] },
  to: { host: 'db', port: 5432 },
  local: { port: 0 },
};

test('a tunnel that is all there is taken as it is', () => {
  expect(checkSpecs([good, { ...good, name: 'b', to: { path: '/run/x' }, local: { path: '/tmp/x' } }])).toHaveLength(2);
});

test.each([
  ['nothing', undefined],
  ['no tunnels', []],
  ['no object', ['db']],
  ['a name that could be a path', [{ ...good, name: '../x' }]],
  ['a name twice', [good, good]],
  ['no set', [{ ...good, set: undefined }]],
  ['an unknown way', [{ ...good, via: { kind: 'carrier-pigeon' } }]],
  ['a chain without hops', [{ ...good, via: { kind: 'chain', hops: [] } }]],
  ['a chain with an unknown hop', [{ ...good, via: { kind: 'chain', hops: [{ kind: 'x' }] } }]],
  ['no target', [{ ...good, to: {} }]],
  ['port 0 as a target', [{ ...good, to: { host: 'db', port: 0 } }]],
  ['a port beyond', [{ ...good, local: { port: 65_536 } }]],
  ['half a port', [{ ...good, local: { port: 1.5 } }]],
  ['a relative socket', [{ ...good, local: { path: 'x' } }]],
  ['an unknown policy', [{ ...good, onPortConflict: 'steal' }]],
  ['an unknown probe', [{ ...good, probe: { kind: 'smell' } }]],
  ['a variable that is no text', [{ ...good, env: { A: 1 } }]],
  ['a negative time', [{ ...good, ttlMs: -1 }]],
])('%s is refused', (_what, specs) => {
  expect(() => checkSpecs(specs)).toThrow(expect.objectContaining({ code: 'HAWSER_NET_BAD_INPUT', exitCode: 2 }));
});

test('ways are equal whatever the order of their fields, and apart in different sets', () => {
  const one = { kind: 'ssh-bastion', host: 'b', user: 'u' } as const;
  const other = { user: 'u', kind: 'ssh-bastion', host: 'b' } as const;
  expect(linkKey('s', one)).toBe(linkKey('s', other));
  expect(linkKey('s', one)).not.toBe(linkKey('t', one));
  expect(linkKey('s', one)).not.toBe(linkKey('s', { ...one, port: 22 }));
  expect(isSameTunnel(good, { ...good, lazy: undefined } as never)).toBe(true);
  expect(isSameTunnel(good, { ...good, lazy: true })).toBe(false);
  expect(isEqualTunnel(good, { ...good, name: 'x', lazy: true })).toBe(true);
});

test('errors keep their code, hint and facts over the control socket', async () => {
  const ours = new TunnelsError('HAWSER_NET_EXISTS', 'there', { hint: 'go', details: { a: 1 } });
  expect(await fromWire(toWire(ours))).toMatchObject({ code: 'HAWSER_NET_EXISTS', hint: 'go', details: { a: 1 } });
  const store = new StateStoreError('HAWSER_STATE_DISK_FULL', 'full', { hint: 'make room' });
  const there = await fromWire(JSON.parse(JSON.stringify(toWire(store))));
  expect(there).toBeInstanceOf(StateStoreError);
  expect(there).toMatchObject({ code: 'HAWSER_STATE_DISK_FULL', message: 'full', hint: 'make room' });
  expect(await fromWire(toWire(new TypeError('a bug')))).toMatchObject({ code: 'HAWSER_NET_SUPERVISOR_FAILED' });
  expect(await fromWire(toWire('text'))).toMatchObject({ message: expect.stringContaining('text') });
});

test('a reader that stops makes the writer wait: no more than about a megabyte is kept', async () => {
  const chunk = Buffer.alloc(64 * 1024);
  let sent = 0;
  const source = new Duplex({
    read() {
      sent += chunk.length;
      this.push(chunk);
    },
    write: (_chunk, _encoding, done) => done(),
  });
  let resume: (() => void) | undefined;
  let heard = 0;
  const sink = new Duplex({
    read: () => undefined,
    write(bytes: Buffer, _encoding, done) {
      heard += bytes.length;
      if (resume) setImmediate(done);
      else resume = done;
    },
  });
  const paused = once(source, 'pause');
  pump(source as Socket, sink, () => undefined);
  await paused;
  expect(sink.writableLength).toBeGreaterThan(1 << 20);
  expect(sink.writableLength).toBeLessThan((1 << 20) + 2 * chunk.length);
  expect(sent).toBeLessThan((1 << 20) + 4 * chunk.length);
  const resumed = once(source, 'resume');
  resume!();
  await resumed;
  expect(heard).toBeGreaterThan(1 << 20);
  source.destroy();
});
