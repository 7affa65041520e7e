import type { HeldLocks, Lockable } from './lock/several.js';
import type { FileStamp } from './stamped-file.js';

/**
 * Something that may take part in a transaction: a document, or a foreign file.
 *
 * @typeParam Change - the function that changes it
 * @typeParam View - what reading it gives
 */
export interface TransactionMember<Change, View> {
  /** For the transaction; not for use. A text as key, so that a handle can be made without loading anything. */
  readonly '~member': () => Promise<Member<MemberState, Change, View>>;
}

/** What was found in a member's file, and what has become of it since. */
export interface MemberState {
  /** The file this was read from; `undefined` when there was none. */
  readonly stamp: FileStamp | undefined;
  /** What was read, byte for byte. */
  readonly bytes: Uint8Array | undefined;
}

/** A copy of the present file, made before it is replaced. */
export interface KeptCopy {
  readonly as: string;
  /** `link`: a second name for the same file; `copy`: a file of its own. */
  readonly how: 'link' | 'copy';
}

/** The file that shall replace the present one, and the state that is then the present one. */
export interface Replacement<State> {
  readonly state: State;
  readonly bytes: Uint8Array;
  readonly mode?: number | undefined;
  readonly keep?: KeptCopy | undefined;
}

/** How one kind of file is read, changed and written; the update and transaction machinery knows nothing else. */
export interface Member<State extends MemberState, Change, View> extends Lockable {
  /** The store it belongs to, or `undefined` for a file of no store. */
  readonly directory: string | undefined;
  readonly target: string;
  /**
   * Reads the file; only called with the locks in hand, so it may repair what it finds. `undefined`: somebody got in
   * between, all is to be begun anew.
   */
  load(locks: HeldLocks): Promise<State | undefined>;
  /** The state after `change`; must not touch the disk. */
  change(state: State, change: Change): Promise<State>;
  /** What to write, or `undefined` when nothing has changed. */
  encode(after: State, before: State): Replacement<State> | undefined;
  view(state: State): View;
  /** Clears away what crashed writers left, those with the `dead` nonces among them; only with the locks in hand. */
  sweep(dead: readonly string[]): Promise<void>;
  /** After the file was replaced: drops copies beyond those to be kept. */
  prune(before: State): Promise<void>;
}
