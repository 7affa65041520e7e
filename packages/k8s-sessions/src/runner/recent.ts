/** The newest bytes of a log, in memory: what viewers who are nearly there are given. */
export interface Recent {
  /** Offset of the oldest byte that is held. */
  readonly from: number;
  push(data: Uint8Array): void;
  /** At most `limit` bytes from an offset on, as one piece; undefined when they are no longer held. */
  read(from: number, limit: number): Uint8Array | undefined;
}

/** Keeps at least `keepBytes` of what was pushed last. Takes the chunks as they are: whoever pushes must not reuse them. */
export function createRecent(keepBytes: number): Recent {
  const chunks: { readonly from: number; readonly data: Uint8Array }[] = [];
  let head = 0;
  let from = 0;
  let dropped = 0;
  return {
    get from() {
      return from;
    },
    push(data) {
      chunks.push({ from: head, data });
      head += data.length;
      while (chunks.length > dropped + 1 && head - chunks[dropped + 1]!.from >= keepBytes) dropped += 1;
      from = chunks[dropped]!.from;
      // Taking from the front moves all that is behind: done once for many.
      if (dropped > 512 && dropped * 2 > chunks.length) {
        chunks.splice(0, dropped);
        dropped = 0;
      }
    },
    read(at, limit) {
      if (at < from || at >= head) return undefined;
      let low = dropped;
      let high = chunks.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (chunks[middle]!.from <= at) low = middle;
        else high = middle - 1;
      }
      const first = chunks[low]!;
      const start = at - first.from;
      if (first.data.length - start >= limit || low === chunks.length - 1)
        return first.data.subarray(start, start + limit);
      const parts: Uint8Array[] = [first.data.subarray(start)];
      let length = first.data.length - start;
      for (let next = low + 1; next < chunks.length && length < limit; next += 1) {
        const piece = chunks[next]!.data.subarray(0, limit - length);
        parts.push(piece);
        length += piece.length;
      }
      return Buffer.concat(parts, length);
    },
  };
}
