import { dirname } from 'node:path';
import { discardFile, publishFile, stageFile, syncFolder } from './atomic-write.js';
import { errnoOf, explainSystemError, StateStoreError } from './errors.js';
import { keepCopy } from './keep-copy.js';
import { withLocks, type HeldLocks } from './lock/several.js';
import type { Member, MemberState, Replacement } from './member.js';
import { sameStamp, stampNow } from './stamped-file.js';
import type { WriteContext } from './write-context.js';

/** How often a change is tried when writers that ignore the lock keep getting in between. */
export const MAX_ATTEMPTS = 20;

/**
 * Changes one member: lock, read, change, write beside, make sure that nothing moved, rename. `change` may run more
 * than once.
 *
 * @param mustSweep - whether to look for leftovers of crashed writers even without a sign of any
 */
export async function updateMember<State extends MemberState, Change, View>(
  member: Member<State, Change, View>,
  change: Change,
  context: WriteContext,
  mustSweep: boolean,
): Promise<View> {
  return withMember(member, context, async (before, locks) => {
    if (mustSweep || locks.broken.length > 0) await member.sweep(locks.broken);
    const after = await member.change(before, change);
    const replacement = member.encode(after, before);
    if (replacement === undefined) return { done: member.view(before) };
    return (await replace(member, before, replacement, locks)) ? { done: member.view(replacement.state) } : undefined;
  });
}

/**
 * Works on one member with its locks in hand, when it is whole and no transaction has still to change it. Work that
 * answers `undefined` is begun anew: somebody got in between.
 */
export async function withMember<State extends MemberState, Change, View, Result>(
  member: Member<State, Change, View>,
  context: WriteContext,
  work: (state: State, locks: HeldLocks) => Promise<{ done: Result } | undefined>,
): Promise<Result> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    let interrupted: string | undefined;
    const outcome = await withLocks([member], context, async (locks) => {
      const [pending, state] = await Promise.all([context.journal?.pendingFor(member.target), member.load(locks)]);
      interrupted = pending;
      return pending !== undefined || state === undefined ? undefined : work(state, locks);
    });
    if (outcome !== undefined) return outcome.done;
    if (interrupted !== undefined) await context.journal?.finish(interrupted, context);
  }
  throw contended(member.subject);
}

/** Writes the new file and puts it in place; `false` when the file or the lock has changed meanwhile. */
async function replace<State extends MemberState, Change, View>(
  member: Member<State, Change, View>,
  before: State,
  { bytes, mode, keep }: Replacement<State>,
  locks: HeldLocks,
): Promise<boolean> {
  const { target, subject } = member;
  const staged = { target, tag: locks.tag, bytes, mode };
  try {
    const keeping = keep === undefined || before.stamp === undefined ? undefined : keepCopy(target, keep);
    await allSettled(stageFile(staged), keeping);
    const isAtRest = (): boolean => locks.verify() && sameStamp(stampNow(target), before.stamp);
    if (!(await publishFile(staged, isAtRest))) {
      await discardFile(staged);
      return false;
    }
    // The next writer need not wait until this rename is on the disk: its own sync covers both.
    locks.release();
    await allSettled(syncFolder(dirname(target)), member.prune(before));
    return true;
  } catch (error) {
    await discardFile(staged).catch(() => undefined);
    // Gone from under us: whoever took the lock from us has swept it.
    if (errnoOf(error) === 'ENOENT' && !locks.verify()) return false;
    throw explainSystemError(error, `write ${subject}`, target, 'write');
  }
}

/** Waits for all of them before it fails with the first failure, so that nothing goes on behind the caller's back. */
async function allSettled(...work: readonly (Promise<unknown> | undefined)[]): Promise<void> {
  const results = await Promise.allSettled(work.map(async (piece) => piece));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/** For a change that never found its file at rest. */
export function contended(subject: string): StateStoreError {
  return new StateStoreError(
    'HAWSER_STATE_CONTENDED',
    `${subject} was changed by someone else at each of ${MAX_ATTEMPTS} tries to change it.`,
  );
}
