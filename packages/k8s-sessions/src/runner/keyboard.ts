import { createHash, type Hash } from 'node:crypto';
import type { KeyboardTurn } from './control-types.js';

/** Turns that are told one by one; what is typed after them is added to the last. */
const mostTurns = 10_000;
/** Windows whose input is remembered; the ones longest silent are forgotten first. */
const mostWindows = 10_000;

/** Who typed when, and up to where. */
export interface Keyboard {
  /** Last sequence of a window that was taken; 0 for none. */
  lastSeq(window: string): number;
  /**
   * Whether this input is new. Each sequence is new once; a gap means that something was lost on the way, which the
   * protocol rules out.
   */
  accept(window: string, seq: number): 'new' | 'known' | 'gap';
  typed(viewer: string, data: Uint8Array, atMs: number): void;
  turns(): readonly KeyboardTurn[];
}

export function createKeyboard(): Keyboard {
  const windows = new Map<string, number>();
  const done: KeyboardTurn[] = [];
  let turn: { viewer: string; fromMs: number; toMs: number; bytes: number; hash: Hash } | undefined;
  const close = (): void => {
    if (turn) done.push(told(turn));
    turn = undefined;
  };
  return {
    lastSeq: (window) => windows.get(window) ?? 0,
    accept(window, seq) {
      const last = windows.get(window) ?? 0;
      if (seq <= last) return 'known';
      if (seq > last + 1) return 'gap';
      windows.delete(window);
      windows.set(window, seq);
      if (windows.size > mostWindows) windows.delete(windows.keys().next().value!);
      return 'new';
    },
    typed(viewer, data, atMs) {
      if (turn && turn.viewer !== viewer && done.length < mostTurns - 1) close();
      turn ??= { viewer, fromMs: atMs, toMs: atMs, bytes: 0, hash: createHash('sha256') };
      turn.toMs = atMs;
      turn.bytes += data.length;
      turn.hash.update(data);
    },
    turns: () => (turn ? [...done, told(turn)] : done),
  };
}

function told(turn: { viewer: string; fromMs: number; toMs: number; bytes: number; hash: Hash }): KeyboardTurn {
  const { viewer, fromMs, toMs, bytes, hash } = turn;
  return { viewer, fromMs, toMs, bytes, sha256: hash.copy().digest('hex') };
}
