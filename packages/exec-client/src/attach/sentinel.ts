import { Transform } from 'node:stream';

/** Takes the mark with the exit code out of a session's output. */
export interface SentinelFilter {
  /** Everything but the mark. */
  readonly stream: Transform;
  /** Set once the mark has come by. */
  readonly exitCode: () => number | undefined;
}

/** A mark's line end, as a terminal makes it of a newline. */
const lineEnd = String.raw`\r?\n`;

/**
 * ECS Exec gives back no exit code, so the far side prints a line of its own: the sentinel, a space, the code. It may come
 * in pieces of any size: what could be the beginning of one waits for the rest, and is let through when it was none.
 *
 * @param holdsLineEnd - take away the line end before the mark, too. It has to wait for what follows it then, which somebody
 *   who types would see; a shell leaves an empty line instead.
 */
export function createSentinelFilter(
  sentinel: string,
  { holdsLineEnd = false }: { readonly holdsLineEnd?: boolean } = {},
): SentinelFilter {
  const literal = sentinel.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  const mark = new RegExp(`${holdsLineEnd ? `(?:${lineEnd})?` : ''}${literal} (\\d{1,3})${lineEnd}`);
  const longest = sentinel.length + 8;
  let held = '';
  let exitCode: number | undefined;

  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      held += chunk.toString('latin1');
      const found = exitCode === undefined ? mark.exec(held) : undefined;
      if (found) {
        exitCode = Number(found[1]);
        held = held.slice(0, found.index) + held.slice(found.index + found[0].length);
      }
      const keepFrom = exitCode === undefined ? beginning() : held.length;
      this.push(Buffer.from(held.slice(0, keepFrom), 'latin1'));
      held = held.slice(keepFrom);
      done();
    },
    flush(done) {
      this.push(Buffer.from(held, 'latin1'));
      done();
    },
  });
  return { stream, exitCode: () => exitCode };

  /** Where at the end of what is held a mark may begin. */
  function beginning(): number {
    for (let from = Math.max(0, held.length - longest); from < held.length; from++) {
      if (mayBegin(held.slice(from))) return from;
    }
    return held.length;
  }

  function mayBegin(text: string): boolean {
    const rest = holdsLineEnd ? text.replace(/^\r?\n|^\r$/, '') : text;
    if (sentinel.startsWith(rest)) return holdsLineEnd || rest !== '';
    return rest.startsWith(sentinel) && /^ (?:\d{1,3}\r?)?$/.test(rest.slice(sentinel.length));
  }
}
