import { homedir } from 'node:os';
import type { DocumentDefinition } from './define.js';
import { openDocument, type StateDocument } from './document.js';
import type { Writer } from './envelope.js';
import { openJournal } from './journal.js';
import { locateStateFolder } from './locate.js';
import type { StoreContext } from './store-context.js';
import { runTransaction, type AnyTransactionMember, type Transaction } from './transaction.js';
import { createTurns } from './turns.js';
import type { WriteOptions } from './write-context.js';

/** How a store is opened. */
export interface StoreOptions {
  /** Where one stands: usually the working directory. */
  readonly from: string;
  /** Where `HAWSER_STATE_DIR` is looked up; `process.env` unless given. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The home folder, at which the search upwards ends; the user's unless given. */
  readonly home?: string;
  /** Stored with each version, and told to others that wait for a lock. */
  readonly writer?: Writer;
  /** How long a write waits for another writer, in milliseconds; 10,000 unless given. */
  readonly lockTimeoutMs?: number;
}

/** The state folder of one project. */
export interface Store {
  /** The folder, absolute. It is made by the first write. */
  readonly directory: string;
  /** A document in it. Nothing is read before it is asked for. */
  document<T>(definition: DocumentDefinition<T>): StateDocument<T>;
  /**
   * Changes several documents and foreign files together, all or none. The work may be run more than once.
   *
   * Readers take no locks, so one that reads two documents in just that moment may see one of them changed and the
   * other not yet.
   *
   * @returns what the work returned
   * @throws StateStoreError HAWSER_STATE_TRANSACTION for misuse, and what updating one of the members may throw
   */
  transaction<Result>(
    members: readonly AnyTransactionMember[],
    work: (transaction: Transaction) => Result | Promise<Result>,
    options?: WriteOptions,
  ): Promise<Result>;
}

/** Opens the state folder that belongs to a place; touches nothing yet. */
export function openStore(options: StoreOptions): Store {
  const { from, env = process.env, home = homedir(), lockTimeoutMs = 10_000 } = options;
  const directory = locateStateFolder({ from, home, stateDir: env['HAWSER_STATE_DIR'] });
  const context: StoreContext = {
    directory,
    writer: options.writer ?? { tool: 'unknown', version: 'unknown' },
    lockTimeoutMs,
    turns: createTurns(),
    journal: openJournal(directory),
  };
  return {
    directory,
    document: (definition) => openDocument(context, definition),
    transaction: (members, work, writeOptions = {}) => runTransaction(context, members, work, writeOptions),
  };
}
