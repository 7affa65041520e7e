/** The longest line either side takes, in bytes. */
export const LINE_LIMIT: number = 4 << 20;

/** Cuts a stream of bytes into lines. */
export interface LineCutter {
  /** The lines completed by these bytes. Undefined once a line is longer than {@link LINE_LIMIT}: nothing more is to be had. */
  push(bytes: Buffer): readonly string[] | undefined;
}

/** Makes a cutter with nothing in it. */
export function createLineCutter(): LineCutter {
  let parts: Buffer[] = [];
  let length = 0;
  return {
    push(bytes) {
      const lines: string[] = [];
      let from = 0;
      for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, from)) {
        parts.push(bytes.subarray(from, at));
        lines.push(Buffer.concat(parts).toString());
        parts = [];
        length = 0;
        from = at + 1;
      }
      if (from < bytes.length) {
        parts.push(bytes.subarray(from));
        length += bytes.length - from;
      }
      return length > LINE_LIMIT ? undefined : lines;
    },
  };
}
