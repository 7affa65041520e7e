import type { Knex } from 'knex';
import { SessionsError } from '../errors.js';
import type { Engine, StoreLocation } from './engine.js';
import { explain } from './faults.js';
import { migrationSource } from './migration-source.js';
import type { Migration } from './migration-source.js';
import { migrations as ours } from './migrations/index.js';
import { openEngine } from './open.js';

/** Which database is migrated, and how. */
export type MigrateOptions = StoreLocation & {
  /**
   * PostgreSQL: true keeps tickets and rate buckets out of the write-ahead log. They are lost when the server crashes,
   * which closes doors and opens none. False takes it back; left out, they stay as they are.
   */
  readonly unlogged?: boolean | undefined;
  /** Default this release's. */
  readonly migrations?: readonly Migration[] | undefined;
};

/** Where a schema stands. */
export interface MigrationStatus {
  /** Names, oldest first. */
  readonly applied: readonly string[];
  readonly pending: readonly string[];
}

/**
 * Brings the schema to this release's: all pending migrations in one transaction, under a lock. May be run again and by
 * several at once; whoever comes second finds nothing to do.
 *
 * @throws SessionsError `HAWSER_SESSIONS_MIGRATION_FAILED`: the database is as it was before;
 * `HAWSER_SESSIONS_STORE_UNAVAILABLE` when it cannot be reached.
 */
export function migrate(options: MigrateOptions): Promise<{ readonly applied: readonly string[] }> {
  return underLock(options, async (db, config, engine) => {
    const [, applied] = (await db.migrate.latest(config)) as [number, string[]];
    if (options.unlogged !== undefined && engine.kind === 'postgres')
      for (const table of ['attach_ticket', 'rate_bucket'])
        await db.raw(`alter table ?? set ${options.unlogged ? 'unlogged' : 'logged'}`, [table]);
    return { applied };
  });
}

/**
 * Takes back what the last run of {@link migrate} that did anything brought, in one transaction. What was kept in tables
 * that go is gone.
 *
 * @throws As {@link migrate}.
 */
export function rollback(options: MigrateOptions): Promise<{ readonly rolledBack: readonly string[] }> {
  return underLock(options, async (db, config) => {
    const [, rolledBack] = (await db.migrate.rollback(config)) as [number, string[]];
    return { rolledBack };
  });
}

/**
 * Tells which migrations were applied, and which are missing.
 *
 * @throws As {@link migrate}.
 */
export function migrationStatus(options: MigrateOptions): Promise<MigrationStatus> {
  return underLock(options, async (db, config) => {
    const [applied, pending] = (await db.migrate.list(config)) as [{ name: string }[], Migration[]];
    return { applied: applied.map(({ name }) => name), pending: pending.map(({ name }) => name) };
  });
}

async function underLock<Result>(
  options: MigrateOptions,
  work: (db: Knex, config: Knex.MigratorConfig, engine: Engine) => Promise<Result>,
): Promise<Result> {
  // A lock may be waited for, and a large table takes its time.
  const engine = await openEngine({ ...options, maxConnections: 1, queryTimeoutMs: 0 });
  try {
    // Knex's own tables are within the transaction as well: a run that fails leaves nothing behind.
    return await engine.knex.transaction(async (db) => {
      await engine.lockMigrations(db);
      return work(db, { migrationSource: migrationSource(options.migrations ?? ours) }, engine);
    });
  } catch (error) {
    const known = explain(engine, error);
    if (known instanceof SessionsError && known.code === 'HAWSER_SESSIONS_STORE_UNAVAILABLE') throw known;
    throw new SessionsError('HAWSER_SESSIONS_MIGRATION_FAILED', `The schema of ${engine.place} could not be changed.`, {
      cause: error,
    });
  } finally {
    await engine.close();
  }
}
