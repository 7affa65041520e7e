import {
  defineDocument,
  openStore,
  type DocumentDefinition,
  type StateDocument,
  type Store,
} from '@hawser/state-store';

export interface Count {
  count: number;
  note?: string;
}

/** A document with a hand-written validator, as generated ones are: nothing is loaded for it. */
export function countValidator(data: unknown): boolean {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return false;
  const { count, note } = data as Record<string, unknown>;
  return Number.isSafeInteger(count) && (note === undefined || typeof note === 'string');
}

export const counter: DocumentDefinition<Count> = defineDocument<Count>({
  name: 'counter',
  version: 1,
  schema: { type: 'object' },
  validate: countValidator,
  default: () => ({ count: 0 }),
});

export function storeIn(folder: string, lockTimeoutMs = 30_000): Store {
  return openStore({ from: folder, env: {}, lockTimeoutMs, writer: { tool: 'test', version: '1.2.3' } });
}

export function counterIn(folder: string): StateDocument<Count> {
  return storeIn(folder).document(counter);
}
