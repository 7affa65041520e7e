import type { Knex } from 'knex';
import type { Changes } from './changes.js';

/** What PostgreSQL and SQLite do not have in common. Everything else is one text of Knex. */
export interface Engine {
  readonly kind: 'postgres' | 'sqlite';
  readonly knex: Knex;
  readonly changes: Changes;
  /** Where the data is, for people: never with a password. */
  readonly place: string;
  /** Only sessions that carry all of these labels. */
  whereLabels(query: Knex.QueryBuilder, labels: Readonly<Record<string, string>>): void;
  /** Within a transaction: tells other processes that the session changes with it. */
  tell(db: Knex, session: string): Promise<void>;
  /** Begins to hear of changes that others make. May be called at any time. */
  listen(): Promise<void>;
  /** What an error of the driver means, if it is one that the engine makes. */
  meaningOf(error: unknown): 'unavailable' | 'outdated' | 'duplicate' | undefined;
  /** Within a transaction: waits until nobody else migrates, and keeps others out until it ends. */
  lockMigrations(db: Knex): Promise<void>;
  close(): Promise<void>;
}

/** Where the data is kept: a PostgreSQL server, or a file of SQLite. */
export type StoreLocation =
  | {
      /** `postgres://user:password@host:5432/name`; `?sslmode=` as libpq understands it. */
      readonly url: string;
    }
  | {
      /** Made with mode 0600 when it is not there; the folder must be. */
      readonly file: string;
    };

/** Knex speaks up on the console by itself; a library does not. */
export const silent: NonNullable<Knex.Config['log']> = { warn() {}, error() {}, deprecate() {}, debug() {} };

/**
 * Runs `work` in a transaction, and wakes whoever waits for the session once it stands. What comes back as undefined or
 * false changed nothing, and nobody is told.
 */
export async function write<Result>(
  engine: Engine,
  session: string,
  work: (db: Knex) => Promise<Result>,
): Promise<Result> {
  const result = await engine.knex.transaction(async (db) => {
    const made = await work(db);
    if (made !== undefined && made !== false) await engine.tell(db, session);
    return made;
  });
  engine.changes.wake(session);
  return result;
}
