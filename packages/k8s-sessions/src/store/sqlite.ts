import { open } from 'node:fs/promises';
import type { Knex } from 'knex';
import { createChanges } from './changes.js';
import { silent } from './engine.js';
import type { Engine } from './engine.js';

/** Errors of a file that cannot be read or written now: whoever waits or mends it gets further. */
const unavailable = new Set([
  'SQLITE_BUSY',
  'SQLITE_LOCKED',
  'SQLITE_IOERR',
  'SQLITE_FULL',
  'SQLITE_CANTOPEN',
  'SQLITE_READONLY',
  'SQLITE_NOTADB',
  'SQLITE_CORRUPT',
  'SQLITE_PERM',
  'SQLITE_AUTH',
]);
const duplicate = new Set(['SQLITE_CONSTRAINT_PRIMARYKEY', 'SQLITE_CONSTRAINT_UNIQUE']);

/** What of libsql's connection is used; its own types are of another library. */
interface Connection {
  exec(sql: string): void;
  prepare(sql: string): unknown;
}

/** Texts whose compiled statement is kept: there are some dozens, and those with lists of changing length. */
const mostStatements = 200;

/** What of Knex's transactions is used; its types tell only of what callers see. */
interface Begins {
  query(connection: unknown, sql: string): Promise<unknown>;
}

/**
 * SQLite by libsql, under Knex's dialect for better-sqlite3 with the driver replaced. One connection for the process: statements
 * run on the calling thread, one after another. Another process may have the same file open.
 */
export async function openSqlite(file: string): Promise<Engine> {
  const [{ default: createKnex }, { default: Dialect }, { default: libsql }] = await Promise.all([
    import('knex'),
    import('knex/lib/dialects/better-sqlite3/index.js'),
    import('libsql'),
  ]);
  await makePrivate(file);
  class LibsqlClient extends Dialect {
    override _driver(): unknown {
      return libsql;
    }
    // Every transaction here writes: taking the lock at its beginning waits for others, where taking it in the middle fails.
    override transaction(container: unknown, config: unknown, outer: unknown): Knex.Transaction {
      const transaction = super.transaction(container, config, outer);
      return Object.assign(transaction, {
        begin: (on: unknown) => (transaction as unknown as Begins).query(on, 'BEGIN IMMEDIATE;'),
      });
    }
  }
  const knex = createKnex({
    client: LibsqlClient,
    connection: { filename: file },
    useNullAsDefault: true,
    log: silent,
    pool: {
      min: 1,
      max: 1,
      afterCreate(connection: Connection, done: (error: Error | null, connection: Connection) => void) {
        try {
          for (const pragma of ['busy_timeout = 5000', 'journal_mode = WAL', 'synchronous = NORMAL'])
            connection.exec(`PRAGMA ${pragma}`);
          keepStatements(connection);
          done(null, connection);
        } catch (error) {
          done(error as Error, connection);
        }
      },
    },
  });
  return {
    kind: 'sqlite',
    knex,
    changes: createChanges(),
    place: file,
    whereLabels(query, labels) {
      for (const [key, value] of Object.entries(labels))
        void query.whereRaw('exists (select 1 from json_each(session.labels) where key = ? and value = ?)', [
          key,
          value,
        ]);
    },
    tell: () => Promise.resolve(),
    listen: () => Promise.resolve(),
    meaningOf(error) {
      const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
      if (isTimeout(error)) return 'unavailable';
      if (typeof code !== 'string') return undefined;
      if (duplicate.has(code)) return 'duplicate';
      if (/no such (?:table|column)|has no column/.test(String(message))) return 'outdated';
      // The extended codes have the plain one as their beginning: SQLITE_IOERR_WRITE.
      return unavailable.has(code.split('_', 2).join('_')) ||
        code === 'ENOENT' ||
        code === 'EACCES' ||
        code === 'ENOSPC'
        ? 'unavailable'
        : undefined;
    },
    lockMigrations: () => Promise.resolve(),
    close: () => knex.destroy(),
  };
}

/** Compiles each text once: that costs as much as running it. Knex asks for a statement, runs it to its end, and forgets it. */
function keepStatements(connection: Connection): void {
  const kept = new Map<string, unknown>();
  const prepare = connection.prepare.bind(connection);
  connection.prepare = (sql) => {
    const known = kept.get(sql);
    if (known !== undefined) return known;
    const statement = prepare(sql);
    if (kept.size >= mostStatements) kept.clear();
    kept.set(sql, statement);
    return statement;
  };
}

/** Makes the file before SQLite would, because what it holds is for its owner alone. */
async function makePrivate(file: string): Promise<void> {
  const handle = await open(file, 'a', 0o600);
  await handle.close();
}

/** Knex's own error when no connection was to be had in time. */
export function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'KnexTimeoutError';
}
