import type { Knex } from 'knex';
import { cleanText, keyframes, segments, sessions } from './columns.js';
import type { Stored } from './columns.js';
import { write } from './engine.js';
import type { Engine } from './engine.js';
import type { LogInfo, Segment, SegmentHead } from '../log/types.js';
import type { SegmentRow } from './rows.js';
import type { SessionStore } from './types.js';

type Part = Pick<
  SessionStore,
  'putSegment' | 'putKeyframe' | 'segmentHeads' | 'segment' | 'keyframe' | 'storedBytes' | 'logInfo'
>;

const headColumns = [
  'n',
  'from_offset',
  'to_offset',
  'first_line',
  'lines',
  'sha256',
  'index_sha256',
  'chain',
  'started_at',
  'dropped',
];

/** Logs, as the runners hand them over piece by piece. */
export function archivePart(engine: Engine): Part {
  const { knex } = engine;

  async function heads(session: string): Promise<readonly SegmentHead[]> {
    const rows = await knex<Stored>(segments.table)
      .where('session', cleanText(session))
      .orderBy('n')
      .select(headColumns);
    return rows.map((row) => headOf(segments.load(row)));
  }

  return {
    async putSegment(session, segment) {
      const row = rowOf(session, segment);
      return write(engine, session, async (db) => {
        const inserted = await db<Stored>(segments.table)
          .insert(segments.store(row))
          .onConflict(['session', 'n'])
          .ignore()
          .returning('n');
        return inserted.length > 0 ? 'stored' : again(db, row);
      });
    },

    async putKeyframe(session, { offset, size, atMs, data }) {
      await knex(keyframes.table)
        .insert(keyframes.store({ session, offset, size, atMs, data }))
        .onConflict(['session', 'at_offset'])
        .merge();
    },

    segmentHeads: heads,

    async segment(session, n) {
      const found = await knex<Stored>(segments.table)
        .where({ session: cleanText(session), n })
        .first();
      if (!found) return undefined;
      const row = segments.load(found);
      return { head: headOf(row), body: row.body, index: row.index };
    },

    async keyframe(session, atOrBefore) {
      const found = await knex<Stored>(keyframes.table)
        .where('session', cleanText(session))
        .where('at_offset', '<=', atOrBefore)
        .orderBy('at_offset', 'desc')
        .first();
      if (!found) return undefined;
      const { offset, size, atMs, data } = keyframes.load(found);
      return { offset, size, atMs, data };
    },

    async storedBytes(session) {
      const query = knex<Stored>(segments.table);
      if (session !== undefined) void query.where('session', cleanText(session));
      return Number((await query.sum({ bytes: 'bytes' }).first())?.['bytes'] ?? 0);
    },

    async logInfo(session): Promise<LogInfo | undefined> {
      const found = await knex<Stored>(sessions.table).where('id', cleanText(session)).first();
      if (!found) return undefined;
      const { runnerEpoch, exit } = sessions.load(found);
      const kept = await heads(session);
      const dropped = kept.filter((head) => head.dropped);
      const gap = { from: dropped[0]?.from ?? 0, to: dropped.at(-1)?.to ?? 0 };
      return {
        epoch: runnerEpoch ?? '',
        first: dropped.length > 0 ? gap.to : 0,
        head: kept.at(-1)?.to ?? 0,
        lines: kept.reduce((sum, { lines }) => sum + lines, 0),
        closed: exit !== null,
        digest: exit?.digest ?? null,
        gap: dropped.length > 0 ? gap : null,
      };
    },
  };
}

/** What a segment whose number is taken is to the one that is there. */
async function again(db: Knex, row: SegmentRow): Promise<'stored' | 'same' | 'conflict'> {
  const place = { session: row.session, n: row.n };
  const found = await db<Stored>(segments.table).where(place).select(headColumns).first();
  const there = found && segments.load(found);
  if (there?.sha256 !== row.sha256 || there.chain !== row.chain || there.from !== row.from || there.to !== row.to)
    return 'conflict';
  if (there.dropped || !row.dropped) return 'same';
  // The runner dropped the bytes of it since, to stay within the cap.
  await db(segments.table).where(place).update(segments.store(row));
  return 'stored';
}

function rowOf(session: string, { head, body, index }: Segment): SegmentRow {
  const { dropped = false, ...rest } = head;
  return { session, ...rest, dropped, bytes: body.byteLength + index.byteLength, body, index };
}

function headOf(row: SegmentRow): SegmentHead {
  const { n, from, to, firstLine, lines, sha256, indexSha256, chain, startedAtMs, dropped } = row;
  return { n, from, to, firstLine, lines, sha256, indexSha256, chain, startedAtMs, ...(dropped && { dropped }) };
}
