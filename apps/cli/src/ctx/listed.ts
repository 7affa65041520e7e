import { type ContextRecord, contextsDocument, ContextsError } from '@hawser/contexts';
import type { Store } from '@hawser/state-store';

/** A context with its name. */
export interface ShownContext extends ContextRecord {
  readonly name: string;
  /** Whether it is the one last made or chosen. */
  readonly current: boolean;
}

/** A context in a list: without its bookkeeping. */
export type ListedContext = Omit<ShownContext, 'written' | 'history'>;

/** The contexts of a project, by name. */
export async function listContexts(store: Store): Promise<readonly ListedContext[]> {
  const { data } = await store.document(contextsDocument).read();
  return Object.entries(data.contexts)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, { written: _written, history: _history, ...record }]) => ({
      name,
      current: name === data.current,
      ...record,
    }));
}

/** The context of that name, or the current one. */
export async function findContext(store: Store, name: string | undefined): Promise<ShownContext> {
  const { data } = await store.document(contextsDocument).read();
  const wanted = name ?? data.current;
  if (wanted === undefined) {
    throw new ContextsError('HAWSER_CTX_NOT_FOUND', 'There is no context yet.', {
      hint: 'hawser ctx init makes one.',
    });
  }
  const record = data.contexts[wanted];
  if (record === undefined) throw new ContextsError('HAWSER_CTX_NOT_FOUND', `There is no context '${wanted}'.`);
  return { name: wanted, current: wanted === data.current, ...record };
}
