import { randomUUID } from 'node:crypto';
import { Transform } from 'node:stream';

/** A command whose exit code travels at the end of its output. */
export interface MarkedCommand {
  /** What is to be run instead: the command in a shell, and a mark with its exit code. */
  readonly words: readonly string[];
  /** Lets output through and takes the mark out of it. */
  readonly filter: Transform;
  /** The exit code, once the mark has come by. */
  readonly exitCode: () => number | undefined;
}

/**
 * Marks a command that runs behind a terminal, where the protocol carries no exit code. The mark is an operating system
 * command of the terminal (ECMA-48 §8.3.89), which terminals that do not know it swallow.
 */
export function markExitCode(command: string, nonce: string = randomUUID()): MarkedCommand {
  const begin = Buffer.from(`\u001b]7719;${nonce};`);
  const end = 0x07;
  let held: Buffer = Buffer.alloc(0);
  let exitCode: number | undefined;
  const filter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      held = Buffer.concat([held, chunk]);
      const at = held.indexOf(begin);
      const until = at < 0 ? -1 : held.indexOf(end, at);
      if (until >= 0) {
        exitCode = Number(held.toString('latin1', at + begin.length, until));
        this.push(held.subarray(0, at));
        held = held.subarray(until + 1);
      }
      // A mark may be cut anywhere: what could be the start of one waits for the rest.
      const keepFrom = until < 0 && at >= 0 ? at : possibleStart(held, begin);
      this.push(held.subarray(0, keepFrom));
      held = held.subarray(keepFrom);
      done();
    },
    flush(done) {
      this.push(held);
      done();
    },
  });
  return {
    words: ['sh', '-c', `${command}\nprintf '\\033]7719;${nonce};%d\\007' "$?"`],
    filter,
    exitCode: () => exitCode,
  };
}

/** Where at the end of `bytes` the first bytes of `mark` begin; their length when nowhere. */
function possibleStart(bytes: Buffer, mark: Buffer): number {
  for (let length = Math.min(mark.length - 1, bytes.length); length > 0; length--) {
    if (bytes.subarray(bytes.length - length).equals(mark.subarray(0, length))) return bytes.length - length;
  }
  return bytes.length;
}
