import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ask, freeLock, leave, longestQueue, renew, standing } from '../../src/core/lock-queue.js';
import type { Lock, Policy, Waiter } from '../../src/core/lock-queue.js';

type Move =
  | { readonly do: 'ask'; readonly id: string; readonly policy: Policy }
  | { readonly do: 'leave'; readonly id: string };

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const move: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ do: fc.constant('ask' as const), id, policy: fc.constantFrom<Policy>('fail', 'wait', 'replace') }),
  fc.record({ do: fc.constant('leave' as const), id }),
);

const waiter = (name: string): Waiter => ({ id: name, who: name, sinceMs: 0, leaseMs: 1000 });

/** A line of people: the first holds the lock. */
class Line {
  people: string[] = [];
  sentAway = new Set<string>();
  holders: string[] = [];

  ask(name: string, policy: Policy): void {
    if (this.people.includes(name) || this.sentAway.has(name)) return;
    if (this.people.length > 0 && policy === 'fail') return;
    if (policy === 'replace' && this.people.length > 1) this.sentAway.add(this.people.pop() ?? '');
    this.people.push(name);
    this.#note();
  }

  leave(name: string): void {
    this.people = this.people.filter((other) => other !== name);
    this.sentAway.delete(name);
    this.#note();
  }

  #note(): void {
    const [first] = this.people;
    if (first !== undefined && (this.changed(first) || this.holders.length === 0)) this.holders.push(first);
    this.last = first;
  }

  last: string | undefined;
  changed(first: string): boolean {
    return this.last !== first;
  }
}

describe('the queue of a lock', () => {
  test('is a line of people of whom the first holds the lock', () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
        const line = new Line();
        let lock: Lock = freeLock;
        for (const [now, step] of moves.entries()) {
          const before = lock;
          if (step.do === 'ask') {
            line.ask(step.id, step.policy);
            lock = ask(lock, waiter(step.id), step.policy, now);
          } else {
            line.leave(step.id);
            lock = leave(lock, step.id, now);
          }
          const people = [...(lock.holder ? [lock.holder.id] : []), ...lock.queue.map((waiting) => waiting.id)];
          expect(people).toEqual(line.people);
          expect(lock.displaced.map((entry) => entry.id).toSorted()).toEqual([...line.sentAway].toSorted());
          expect(lock.fence).toBe(line.holders.length);
          expect(lock.fence).toBeGreaterThanOrEqual(before.fence);
        }
      }),
    );
  });

  test('says where each stands, and lets nobody in twice', () => {
    let lock = freeLock;
    for (const name of ['a', 'b', 'c', 'b', 'a']) lock = ask(lock, waiter(name), 'wait', 5);
    expect(['a', 'b', 'c', 'd'].map((name) => standing(lock, name))).toEqual([
      { kind: 'held', fence: 1 },
      { kind: 'waiting', position: 1 },
      { kind: 'waiting', position: 2 },
      { kind: 'none' },
    ]);
    lock = ask(lock, waiter('d'), 'replace', 6);
    expect(standing(lock, 'c')).toEqual({ kind: 'displaced', by: 'd' });
    expect(standing(ask(lock, waiter('e'), 'fail', 7), 'e')).toEqual({ kind: 'none' });
  });

  test('has an end, and a lease that only its holder can lengthen', () => {
    let lock = freeLock;
    for (let index = 0; index <= longestQueue + 1; index += 1) lock = ask(lock, waiter(`w${index}`), 'wait', 0);
    expect(lock.queue).toHaveLength(longestQueue);
    expect(renew(lock, 'w1', 9000)).toBe(lock);
    expect(renew(lock, 'w0', 9000).holder?.leaseUntilMs).toBe(9000);
    expect(renew(lock, 'w0', 1)).toBe(lock);
  });

  test('gives whoever comes first the next number, from now on for as long as they asked', () => {
    const first = ask(freeLock, { ...waiter('a'), leaseMs: 500 }, 'fail', 10);
    expect(first).toEqual({
      fence: 1,
      holder: { id: 'a', who: 'a', sinceMs: 10, leaseUntilMs: 510 },
      queue: [],
      displaced: [],
    });
    const waiting = ask(first, waiter('b'), 'wait', 20);
    const second = leave(waiting, 'a', 30);
    expect(second).toEqual({
      fence: 2,
      holder: { id: 'b', who: 'b', sinceMs: 30, leaseUntilMs: 1030 },
      queue: [],
      displaced: [],
    });
    expect(leave(second, 'b', 40)).toEqual({ fence: 2, queue: [], displaced: [] });
    expect(leave(second, 'nobody', 40)).toBe(second);
  });

  test('takes nobody in who asks not to wait, and lets who replaces wait where nobody does', () => {
    const held = ask(freeLock, waiter('a'), 'fail', 0);
    expect(ask(held, waiter('b'), 'fail', 1)).toBe(held);
    const waiting = ask(held, waiter('b'), 'replace', 1);
    expect(waiting).toMatchObject({ queue: [{ id: 'b' }], displaced: [] });
    const replaced = ask(waiting, waiter('c'), 'replace', 2);
    expect(replaced).toMatchObject({ queue: [{ id: 'c' }], displaced: [{ id: 'b', by: 'c' }] });
    // Who was sent away does not come back by asking again, and is forgotten when they leave.
    expect(ask(replaced, waiter('b'), 'wait', 3)).toBe(replaced);
    expect(leave(replaced, 'b', 4)).toMatchObject({ holder: { id: 'a' }, queue: [{ id: 'c' }], displaced: [] });
    expect(leave(replaced, 'c', 4)).toMatchObject({ queue: [], displaced: [{ id: 'b' }] });
    // A queue that is full still lets its last be replaced.
    let full = freeLock;
    for (let index = 0; index <= longestQueue; index += 1) full = ask(full, waiter(`w${index}`), 'wait', 0);
    expect(ask(full, waiter('x'), 'wait', 0)).toBe(full);
    expect(standing(ask(full, waiter('x'), 'replace', 0), 'x')).toEqual({ kind: 'waiting', position: longestQueue });
  });

  test('keeps a lease that is as long already, and gives a lock that was left to who waits', () => {
    const held = ask(freeLock, waiter('a'), 'fail', 0);
    expect(renew(held, 'a', 1000)).toBe(held);
    expect(renew(held, 'a', 1001)).toEqual({ ...held, holder: { ...held.holder, leaseUntilMs: 1001 } });
    expect(renew(freeLock, 'a', 1000)).toBe(freeLock);
    // A row whose holder is gone, but not its queue: who asks stands behind.
    const left: Lock = { fence: 3, queue: [waiter('b')], displaced: [] };
    expect(ask(left, waiter('c'), 'wait', 5)).toMatchObject({ queue: [{ id: 'b' }, { id: 'c' }] });
    expect(leave({ ...left, displaced: [{ id: 'd', by: 'b' }] }, 'd', 5)).toEqual(left);
  });
});
