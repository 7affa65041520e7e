/** How patient a writing call is. */
export interface WriteOptions {
  /** How long to wait for another writer, in milliseconds; the store's `lockTimeoutMs` unless given. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a write needs to know besides what it writes. */
export interface WriteContext {
  /** Told to others that wait for our lock. */
  readonly tool: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Where interrupted transactions are found; missing for files of no store. */
  readonly journal?: Journal | undefined;
}

/** The transactions of a store that were begun and not finished. */
export interface Journal {
  /** The intent file that still has to do something to this target; to be asked with the target's lock in hand. */
  pendingFor(target: string): Promise<string | undefined>;
  /** Finishes one of them under its own locks; returns when it is finished, by whomever. */
  finish(intentPath: string, context: WriteContext): Promise<void>;
  /** Finishes all whose process is provably dead. */
  finishAbandoned(context: WriteContext): Promise<void>;
}
