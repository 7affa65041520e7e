import type { Duplex } from 'node:stream';
import type { Client, CustomTypesConfig } from 'pg';
import { createChanges } from './changes.js';
import type { Changes } from './changes.js';
import { silent } from './engine.js';
import type { Engine } from './engine.js';
import { isTimeout } from './sqlite.js';

/** Two numbers that nothing else in a shared server is likely to lock: "HAWS" and "SESS" in ASCII. */
const migrationLock = [0x48415753, 0x53455353] as const;
const channel = 'hawser_sessions';
const retryMs = { first: 250, most: 5_000 };

/** Codes of Node for a server that is not to be reached. */
const network = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
]);
/**
 * SQLSTATE classes and codes of a server that does not serve now, or not us: connection exceptions, wrong password, no
 * such database, no room, operator intervention, disk trouble, a read-only standby. "PostgreSQL, Appendix A".
 */
const unavailableStates = /^(?:08|28|53|57P0|58|3D000|25006|57014|55P03|XX)/;
const outdatedStates = new Set(['42P01', '42703', '3F000']);

export interface PostgresOptions {
  readonly url: string;
  /** Connections of this process. */
  readonly maxConnections: number;
  /** After so long without an answer a connection is given up. 0: never. */
  readonly queryTimeoutMs: number;
}

/** What of pg's client is used beside what it documents. */
interface HeldConnection {
  readonly connection: { readonly stream: Duplex };
}

type TypeId = Parameters<CustomTypesConfig['getTypeParser']>[0];

export async function openPostgres({ url, maxConnections, queryTimeoutMs }: PostgresOptions): Promise<Engine> {
  const [{ default: createKnex }, { default: Dialect }, { default: pg }] = await Promise.all([
    import('knex'),
    import('knex/lib/dialects/postgres/index.js'),
    import('pg'),
  ]);
  class TimedClient extends Dialect {
    // A server that hangs answers nothing, not even a cancellation. pg's own limit would give the connection back with a
    // transaction open on it: this one ends it.
    override async _query(held: unknown, query: unknown): Promise<unknown> {
      const { stream } = (held as HeldConnection).connection;
      const late = (): Error => Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' });
      const timer = queryTimeoutMs > 0 ? setTimeout(() => stream.destroy(late()), queryTimeoutMs) : undefined;
      try {
        return await super['_query'](held, query);
      } finally {
        clearTimeout(timer);
      }
    }
  }
  const connection = {
    connectionString: url,
    application_name: 'hawser-sessions',
    connectionTimeoutMillis: queryTimeoutMs > 0 ? Math.min(queryTimeoutMs, 5_000) : 5_000,
    keepAlive: true,
    // Times and offsets stay below 2^53.
    types: {
      getTypeParser: (oid: TypeId) => (oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid)),
    },
  };
  const knex = createKnex({
    client: TimedClient,
    connection,
    log: silent,
    acquireConnectionTimeout: 10_000,
    pool: { min: 0, max: maxConnections },
  });
  const changes = createChanges();
  const ear = createEar(() => new pg.Client(connection), changes);
  return {
    kind: 'postgres',
    knex,
    changes,
    place: placeOf(url),
    whereLabels(query, labels) {
      void query.whereRaw('session.labels @> ?::jsonb', [JSON.stringify(labels)]);
    },
    async tell(db, session) {
      await db.raw('select pg_notify(?, ?)', [channel, session]);
    },
    listen: () => ear.open(),
    meaningOf(error) {
      if (isTimeout(error)) return 'unavailable';
      const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
      if (typeof code === 'string') {
        if (code === '23505') return 'duplicate';
        if (outdatedStates.has(code)) return 'outdated';
        return network.has(code) || unavailableStates.test(code) ? 'unavailable' : undefined;
      }
      // pg's own errors carry no code: a connection that ended, was refused, or gave no answer in time.
      return /connection (?:terminated|ended)|timeout|not queryable|connection error/i.test(String(message))
        ? 'unavailable'
        : undefined;
    },
    async lockMigrations(db) {
      await db.raw('select pg_advisory_xact_lock(?, ?)', [...migrationLock]);
    },
    async close() {
      await ear.close();
      await knex.destroy();
    },
  };
}

function placeOf(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `${host || 'localhost'}${pathname}`;
  } catch {
    return 'the database';
  }
}

/**
 * Listens on a connection of its own. When it is cut, it connects again by itself, and wakes everybody: what was told in
 * between is not to be had.
 */
function createEar(connect: () => Client, changes: Changes): { open(): Promise<void>; close(): Promise<void> } {
  let client: Client | undefined;
  let opening: Promise<void> | undefined;
  let again: NodeJS.Timeout | undefined;
  let delayMs = retryMs.first;
  let isClosed = false;

  async function listen(): Promise<void> {
    const made = connect();
    const onEnd = (): void => {
      if (client === made) client = undefined;
      opening = undefined;
      if (isClosed || again) return;
      again = setTimeout(() => {
        again = undefined;
        void open();
      }, delayMs);
      delayMs = Math.min(delayMs * 2, retryMs.most);
    };
    made.on('error', () => {});
    made.once('end', onEnd);
    made.on('notification', ({ payload }) => changes.wake(payload));
    try {
      await made.connect();
      await made.query(`listen ${channel}`);
      client = made;
      delayMs = retryMs.first;
      changes.wake(undefined);
    } catch {
      await made.end().catch(() => {});
      onEnd();
    }
  }

  function open(): Promise<void> {
    if (isClosed || again) return Promise.resolve();
    opening ??= listen();
    return opening;
  }

  return {
    open,
    async close() {
      isClosed = true;
      clearTimeout(again);
      await opening;
      await client?.end().catch(() => {});
    },
  };
}
