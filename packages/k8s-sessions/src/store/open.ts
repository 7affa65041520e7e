import { accessPart } from './access.js';
import { archivePart } from './archive.js';
import type { Engine, StoreLocation } from './engine.js';
import { explain, explained } from './faults.js';
import { openPostgres } from './postgres.js';
import { sessionPart } from './sessions.js';
import { openSqlite } from './sqlite.js';
import type { SessionStore } from './types.js';
import { upkeepPart } from './upkeep.js';

/** Where the data is, and how it is reached. */
export type OpenStoreOptions = StoreLocation & {
  /** Connections of this process to PostgreSQL. Default 10. SQLite has one. */
  readonly maxConnections?: number | undefined;
  /** After so long a query of PostgreSQL is given up as unanswered. Default 10,000. */
  readonly queryTimeoutMs?: number | undefined;
  /** Time of the events that come with a change. Default the machine's. */
  readonly nowMs?: (() => number) | undefined;
};

/**
 * Opens the store: PostgreSQL by its address, SQLite by its file. PostgreSQL need not answer yet; each method tries by
 * itself, and finds its way back when the server was away. The schema must be there: {@link migrate} makes it.
 *
 * @throws SessionsError `HAWSER_SESSIONS_STORE_UNAVAILABLE` from every method while the database cannot be reached;
 * `HAWSER_SESSIONS_STORE_OUTDATED` when its schema is not this release's; `HAWSER_SESSIONS_BAD_INPUT` when what is
 * added is there already.
 */
export async function openStore(options: OpenStoreOptions): Promise<SessionStore> {
  const engine = await openEngine(options);
  return {
    engine: engine.kind,
    ...explained(engine, {
      ...sessionPart(engine, options.nowMs ?? Date.now),
      ...accessPart(engine),
      ...archivePart(engine),
      ...upkeepPart(engine),
      close: () => engine.close(),
    }),
  };
}

/** Opens what is below the store, with its errors explained. */
export async function openEngine(
  options: StoreLocation & {
    readonly maxConnections?: number | undefined;
    readonly queryTimeoutMs?: number | undefined;
  },
): Promise<Engine> {
  if ('url' in options) {
    const { url, maxConnections = 10, queryTimeoutMs = 10_000 } = options;
    return openPostgres({ url, maxConnections, queryTimeoutMs });
  }
  try {
    return await openSqlite(options.file);
  } catch (error) {
    throw explain({ place: options.file, meaningOf: () => 'unavailable' }, error);
  }
}
