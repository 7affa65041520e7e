import { mkdir, unlink } from 'node:fs/promises';
import { discardFile, ignoreMissing, stageFile } from './atomic-write.js';
import { explainSystemError, StateStoreError } from './errors.js';
import { intentFolder, intentPath, rollForward, writeIntent, type IntentStep } from './journal.js';
import { withLocks, type HeldLocks } from './lock/several.js';
import type { Member, MemberState, Replacement, TransactionMember } from './member.js';
import { digestOf, sameStamp, stampNow } from './stamped-file.js';
import { writeContext, type StoreContext } from './store-context.js';
import { contended, MAX_ATTEMPTS } from './update.js';
import type { WriteContext, WriteOptions } from './write-context.js';

/** What the work of a transaction reads and changes its members with. */
export interface Transaction {
  /** The member with the changes made so far in this transaction. */
  read<Change, View>(member: TransactionMember<Change, View>): View;
  /** Changes a member; nothing reaches the disk before the work is done. */
  update<Change, View>(member: TransactionMember<Change, View>, change: Change): Promise<void>;
}

/** Anything that may be named in a transaction. */
export type AnyTransactionMember = TransactionMember<never, unknown>;

type AnyMember = Member<MemberState, unknown, unknown>;

/**
 * Changes several documents and files together: all of them or none, whatever happens in between.
 *
 * All locks are taken, the work is run, the new files are written beside the old ones, and the intent is stored: from
 * then on the change is done, if need be by the next process that comes by.
 */
export async function runTransaction<Result>(
  store: StoreContext,
  parts: readonly AnyTransactionMember[],
  work: (transaction: Transaction) => Result | Promise<Result>,
  options: WriteOptions,
): Promise<Result> {
  const members = new Map<AnyTransactionMember, AnyMember>();
  for (const part of parts) members.set(part, await part['~member']());
  checkMembers(store, parts, [...members.values()]);
  const context = writeContext(store, options);
  const targets = [...members.values()].map((member) => member.target).toSorted();
  const run = (): Promise<Result> => attemptTransaction(store, members, work, context);
  // In their turn for each of them, as single updates of this process are.
  return targets.reduce((inner, target) => () => store.turns.take(target, inner), run)();
}

async function attemptTransaction<Result>(
  store: StoreContext,
  members: ReadonlyMap<AnyTransactionMember, AnyMember>,
  work: (transaction: Transaction) => Result | Promise<Result>,
  context: WriteContext,
): Promise<Result> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    let unfinished: string | undefined;
    const outcome = await withLocks([...members.values()], context, async (locks) => {
      for (const member of members.values()) unfinished ??= await store.journal.pendingFor(member.target);
      if (unfinished !== undefined) return undefined;
      const draft = await beginDraft(members, locks);
      if (draft === undefined) return undefined;
      const result = await work(draft.transaction);
      const committed = await commit(store.directory, draft.close(), locks);
      if (committed === 'overtaken') return undefined;
      if (committed === 'locks lost') unfinished = intentPath(store.directory, locks.tag);
      return { result };
    });
    if (unfinished !== undefined) await store.journal.finish(unfinished, context);
    if (outcome !== undefined) return outcome.result;
  }
  throw contended([...members.values()].map((member) => member.subject).join(', '));
}

function checkMembers(
  store: StoreContext,
  parts: readonly AnyTransactionMember[],
  members: readonly AnyMember[],
): void {
  if (parts.length === 0) throw notBegun('it names nothing to change');
  if (parts.length > members.length) throw notBegun('it names something twice');
  const seen = new Set<string>();
  for (const { target, subject, directory } of members) {
    if (directory !== undefined && directory !== store.directory) throw notBegun(`${subject} belongs to another store`);
    if (seen.has(target)) throw notBegun(`${subject} is named twice`);
    seen.add(target);
  }
}

function notBegun(why: string): StateStoreError {
  return new StateStoreError('HAWSER_STATE_TRANSACTION', `The transaction was not begun: ${why}.`);
}

/** A member that will be replaced. */
interface PlannedStep {
  readonly member: AnyMember;
  readonly before: MemberState;
  readonly replacement: Replacement<MemberState>;
}

interface Draft {
  readonly transaction: Transaction;
  /** Ends the drafting and says what has changed. */
  close(): PlannedStep[];
}

