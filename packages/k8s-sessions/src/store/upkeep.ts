import type { Knex } from 'knex';
import { grants, keyframes, payloads, segments, sessions, tickets } from './columns.js';
import type { Stored } from './columns.js';
import type { Engine } from './engine.js';
import { migrations } from './migrations/index.js';
import type { SessionStore } from './types.js';

type Part = Pick<SessionStore, 'prune' | 'schema' | 'leaseName' | 'ping'>;

/** What keeps the store small and in one piece. */
export function upkeepPart(engine: Engine): Part {
  const { knex } = engine;

  /** Deletes at most `batch` rows that `past` finds, named by their key. */
  async function remove(
    table: string,
    key: readonly string[],
    batch: number,
    past: (query: Knex.QueryBuilder) => void,
  ): Promise<number> {
    const rows = knex(table)
      .select(key.map((column) => `${table}.${column}`))
      .limit(batch);
    past(rows);
    return knex(table)
      .whereIn([...key], rows)
      .delete();
  }

  return {
    async prune(nowMs, batch) {
      const expired = (query: Knex.QueryBuilder): void => void query.where('expires_at', '<=', nowMs);
      const ofExpired = (table: string) => (query: Knex.QueryBuilder) =>
        void query.join(sessions.table, 'session.id', `${table}.session`).where('session.state', 'expired');
      return {
        tickets: await remove(tickets.table, ['jti'], batch, expired),
        grants: await remove(grants.table, ['id'], batch, (query) => {
          void query.where('expires_at', '<=', nowMs).orWhere('idle_until', '<=', nowMs);
        }),
        buckets: await remove('rate_bucket', ['key', 'window_start'], batch, expired),
        idempotency: await remove('idempotency', ['principal', 'key'], batch, expired),
        payloads: await remove(payloads.table, ['session'], batch, expired),
        segments: await remove(segments.table, ['session', 'n'], batch, ofExpired(segments.table)),
        keyframes: await remove(keyframes.table, ['session', 'at_offset'], batch, ofExpired(keyframes.table)),
      };
    },

    async schema() {
      try {
        const rows = await knex<Stored>('knex_migrations').orderBy('name').select('name');
        const names = rows.map((row) => String(row['name']));
        const isCurrent = names.length === migrations.length && migrations.every(({ name }, at) => names[at] === name);
        return { version: names.at(-1) ?? null, current: isCurrent };
      } catch (error) {
        if (engine.meaningOf(error) === 'outdated') return { version: null, current: false };
        throw error;
      }
    },

    async leaseName(name, owner, nowMs, untilMs) {
      const taken = await knex('service_lease')
        .insert({ name, owner, until: untilMs })
        .onConflict('name')
        .merge({ owner, until: untilMs })
        .whereRaw('(service_lease.owner = ? or service_lease.until <= ?)', [owner, nowMs])
        .returning('owner');
      return taken.length > 0;
    },

    async ping() {
      await knex.raw('select 1');
    },
  };
}
