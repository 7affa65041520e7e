import { unlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { ignoreMissing, syncFolder } from './atomic-write.js';
import type { DocumentDefinition } from './define.js';
import { documentMember, type Updater } from './document-member.js';
import { snapshotOf, type Snapshot } from './document-state.js';
import { explainSystemError, StateStoreError } from './errors.js';
import { wakeOn } from './folder-wake.js';
import { dropRevision, historyPath, keptRevisions } from './history.js';
import type { TransactionMember } from './member.js';
import { listQuarantined } from './quarantine.js';
import { writeContext, type StoreContext } from './store-context.js';
import { updateMember, withMember } from './update.js';
import type { WriteOptions } from './write-context.js';

/** One version of a document that is still on the disk. */
export interface HistoryEntry<T> {
  readonly state: 'current' | 'previous' | 'quarantined';
  readonly path: string;
  /** What it says; missing for what cannot be read as this document, as quarantined files usually cannot. */
  readonly snapshot?: Snapshot<T>;
}

/** A document of a store. */
export interface StateDocument<T> extends TransactionMember<Updater<T>, Snapshot<T>> {
  readonly name: string;
  /** The file it is stored in. */
  readonly path: string;
  /**
   * Reads the document; takes no lock, except to repair it.
   *
   * @throws StateStoreError HAWSER_STATE_NEWER_VERSION, HAWSER_STATE_MIGRATION_FAILED, HAWSER_STATE_NO_ACCESS,
   *   HAWSER_STATE_DEFINITION; and what repairing may throw: HAWSER_STATE_LOCKED, HAWSER_STATE_IO
   */
  read(options?: WriteOptions): Promise<Snapshot<T>>;
  /**
   * Changes the document, alone: `updater` gets the present data and returns the new. When it returns what it got,
   * nothing is written. What it throws is thrown on, and nothing is written.
   *
   * @throws StateStoreError HAWSER_STATE_INVALID_UPDATE, HAWSER_STATE_LOCKED, HAWSER_STATE_CONTENDED,
   *   HAWSER_STATE_READ_ONLY, HAWSER_STATE_DISK_FULL, and all that `read` may throw
   */
  update(updater: Updater<T>, options?: WriteOptions): Promise<Snapshot<T>>;
  /**
   * The document now, and then each time it has changed; changes in quick succession may come as one. Ends when the
   * signal fires.
   *
   * Follows file system events, and looks every `lookEveryMs` (2,000) besides, as network file systems have none.
   */
  watch(options?: { readonly signal?: AbortSignal; readonly lookEveryMs?: number }): AsyncIterable<Snapshot<T>>;
  /** Removes the document and its earlier versions; files in the quarantine stay. */
  remove(options?: WriteOptions): Promise<void>;
  /** What there is of the document, newest first: as it is, earlier versions, quarantined files. */
  history(): Promise<HistoryEntry<T>[]>;
}

/** Opens a document of a store. */
export function openDocument<T>(store: StoreContext, definition: DocumentDefinition<T>): StateDocument<T> {
  const member = documentMember(store, definition);
  const { directory } = store;
  const { target, subject } = member;
  const { name } = definition;
  let hasSwept = false;

  return {
    name,
    path: target,
    '~member': () => Promise.resolve(member),
    read,

    update(updater, options = {}) {
      return store.turns.take(target, async () => {
        const snapshot = await updateMember(member, updater, writeContext(store, options), !hasSwept);
        hasSwept = true;
        return snapshot;
      });
    },

    async *watch({ signal, lookEveryMs = 2_000 } = {}) {
      const wake = wakeOn(directory, (entry) => entry === basename(target));
      const isOver = (): boolean => signal?.aborted === true;
      try {
        for (let last: number | undefined; !isOver(); await wake.next(lookEveryMs, signal)) {
          const snapshot = await read();
          if (snapshot.revision !== last && !isOver()) yield snapshot;
          last = snapshot.revision;
        }
      } finally {
        wake.close();
      }
    },

    remove(options = {}) {
      return store.turns.take(target, () => remove(options));
    },

    async history() {
      const kept = await keptRevisions(directory, name);
      const quarantined = await listQuarantined(directory, name);
      const entries = await Promise.all([
        historyEntry('current', target),
        ...kept.map((revision) => historyEntry('previous', historyPath(directory, name, revision))),
        ...quarantined.toReversed().map((path) => historyEntry('quarantined', path)),
      ]);
      return entries.filter((entry) => entry.state !== 'current' || entry.snapshot !== undefined);
    },
  };

  async function historyEntry(state: HistoryEntry<T>['state'], path: string): Promise<HistoryEntry<T>> {
    const found = await member.peekAt(path);
    return { state, path, ...(found === undefined ? {} : { snapshot: snapshotOf<T>(found) }) };
  }

  async function remove(options: WriteOptions): Promise<void> {
    const state = await member.peek();
    const kept = await keptRevisions(directory, name);
    if (state !== 'damaged' && state.stamp === undefined && kept.length === 0) return;
    await withMember(member, writeContext(store, options), async (_state, locks) => {
      if (!locks.verify()) return undefined;
      try {
        // The copies first: what a crash leaves is then the document or nothing, never only a copy.
        await Promise.all(kept.map((revision) => dropRevision(directory, name, revision)));
        await unlink(target).catch(ignoreMissing);
        await syncFolder(directory);
      } catch (error) {
        throw explainSystemError(error, `remove ${subject}`, target, 'write');
      }
      return { done: true };
    });
  }

  async function read(options: WriteOptions = {}): Promise<Snapshot<T>> {
    options.signal?.throwIfAborted();
    const context = writeContext(store, options);
    await unlessUnwritable(() => store.journal.finishAbandoned(context));
    const state = await member.peek();
    if (state !== 'damaged') return snapshotOf<T>(state);
    const repaired = await unlessUnwritable(() =>
      withMember(member, context, async (whole) => ({ done: snapshotOf<T>(whole) })),
    );
    return repaired ?? snapshotOf<T>(await member.peekSalvage());
  }
}

/** For a reader, what can be read is worth more than the complaint that nothing can be repaired now. */
async function unlessUnwritable<T>(repair: () => Promise<T>): Promise<T | undefined> {
  try {
    return await repair();
  } catch (error) {
    const mayPass = ['HAWSER_STATE_READ_ONLY', 'HAWSER_STATE_DISK_FULL', 'HAWSER_STATE_LOCKED'];
    if (error instanceof StateStoreError && mayPass.includes(error.code)) return undefined;
    throw error;
  }
}
