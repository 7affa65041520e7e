import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createAgentCrypt } from '../../src/ssm/agent/crypt.js';
import { createByteQueue } from '../../src/ssm/agent/outlet.js';
import { createPrefix } from '../../src/ssm/agent/prefix.js';
import { splitWords } from '../../src/ssm/agent/split-words.js';

const { encryption } = JSON.parse(readFileSync(new URL('../fixtures/ssm-traces.json', import.meta.url), 'utf8')) as {
  readonly encryption: {
    readonly dataKeyHex: string;
    readonly vectors: readonly {
      readonly direction: string;
      readonly nonceHex: string;
      readonly plaintext: string;
      readonly wireHex: string;
    }[];
    readonly agentNonce: {
      readonly vectors: readonly {
        readonly stateWords: readonly number[];
        readonly emittedHex: string;
        readonly nextWords: readonly number[];
      }[];
    };
  };
};
const dataKey = Buffer.from(encryption.dataKeyHex, 'hex');

const words = (numbers: readonly number[]): Buffer => {
  const buffer = Buffer.alloc(12);
  for (const [index, number] of numbers.entries()) buffer.writeUInt32LE(number, index * 4);
  return buffer;
};

describe("the agent's encryption", () => {
  test.each(encryption.vectors)(
    'matches the recorded text: $direction "$plaintext"',
    ({ direction, nonceHex, plaintext, wireHex }) => {
      const crypt = createAgentCrypt(dataKey, Buffer.from(nonceHex, 'hex'));
      if (direction === 'agent->client') expect(crypt.seal(Buffer.from(plaintext)).toString('hex')).toBe(wireHex);
      else expect(crypt.open(Buffer.from(wireHex, 'hex')).toString()).toBe(plaintext);
    },
  );

  test.each(encryption.agentNonce.vectors)(
    'counts its nonces up from $stateWords',
    ({ stateWords, emittedHex, nextWords }) => {
      const crypt = createAgentCrypt(dataKey, words(stateWords));
      const nonce = (): string => crypt.seal(Buffer.from('x')).subarray(0, 12).toString('hex');
      expect([nonce(), nonce()]).toEqual([emittedHex, words(nextWords).toString('hex')]);
    },
  );

  test('opens nothing that was changed, is too short, or was made by the agent itself', () => {
    const crypt = createAgentCrypt(dataKey);
    expect(() => crypt.open(crypt.seal(Buffer.from('mine')))).toThrow('authenticate');
    expect(() => crypt.open(Buffer.alloc(27))).toThrow('too short');
    expect(() => createAgentCrypt(Buffer.alloc(32))).toThrow('64 bytes');
  });
});

describe('a command line', () => {
  test.each([
    ['echo hi', ['echo', 'hi']],
    ['  a\tb\nc  ', ['a', 'b', 'c']],
    [`sh -c 'echo "x y"'`, ['sh', '-c', 'echo "x y"']],
    ['a "b \\"c\\" d" e', ['a', 'b "c" d', 'e']],
    [`'a\\b' a\\ b`, ['a\\b', 'a b']],
    [`pre'fix'"ed"`, ['prefixed']],
    [`'' ""`, ['', '']],
    ['a # b', ['a']],
    ['a#b', ['a#b']],
    ['a #b\nc', ['a', 'c']],
    ['echo $HOME | cat; ls', ['echo', '$HOME', '|', 'cat;', 'ls']],
  ])('%j is %j', (line, expected) => {
    expect(splitWords(line)).toEqual(expected);
  });

  test.each([`'open`, '"open', 'end\\', '', '  # nothing'])('%j is refused', (line) => {
    expect(() => splitWords(line)).toThrow('Failed to parse commands input');
  });
});

describe('a prefix', () => {
  test('stands in front of batches that begin a line', () => {
    const mark = createPrefix('P:');
    expect(['one\n', 'two', ' more\n', 'three\n'].map((batch) => String(mark(Buffer.from(batch))))).toEqual([
      'P:one\n',
      'P:two',
      ' more\n',
      'P:three\n',
    ]);
  });
});

describe('a byte queue', () => {
  test('gives back what was put in, in pieces of at most the size asked for, and says when it runs low', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 30 })),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (chunks, sizes) => {
          let low = 0;
          const queue = createByteQueue(20, () => (low += 1));
          for (const chunk of chunks) queue.push(Buffer.from(chunk));
          const whole = Buffer.concat(chunks);
          expect(queue.bytes).toBe(whole.length);
          const taken: Buffer[] = [];
          for (let index = 0; queue.bytes > 0; index += 1) {
            const size = sizes[index % sizes.length]!;
            const piece = queue.take(size)!;
            expect(piece.length).toBe(Math.min(size, whole.length - Buffer.concat(taken).length));
            taken.push(piece);
          }
          expect(Buffer.concat(taken)).toEqual(whole);
          expect([queue.take(5), low]).toEqual([undefined, whole.length > 20 ? 1 : 0]);
        },
      ),
    );
  });
});
