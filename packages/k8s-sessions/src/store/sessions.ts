import type { Knex } from 'knex';
import { cleanText, payloads, sessionEvents, sessions } from './columns.js';
import type { Stored } from './columns.js';
import { write } from './engine.js';
import type { Engine } from './engine.js';
import { appendEvent, insertEvent } from './events.js';
import type { SessionPatch, SessionRow, SessionStore } from './types.js';

type Part = Pick<
  SessionStore,
  | 'createSession'
  | 'session'
  | 'listSessions'
  | 'countSessions'
  | 'updateSession'
  | 'leaseSession'
  | 'workable'
  | 'payload'
  | 'dropPayload'
  | 'events'
  | 'addEvent'
  | 'changed'
>;

/** Written many times a minute by every runner and reconciler; nobody waits for them, so nobody is told. */
const quiet = new Set<keyof SessionPatch>(['beatAt', 'leaseOwner', 'leaseUntil', 'logHead', 'logLines']);

export function sessionPart(engine: Engine, readClock: () => number): Part {
  const { knex, changes } = engine;

  async function find(db: Knex, id: string): Promise<SessionRow | undefined> {
    const found = await db<Stored>(sessions.table).where('id', cleanText(id)).first();
    return found && sessions.load(found);
  }

  return {
    async createSession({ session, payload, payloadExpiresAt, event, idempotency }) {
      return write(engine, session.id, async (db) => {
        if (idempotency) {
          const taken = await takeKey(db, session, idempotency);
          if (taken === 'mismatch') return { outcome: 'mismatch' };
          if (taken !== 'free') {
            const existing = await find(db, taken);
            if (existing) return { outcome: 'existing', session: existing };
          }
        }
        await db(sessions.table).insert({ ...sessions.store(session), events: 1 });
        await db(payloads.table).insert(
          payloads.store({ session: session.id, sealed: payload, expiresAt: payloadExpiresAt }),
        );
        await insertEvent(db, session.id, 1, session.createdAt, event);
        return { outcome: 'created' };
      });
    },

    session: (id) => find(knex, id),

    async listSessions({ owner, states, labels, after, limit }) {
      const query = knex<Stored>(sessions.table);
      if (owner !== undefined) void query.where('owner', cleanText(owner));
      if (states) void query.whereIn('state', [...states]);
      if (labels) engine.whereLabels(query, labels);
      if (after) void query.whereRaw('(created_at, id) < (?, ?)', [after.createdAt, cleanText(after.id)]);
      const rows = await query
        .orderBy([
          { column: 'created_at', order: 'desc' },
          { column: 'id', order: 'desc' },
        ])
        .limit(limit);
      return rows.map(sessions.load);
    },

    async countSessions({ owner, states }) {
      const query = knex(sessions.table).whereIn('state', [...states]);
      if (owner !== undefined) void query.where('owner', cleanText(owner));
      return Number((await query.count({ count: '*' }).first())?.['count']);
    },

    async updateSession(id, guard, patch, event) {
      const update = async (db: Knex): Promise<SessionRow | undefined> => {
        const query = db<Stored>(sessions.table).where('id', cleanText(id));
        if (guard.from) void query.whereIn('state', [...guard.from]);
        if (guard.version !== undefined) void query.where('version', guard.version);
        if (guard.attempt !== undefined) void query.where('attempt', guard.attempt);
        if (guard.runnerEpoch === null) void query.whereNull('runner_epoch');
        else if (guard.runnerEpoch !== undefined) void query.where('runner_epoch', cleanText(guard.runnerEpoch));
        const [row] = await query
          .update({
            ...sessions.store(patch),
            version: db.raw('version + 1'),
            ...(event && { events: db.raw('events + 1') }),
          })
          .returning('*');
        if (row && event) await insertEvent(db, id, Number(row['events']), readClock(), event);
        return row && sessions.load(row);
      };
      const isQuiet = !event && Object.keys(patch).every((field) => quiet.has(field as keyof SessionPatch));
      return isQuiet ? update(knex) : write(engine, id, update);
    },

    async leaseSession(id, owner, nowMs, untilMs) {
      const taken = await knex(sessions.table)
        .where('id', cleanText(id))
        .where((free) => freeFor(free, owner, nowMs))
        .update({ lease_owner: owner, lease_until: untilMs });
      return taken > 0;
    },

    async workable(owner, nowMs, limit) {
      const query = () =>
        knex<Stored>(sessions.table)
          .where((free) => freeFor(free, owner, nowMs))
          // Whoever was worked on goes to the end of the line, so that nobody is left out.
          .orderByRaw('coalesce(lease_until, 0), created_at, id')
          .limit(limit);
      const alive = await query().whereNotIn('state', ['archived', 'expired']);
      if (alive.length >= limit) return alive.map(sessions.load);
      const past = await query()
        .where('state', 'archived')
        .where('retain_until', '<=', nowMs)
        .limit(limit - alive.length);
      return [...alive, ...past].map(sessions.load);
    },

    async payload(session) {
      const found = await knex<Stored>(payloads.table).where('session', cleanText(session)).first();
      return found && payloads.load(found).sealed;
    },

    async dropPayload(session) {
      await knex(payloads.table).where('session', cleanText(session)).delete();
    },

    async events(session, after, limit) {
      const rows = await knex<Stored>(sessionEvents.table)
        .where('session', cleanText(session))
        .where('id', '>', after)
        .orderBy('id')
        .limit(limit);
      return rows.map(sessionEvents.load).map(({ id, atMs, actor, kind, data }) => {
        return { id, at: new Date(atMs).toISOString(), actor, kind, data };
      });
    },

    async addEvent(session, atMs, event) {
      await write(engine, session, async (db) => {
        await appendEvent(db, session, atMs, event);
        return true;
      });
    },

    async changed(session, options) {
      const wait = changes.wait(session, options);
      void engine.listen();
      await wait;
    },
  };
}

/** Free, ours, or past its time. */
function freeFor(query: Knex.QueryBuilder, owner: string, nowMs: number): void {
  void query.whereNull('lease_owner').orWhere('lease_owner', owner).orWhere('lease_until', '<=', nowMs);
}

/**
 * Takes an idempotency key for a session: `free` when it is ours now, else the session of whoever was first. The upsert
 * decides: a second request waits for the first one's transaction. A key past its time is taken over.
 */
async function takeKey(
  db: Knex,
  session: SessionRow,
  { key, requestHash, expiresAt }: { readonly key: string; readonly requestHash: string; readonly expiresAt: number },
): Promise<string> {
  const principal = cleanText(session.owner);
  const record = { request_hash: requestHash, session: session.id, expires_at: expiresAt };
  const taken = await db<Stored>('idempotency')
    .insert({ principal, key: cleanText(key), ...record })
    .onConflict(['principal', 'key'])
    .merge(record)
    .where('idempotency.expires_at', '<=', session.createdAt)
    .returning('session');
  if (taken.length > 0) return 'free';
  const first = await db<Stored>('idempotency')
    .where({ principal, key: cleanText(key) })
    .first();
  return first?.['request_hash'] === requestHash ? String(first['session']) : 'mismatch';
}
