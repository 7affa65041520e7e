import { describe, expect, test } from '@jest/globals';
import { concurrently } from '../../src/http/concurrently.js';

/** Work that ends when it is told to. */
function held(): {
  readonly begun: number[];
  readonly work: (item: number) => Promise<string>;
  readonly end: (item: number, error?: Error) => void;
} {
  const ends = new Map<number, (error?: Error) => void>();
  const begun: number[] = [];
  return {
    begun,
    work: async (item) => {
      begun.push(item);
      return await new Promise((resolve, reject) =>
        ends.set(item, (error) => (error ? reject(error) : resolve(`done ${item}`))),
      );
    },
    end: (item, error) => ends.get(item)?.(error),
  };
}
const turn = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));

describe('work for many items', () => {
  test('is done so many at a time, and answered in their order', async () => {
    const { begun, work, end } = held();
    const all = concurrently([0, 1, 2, 3], 2, work);
    await turn();
    expect(begun).toEqual([0, 1]);
    end(1);
    await turn();
    expect(begun).toEqual([0, 1, 2]);
    end(2);
    end(0);
    await turn();
    end(3);
    expect(await all).toEqual(['done 0', 'done 1', 'done 2', 'done 3']);
  });

  test('begins nothing after a failure, and waits for what is under way', async () => {
    const { begun, work, end } = held();
    let isOver = false;
    const all = concurrently([0, 1, 2], 2, work).finally(() => (isOver = true));
    all.catch(() => undefined);
    await turn();
    end(0, new Error('first'));
    await turn();
    expect([begun, isOver]).toEqual([[0, 1], false]);
    end(1, new Error('second'));
    await expect(all).rejects.toThrow('first');
    expect(begun).toEqual([0, 1]);
  });

  test('of none is done at once', async () => {
    expect(await concurrently([], 4, async () => await Promise.reject(new Error('no')))).toEqual([]);
  });
});
