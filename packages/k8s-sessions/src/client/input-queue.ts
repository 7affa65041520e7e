import { encodeClientFrame, maxInputBytes } from '../protocol/index.js';

/** Bytes of input that may wait for a link or an acknowledgement. */
const mostWaitingBytes = 1_048_576;

/** Input on its way: numbered when it is first sent, kept until its number is acknowledged. */
export interface InputQueue {
  /** False, and nothing taken, when too much waits. */
  add(data: Uint8Array): boolean;
  /** A link to a run that applied everything up to `seq`. `isSameRun` false: what was sent before may have met another. */
  resume(seq: number, isSameRun: boolean): void;
  acknowledge(seq: number): void;
  /** Frames to send now: all that was not sent over this link. */
  frames(): readonly Uint8Array[];
  clear(): void;
}

interface Waiting {
  readonly data: Uint8Array;
  /** 0 until first sent. */
  seq: number;
}

/** Makes an empty queue. */
export function createInputQueue(): InputQueue {
  let waiting: Waiting[] = [];
  let bytes = 0;
  let sent = 0;
  let lastSeq = 0;

  const keep = (isKept: (input: Waiting) => boolean): void => {
    const kept = waiting.filter(isKept);
    sent -= waiting.slice(0, sent).filter((input) => !isKept(input)).length;
    waiting = kept;
    bytes = kept.reduce((sum, { data }) => sum + data.length, 0);
  };

  return {
    add(data) {
      if (bytes + data.length > mostWaitingBytes) return false;
      bytes += data.length;
      for (let at = 0; at < data.length; at += maxInputBytes)
        waiting.push({ data: data.slice(at, at + maxInputBytes), seq: 0 });
      return true;
    },
    resume(seq, isSameRun) {
      keep((input) => input.seq === 0 || (isSameRun && input.seq > seq));
      sent = 0;
      lastSeq = isSameRun ? Math.max(lastSeq, seq) : seq;
    },
    acknowledge: (seq) => keep((input) => input.seq === 0 || input.seq > seq),
    frames() {
      const fresh = waiting.slice(sent);
      sent = waiting.length;
      return fresh.map((input) => {
        if (input.seq === 0) input.seq = ++lastSeq;
        return encodeClientFrame({ type: 'in', seq: input.seq, data: input.data });
      });
    },
    clear: () => keep(() => false),
  };
}
