import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createNearPair } from '../../src/forward/near-end.js';
import { digest, sha256, text } from '../support/world.js';

describe('a connection within this process', () => {
  test('carries any bytes both ways, whatever they are cut into', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 70_000 }), { maxLength: 8 }), async (chunks) => {
        const { user, near } = createNearPair();
        near.pipe(near);
        for (const chunk of chunks) user.write(chunk);
        user.end();
        const sent = Buffer.concat(chunks);
        expect(await digest(user)).toEqual({ bytes: sent.length, sha256: sha256(sent) });
      }),
      { numRuns: 40 },
    );
  });

  test('waits for its reader', async () => {
    const { user, near } = createNearPair();
    let taken = 0;
    const write = (): void => void near.write(Buffer.alloc(20_000), () => taken++);
    for (let count = 0; count < 10; count++) write();
    await new Promise(setImmediate);
    // How much waits is Node's own, and another in each version.
    expect(taken * 20_000).toBeLessThan(user.readableHighWaterMark + 40_000);
    user.resume();
    near.end();
    await once(user, 'end');
    expect(taken).toBe(10);
  });

  test('one direction may end before the other', async () => {
    const { user, near } = createNearPair();
    user.end('question');
    near.setEncoding('utf8');
    const ended = once(near, 'end');
    expect(await once(near, 'data')).toEqual(['question']);
    await ended;
    near.end('answer');
    expect(await text(user)).toBe('answer');
  });

  test('a half that said all leaves its last words behind, and takes none any more', async () => {
    const { user, near } = createNearPair();
    near.end('last words', () => near.destroySoon());
    await once(near, 'close');
    const [words] = (await once(user, 'data')) as [Buffer];
    expect(words.toString()).toBe('last words');
    user.write('too late');
    const [error] = (await once(user, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('EPIPE');
  });

  test('a half that is closed before it said all breaks', async () => {
    const { user, near } = createNearPair();
    near.write('half a se');
    near.destroySoon();
    const [error] = (await once(user, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNRESET');
    expect(near.destroyed).toBe(true);
  });

  test('a reset tells its reason, and a user who leaves is noticed', async () => {
    const one = createNearPair();
    const reason = new Error('refused');
    const told = once(one.user, 'error');
    one.near.resetAndDestroy(reason);
    expect(await told).toEqual([reason]);
    const other = createNearPair();
    const unread = new Promise((resolve) => {
      other.near.write(Buffer.alloc(1 << 20), resolve);
    });
    other.user.destroy();
    expect(await unread).toMatchObject({ code: 'EPIPE' });
    expect(other.near.destroyed).toBe(true);
  });
});
