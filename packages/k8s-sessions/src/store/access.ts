import type { Knex } from 'knex';
import { cleanText, grants, principals, signingKeys, tickets } from './columns.js';
import type { Stored } from './columns.js';
import { write } from './engine.js';
import type { Engine } from './engine.js';
import { appendEvent } from './events.js';
import type { GrantRow, SessionStore } from './types.js';

type Part = Pick<
  SessionStore,
  | 'addTicket'
  | 'consumeTicket'
  | 'addGrant'
  | 'grant'
  | 'listGrants'
  | 'revokeGrant'
  | 'revokedViewers'
  | 'principal'
  | 'putPrincipal'
  | 'listPrincipals'
  | 'signingKeys'
  | 'putSigningKey'
  | 'dropSigningKey'
  | 'countRate'
>;

/** The last use of a grant is known this well, or to a hundredth of the time that it may lie idle. */
const noteEveryMs = 60_000;

/** Who may come in, and how often. */
export function accessPart(engine: Engine): Part {
  const { knex } = engine;

  return {
    async addTicket(ticket) {
      await knex(tickets.table).insert(tickets.store(ticket));
    },

    async consumeTicket(jti, session, nowMs, usedBy, given) {
      const ticketOf = { jti: cleanText(jti), session: cleanText(session) };
      const use = async (db: Knex): Promise<Stored | undefined> => {
        const [used] = await db<Stored>(tickets.table)
          .where(ticketOf)
          .whereNull('used_at')
          .where('expires_at', '>', nowMs)
          .update({ used_at: nowMs, used_by: cleanText(usedBy) })
          .returning('*');
        if (used && given) {
          await db(grants.table).insert(grants.store(given.grant));
          await appendEvent(db, session, nowMs, given.event);
        }
        return used;
      };
      const used = await (given ? write(engine, session, use) : use(knex));
      if (used) return { ok: true, ticket: tickets.load(used) };
      const found = await knex<Stored>(tickets.table).where(ticketOf).first();
      if (!found) return { ok: false, why: 'unknown' };
      const ticket = tickets.load(found);
      return { ok: false, why: ticket.usedAt === null ? 'expired' : 'used', ticket };
    },

    async addGrant(grant) {
      await knex(grants.table).insert(grants.store(grant));
    },

    async grant(tokenHash, nowMs, idleUntil) {
      const byHash = () => knex<Stored>(grants.table).where('token_hash', cleanText(tokenHash));
      const stored = await byHash().first();
      const found = stored && grants.load(stored);
      // Whoever comes again and again is not written down each time.
      if (!found || nowMs - found.lastSeen < Math.min(noteEveryMs, (idleUntil - nowMs) / 100)) return found;
      const [standing] = await byHash()
        .whereNull('revoked_at')
        .where('idle_until', '>', nowMs)
        .where('expires_at', '>', nowMs)
        .update({ last_seen: nowMs, idle_until: idleUntil })
        .returning('*');
      // One that is over is told as it was: using it must not bring it back.
      return standing ? grants.load(standing) : found;
    },

    async listGrants(session) {
      return (await grantsOf(session).orderBy(['created_at', 'id'])).map(grants.load);
    },

    async revokeGrant(session, id, nowMs) {
      return write(engine, session, async (db) => {
        const revoked = await db(grants.table)
          .where({ session: cleanText(session), id: cleanText(id) })
          .whereNull('revoked_at')
          .update({ revoked_at: nowMs });
        return revoked > 0;
      });
    },

    async revokedViewers(session) {
      const rows = await grantsOf(session).whereNotNull('revoked_at').orderBy(['revoked_at', 'id']);
      return rows.map(grants.load).map(({ viewer }: GrantRow) => viewer);
    },

    async principal(keyId) {
      const found = await knex<Stored>(principals.table).where('key_id', cleanText(keyId)).first();
      return found && principals.load(found);
    },

    async putPrincipal(row) {
      const absent = { expires_at: null, last_used_at: null, revoked_at: null, replaced_by: null };
      await knex(principals.table)
        .insert({ ...absent, ...principals.store(row) })
        .onConflict('key_id')
        .merge();
    },

    async listPrincipals() {
      return (await knex<Stored>(principals.table).orderBy(['created_at', 'key_id'])).map(principals.load);
    },

    async signingKeys() {
      return (await knex<Stored>(signingKeys.table).orderBy(['not_before', 'kid'])).map(signingKeys.load);
    },

    async putSigningKey(row) {
      await knex(signingKeys.table).insert(signingKeys.store(row)).onConflict('kid').merge();
    },

    async dropSigningKey(kid) {
      await knex(signingKeys.table).where('kid', cleanText(kid)).delete();
    },

    async countRate(key, windowStart, windowMs) {
      const bucket = cleanText(key);
      const [counted] = await knex<Stored>('rate_bucket')
        .insert({ key: bucket, window_start: windowStart, count: 1, expires_at: windowStart + 2 * windowMs })
        .onConflict(['key', 'window_start'])
        .merge({ count: knex.raw('rate_bucket.count + 1') })
        .returning('count');
      const before = await knex<Stored>('rate_bucket')
        .where({ key: bucket, window_start: windowStart - windowMs })
        .first('count');
      return { current: Number(counted?.['count']), previous: Number(before?.['count'] ?? 0) };
    },
  };

  function grantsOf(session: string) {
    return knex<Stored>(grants.table).where('session', cleanText(session));
  }
}
