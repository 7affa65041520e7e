import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { nearest } from '../../src/nearest.js';

describe('the nearest word', () => {
  test.each([
    ['doctr', 'doctor'],
    ['docotr', 'doctor'],
    ['ssm lst', 'ssm list'],
    ['--regoin', '--region'],
    ['xyzzy', undefined],
    ['', undefined],
  ])('of %j is %j', (typed, meant) => {
    expect(nearest(typed, ['doctor', 'ssm list', 'emulate ssm', '--region', '--reason'])).toBe(meant);
  });

  test('one slip in a word of three letters or more is always forgiven', () => {
    const word = fc.string({ minLength: 3, maxLength: 12 });
    fc.assert(
      fc.property(word, fc.nat(), fc.string({ minLength: 1, maxLength: 1 }), (meant, at, letter) => {
        const index = at % meant.length;
        for (const typed of [
          meant.slice(0, index) + meant.slice(index + 1),
          meant.slice(0, index) + letter + meant.slice(index),
          meant.slice(0, index) + letter + meant.slice(index + 1),
        ]) {
          expect(nearest(typed, [meant])).toBe(meant);
        }
      }),
    );
  });
});
