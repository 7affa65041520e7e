import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { nearMisses } from '../../src/near-misses.js';

describe('near misses', () => {
  test.each([
    ['doctr', ['doctor']],
    ['docotr', ['doctor']],
    ['DOCTOR', ['doctor']],
    ['ssm lst', ['ssm list']],
    ['--regoin', ['--region', '--reason']],
    ['--reasin', ['--reason', '--region']],
    ['xyzzy', []],
    ['', []],
  ])('of %j are %j', (typed, meant) => {
    expect(nearMisses(typed, ['doctor', 'ssm list', 'emulate ssm', '--reason', '--region'])).toEqual(meant);
  });

  test('are in the order of the words where they are equally near, each once', () => {
    expect(nearMisses('cat', ['hat', 'cot', 'bat', 'hat'])).toEqual(['hat', 'cot', 'bat']);
  });

  test('are up to two fifths of the letters away, and no further', () => {
    expect(nearMisses('abcdefxxxx', ['abcdefghij'])).toEqual(['abcdefghij']);
    expect(nearMisses('abcdexxxxx', ['abcdefghij'])).toEqual([]);
  });

  test('share a letter with what was typed', () => {
    expect(nearMisses('x', ['a'])).toEqual([]);
    expect(nearMisses('', ['a'])).toEqual([]);
    expect(nearMisses('xa', ['a'])).toEqual(['a']);
  });

  test('are looked for by what a person goes by, too', () => {
    const plain = (word: string): string => word.replace(/_env$/, '').replaceAll(/[-_]/g, '');
    expect(nearMisses('ech', ['echo_env', 'atari_env'], { plain })).toEqual(['echo_env']);
    expect(nearMisses('ech', ['echo_env', 'atari_env'])).toEqual([]);
    // The whole words still count: here the slip is in what is left aside.
    expect(nearMisses('my_enw', ['my_env', 'other_env'], { plain })).toEqual(['my_env']);
    // Nothing is left of this one, and nothing is near to nothing.
    expect(nearMisses('_env', ['a_env', '-'], { plain })).toEqual(['a_env']);
  });
});

describe('for any words', () => {
  const word = fc.string({ minLength: 3, maxLength: 12 });
  const letter = fc.string({ minLength: 1, maxLength: 1 });

  test('one slip in a word of three letters or more is forgiven', () => {
    fc.assert(
      fc.property(word, fc.nat(), letter, (meant, at, other) => {
        const index = at % meant.length;
        const before = meant.slice(0, index);
        const after = meant.slice(index + 1);
        for (const typed of [
          before + after,
          before + other + meant.slice(index),
          before + other + after,
          // Exchanged with the next.
          before + after.slice(0, 1) + meant.slice(index, index + 1) + after.slice(1),
        ]) {
          expect(nearMisses(typed, [meant])).toEqual([meant]);
        }
      }),
    );
  });

  test('the word itself comes first', () => {
    fc.assert(
      fc.property(word, fc.array(word), (meant, others) => {
        const known = others.filter((other) => other.toLowerCase() !== meant.toLowerCase());
        expect(nearMisses(meant, [...known, meant])[0]).toBe(meant);
      }),
    );
  });

  test('only words that are known are named, and more words take none away', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(word), fc.array(word), (typed, words, more) => {
        const found = nearMisses(typed, words);
        expect(words).toEqual(expect.arrayContaining([...found]));
        expect(nearMisses(typed, [...words, ...more])).toEqual(expect.arrayContaining([...found]));
      }),
    );
  });
});
