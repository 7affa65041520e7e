import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { StateStoreError, type Store, type Transaction } from '@hawser/state-store';
import { openForeign, type ForeignFile } from '@hawser/state-store/foreign';
import { ContextsError } from '../errors.js';
import { fileInvalid, readText } from '../files.js';
import { breakLocks, explainLocked, lockable, locksAreOff } from '../kubeconfig/lock.js';
import type { Environment } from '../types.js';
import { contextsDocument, type ContextRecord, type ContextsData } from './contexts-document.js';
import { makeEdit, type PlannedFile } from './edit.js';
import { settleOn, type Basis, type ContextPlan, type ReadyPlan } from './plan.js';

/** How a plan is carried out. */
export interface ApplyOptions {
  readonly store: Store;
  /** Where `DISABLE_KUBECONFIG_LOCK` is looked up. */
  readonly env: Environment;
  /** Whether a lock that kubectl left is removed first. False unless given. */
  readonly breakLock?: boolean;
  /** How long to wait for other writers, in milliseconds; 5,000 unless given. */
  readonly lockTimeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly now?: () => Date;
}

/** What was done. */
export interface Applied {
  /** Files that were written; none when all was right already. */
  readonly changed: readonly string[];
  readonly record?: ContextRecord;
  /** Locks of kubectl that were removed. */
  readonly brokenLocks: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Carries a plan out: profiles file, kubeconfigs and `contexts.json` all or none, whatever happens in between. What a
 * killed process has begun is finished by the next call. A plan that changes nothing writes nothing.
 *
 * What has changed since the plan was made is looked at again with the locks in hand.
 *
 * @throws ContextsError HAWSER_CTX_LOCKED when kubectl's lock lies there for longer than the time out, and whatever making
 *   the plan may throw
 * @throws StateStoreError what transactions throw: HAWSER_STATE_DISK_FULL, HAWSER_STATE_READ_ONLY, …
 */
export async function applyPlan(plan: ContextPlan, options: ApplyOptions): Promise<Applied> {
  const { '~intent': intent, '~basis': basis } = plan as ReadyPlan;
  const { store, env, breakLock = false, lockTimeoutMs = 5_000, signal, now = () => new Date() } = options;
  const { notes } = plan;
  if (plan.steps.length === 0) {
    return { changed: [], ...recorded(plan.record), brokenLocks: [], notes };
  }
  const writing = plan.steps.filter(({ format }) => format !== 'contexts');
  const kubeconfigs = kubeconfigsOf(plan, intent.files, basis.texts);
  const brokenLocks = breakLock ? await breakLocks(kubeconfigs) : [];
  for (const { file, isNew } of writing) if (isNew) await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const locked = new Set([...writing.map(({ file }) => file), ...(await lockable(kubeconfigs))]);
  const members = new Map<string, ForeignFile>();
  for (const file of intent.files)
    if (locked.has(file.path)) members.set(file.path, openMember(file, locksAreOff(env)));
  const document = store.document(contextsDocument);
  // What was found while the wish was made, which is not settled again.
  const others = plan.notes.filter((note) => !basis.settled.notes.includes(note));

  const work = async (transaction: Transaction): Promise<Applied> => {
    const texts = new Map<string, string | undefined>();
    for (const path of basis.texts.keys()) {
      const member = members.get(path);
      texts.set(path, member === undefined ? await readText(path) : textOf(transaction, member));
    }
    const { data } = transaction.read(document);
    const isAsPlanned = isDeepStrictEqual(data, basis.data) && isDeepStrictEqual(texts, basis.texts);
    const { edits, settled } = isAsPlanned ? basis : await settleAgain(texts, data);
    for (const [path, changes] of edits) {
      const member = members.get(path);
      if (member === undefined) throw changedSince(path);
      await transaction.update(member, (draft) => changes.forEach((edit) => makeEdit(draft, edit)));
    }
    const isRecorded = isDeepStrictEqual(settled.data, data);
    if (!isRecorded) await transaction.update(document, () => settled.data);
    const record = settled.data.contexts[intent.context];
    const changed = [...edits.keys(), ...(isRecorded ? [] : [document.path])];
    return { changed, ...recorded(record), brokenLocks, notes: [...settled.notes, ...others] };
  };

  try {
    const parts = [document, ...members.values()];
    return await store.transaction(parts, work, {
      timeoutMs: lockTimeoutMs,
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (error instanceof StateStoreError && error.code === 'HAWSER_STATE_FOREIGN_SYNTAX') throw fileInvalid(error);
    throw await explainLocked(error, kubeconfigs, now());
  }

  async function settleAgain(
    texts: ReadonlyMap<string, string | undefined>,
    data: ContextsData,
  ): Promise<Pick<Basis, 'edits' | 'settled'>> {
    const { sheets, settled } = await settleOn(intent, { texts, data, problems: new Map(basis.problems), now: now() });
    const changing = sheets.filter(({ edits }) => edits.length > 0);
    return { edits: new Map(changing.map(({ path, edits }) => [path, edits])), settled };
  }
}

/** Kubeconfigs that kubectl would lock for the change: all of the list, when one of them changes. */
function kubeconfigsOf(
  { steps }: ContextPlan,
  files: readonly PlannedFile[],
  texts: ReadonlyMap<string, string | undefined>,
): readonly string[] {
  if (!steps.some(({ format }) => format === 'kubeconfig')) return [];
  return files.filter(({ path, format }) => format === 'kubeconfig' && texts.has(path)).map(({ path }) => path);
}

/** Without kubectl's lock a kubeconfig is to the store a YAML file like any other. */
function openMember({ path, format }: PlannedFile, withoutPeerLock: boolean): ForeignFile {
  const known = format === 'kubeconfig' && withoutPeerLock ? 'yaml' : format;
  return openForeign({ path, format: known, mode: 0o600, tool: 'hawser ctx' });
}

function textOf(transaction: Transaction, member: ForeignFile): string | undefined {
  const { exists, text } = transaction.read(member);
  return exists ? text : undefined;
}

function recorded(record: ContextRecord | undefined): { readonly record?: ContextRecord } {
  return record === undefined ? {} : { record };
}

function changedSince(path: string): ContextsError {
  return new ContextsError('HAWSER_CTX_EDITED', `${path} was changed since the plan was made.`, {
    hint: 'Make the plan anew: run the command again.',
    details: { file: path },
  });
}
