import type { DocumentDefinition } from './define.js';
import { openDocument, type StateDocument } from './document.js';
import type { Writer } from './envelope.js';
import { openJournal } from './journal.js';
import type { StoreContext } from './store-context.js';
import { runTransaction, type AnyTransactionMember, type Transaction } from './transaction.js';
import { createTurns } from './turns.js';
import type { WriteOptions } from './write-context.js';

/** What does the work of a store; loaded when there is some. */
export interface Engine {
  document<T>(definition: DocumentDefinition<T>): StateDocument<T>;
  transaction<Result>(
    members: readonly AnyTransactionMember[],
    work: (transaction: Transaction) => Result | Promise<Result>,
    options: WriteOptions,
  ): Promise<Result>;
}

/** Opens the engine of the store in that folder. */
export function openEngine(facts: { directory: string; writer: Writer; lockTimeoutMs: number }): Engine {
  const context: StoreContext = { ...facts, turns: createTurns(), journal: openJournal(facts.directory) };
  return {
    document: (definition) => openDocument(context, definition),
    transaction: (members, work, options) => runTransaction(context, members, work, options),
  };
}
