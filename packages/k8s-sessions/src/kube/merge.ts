/**
 * One iterable of what several loops tell. It ends with the signal, or by the first loop's error; leaving it ends the
 * loops. What is told while nobody takes is kept, in order.
 */
export function merge<T>(
  signal: AbortSignal,
  begin: (emit: (value: T) => void, ending: AbortSignal) => readonly Promise<void>[],
): AsyncIterable<T> {
  return {
    async *[Symbol.asyncIterator]() {
      const ending = new AbortController();
      const held: T[] = [];
      let wake: (() => void) | undefined;
      let failure: { readonly error: unknown } | undefined;
      const end = (): void => ending.abort();
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
      const loops = begin((value) => {
        held.push(value);
        wake?.();
      }, ending.signal).map(async (loop) => {
        try {
          await loop;
        } catch (error) {
          failure ??= { error };
          end();
        }
      });
      ending.signal.addEventListener('abort', () => wake?.());
      try {
        while (!ending.signal.aborted) {
          for (let value = held.shift(); value !== undefined; value = held.shift()) yield value;
          if (held.length > 0 || ending.signal.aborted) continue;
          await new Promise<void>((resolve) => (wake = resolve));
        }
        if (failure) throw failure.error;
      } finally {
        signal.removeEventListener('abort', end);
        end();
        await Promise.all(loops);
      }
    },
  };
}