async function beginDraft(
  members: ReadonlyMap<AnyTransactionMember, AnyMember>,
  locks: HeldLocks,
): Promise<Draft | undefined> {
  const befores = new Map<AnyMember, MemberState>();
  for (const member of members.values()) {
    const state = await member.load(locks);
    if (state === undefined) return undefined;
    if (locks.broken.length > 0) await member.sweep(locks.broken);
    befores.set(member, state);
  }
  const states = new Map(befores);
  let isOpen = true;

  return {
    transaction: {
      read<Change, View>(part: TransactionMember<Change, View>) {
        const member = memberOf(part);
        return member.view(stateOf(member)) as View;
      },
      async update(part, change) {
        const member = memberOf(part);
        states.set(member, await member.change(stateOf(member), change));
      },
    },
    close() {
      const steps: PlannedStep[] = [];
      for (const [member, before] of befores) {
        const replacement = member.encode(stateOf(member), before);
        if (replacement !== undefined) steps.push({ member, before, replacement });
      }
      isOpen = false;
      return steps;
    },
  };

  function memberOf(part: AnyTransactionMember): AnyMember {
    const member = members.get(part);
    if (member !== undefined && isOpen) return member;
    const why = isOpen ? 'something was used that was not named at its beginning' : 'it was used when it was over';
    throw new StateStoreError('HAWSER_STATE_TRANSACTION', `The transaction failed: ${why}.`);
  }

  function stateOf(member: AnyMember): MemberState {
    return states.get(member)!;
  }
}

async function commit(
  directory: string,
  steps: readonly PlannedStep[],
  locks: HeldLocks,
): Promise<'done' | 'overtaken' | 'locks lost'> {
  if (steps.length === 0) return 'done';
  const subjects = steps.map(({ member }) => member.subject).join(', ');
  try {
    if (!(await prepare(directory, steps, locks))) return 'overtaken';
  } catch (error) {
    throw explainSystemError(error, `change ${subjects} together`, directory, 'write');
  }
  try {
    const intent = { id: locks.tag, owner: locks.owner, steps: steps.map(intentStep) };
    const { lost, overtaken } = await rollForward(directory, intent, locks);
    if (overtaken.length > 0) throw overtakenError(overtaken);
    await Promise.all(steps.map(({ member, before }) => member.prune(before)));
    return lost ? 'locks lost' : 'done';
  } catch (error) {
    const doing = `finish changing ${subjects} (the next use of the store will)`;
    throw explainSystemError(error, doing, directory, 'write');
  }
}

/** Stages all files and stores the intent; `false`, and nothing left, when a file or a lock has changed meanwhile. */
async function prepare(directory: string, steps: readonly PlannedStep[], locks: HeldLocks): Promise<boolean> {
  const staged = steps.map(({ member: { target }, replacement: { bytes, mode } }) => ({
    target,
    tag: locks.tag,
    bytes,
    mode,
  }));
  let isPrepared = false;
  try {
    for (const file of staged) await stageFile(file);
    await mkdir(intentFolder(directory), { recursive: true });
    for (const { member, before } of steps) {
      if (!sameStamp(stampNow(member.target), before.stamp)) return false;
    }
    if (!locks.verify()) return false;
    await writeIntent(directory, { id: locks.tag, owner: locks.owner, steps: steps.map(intentStep) });
    isPrepared = true;
    return true;
  } finally {
    if (!isPrepared) {
      // Without staged files an intent has no effect, so these go first.
      await Promise.allSettled(staged.map(discardFile));
      await unlink(intentPath(directory, locks.tag)).catch(ignoreMissing);
    }
  }
}

function intentStep({ member, before, replacement }: PlannedStep): IntentStep {
  return {
    subject: member.subject,
    target: member.target,
    lockPaths: member.lockPaths,
    before: before.bytes === undefined ? null : digestOf(before.bytes),
    after: digestOf(replacement.bytes),
    ...(replacement.keep === undefined ? {} : { keep: replacement.keep }),
  };
}

function overtakenError(overtaken: readonly string[]): StateStoreError {
  return new StateStoreError(
    'HAWSER_STATE_CONTENDED',
    `${overtaken.join(', ')} was changed by a program that takes no lock, in the moment of being replaced; its version stays.`,
    { details: { overtaken } },
  );
}
