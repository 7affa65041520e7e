import type { Knex } from 'knex';
import { SessionsError } from '../errors.js';
import { cleanText, sessionEvents, sessions } from './columns.js';
import type { Stored } from './columns.js';
import type { NewEvent } from './types.js';

/**
 * Adds an event to a session, within a transaction. The session's own count gives the number, and the lock of its row
 * the order: no reader can see a later event first.
 */
export async function appendEvent(db: Knex, session: string, atMs: number, event: NewEvent): Promise<void> {
  const [row] = await db<Stored>(sessions.table)
    .where('id', cleanText(session))
    .update({ events: db.raw('events + 1') })
    .returning('events');
  if (!row) throw new SessionsError('HAWSER_SESSIONS_NOT_FOUND', `There is no session ${session}.`);
  await insertEvent(db, session, Number(row['events']), atMs, event);
}

/** Writes an event whose number was taken in the same transaction. */
export async function insertEvent(db: Knex, session: string, id: number, atMs: number, event: NewEvent): Promise<void> {
  const { actor, kind, data = {} } = event;
  await db(sessionEvents.table).insert(sessionEvents.store({ session, id, atMs, actor, kind, data }));
}
