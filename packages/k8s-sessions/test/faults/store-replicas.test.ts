import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { migrate } from '../../src/store/migrate.js';
import type { SessionRow, SessionStore } from '../../src/store/types.js';
import { startPostgres } from '../../../../test/support/postgres.js';
import type { PostgresServer } from '../../../../test/support/postgres.js';
import { startReplicas } from '../support/replicas.js';
import type { Replicas } from '../support/replicas.js';

let server: PostgresServer;
let replicas: Replicas;
beforeAll(async () => {
  server = await startPostgres();
  const url = await server.createDatabase();
  await migrate({ url });
  replicas = await startReplicas(url);
});
afterAll(async () => {
  await replicas?.stop();
  await server?.stop();
});

/** The session's row once it is archived, over a database that may be away meanwhile. */
async function archived(store: SessionStore, id: string): Promise<SessionRow> {
  for (;;) {
    const changed = store.changed(id, { timeoutMs: 500 });
    const row = await store.session(id).catch(() => undefined);
    if (row?.state === 'archived') return row;
    await changed;
  }
}

test('several controllers and gateways of one PostgreSQL run each command once, and show it alike', async () => {
  const [one, two] = replicas.all;
  const runs = await Promise.all(
    Array.from({ length: 6 }, async (_, n) => {
      const [from, to] = n % 2 === 0 ? [one, two] : [two, one];
      const file = join(replicas.folder, `ran-${n}`);
      const created = await from.client.create({ command: `echo ran >> ${file}; echo "number ${n}"; exit ${n}` });
      let text = '';
      // The link of one replica's controller, at the other's gateway.
      const view = await to.look(created.sessionId, created.token, {
        onOutput: (data) => void (text += Buffer.from(data).toString()),
      });
      const ended = await view.ended;
      expect(text).toContain(`number ${n}`);
      expect(ended).toMatchObject({ reason: 'exited', exit: { code: n, signal: null } });
      expect(readFileSync(file, 'utf8')).toBe('ran\n');
      await expect(from.look(created.sessionId, created.token, {})).rejects.toMatchObject({
        code: 'HAWSER_SESSIONS_LINK_USED',
      });
      return created.sessionId;
    }),
  );
  for (const id of runs) {
    const row = await archived(one.store, id);
    expect(row.receipt).not.toBeNull();
    const { leaseOwner: _owner, leaseUntil: _until, ...lasting } = row;
    expect(await two.store.session(id)).toMatchObject(lasting);
  }
});

test('while PostgreSQL is dead what runs goes on and is seen, nobody new is let in, and the end is kept afterwards', async () => {
  const [one, two] = replicas.all;
  const command = `echo begun; while read line; do echo "heard $line"; [ "$line" = end ] && exit 7; done`;
  const created = await one.client.create({ command });
  const chunks: Buffer[] = [];
  let heard = (): void => {};
  const text = (): string => Buffer.concat(chunks).toString();
  const view = await two.look(created.sessionId, created.token, {
    onOutput(data) {
      chunks.push(Buffer.from(data));
      heard();
    },
  });
  const says = async (part: string): Promise<void> => {
    while (!text().includes(part)) await new Promise<void>((resolve) => (heard = resolve));
  };
  await says('begun');
  const more = await one.client.share(created.sessionId, { role: 'view' });
  await server.kill();

  view.type('first\n');
  await says('heard first');
  await expect(one.client.create({ command: 'true' })).rejects.toMatchObject({
    details: expect.objectContaining({ service_code: 'store_unavailable' }),
  });
  await expect(two.look(created.sessionId, more.token, { giveUpAfterMs: 1 })).rejects.toMatchObject({
    code: expect.stringMatching(/^HAWSER_SESSIONS_/),
  });
  view.type('end\n');
  await says('heard end');
  await server.start();

  const ended = await view.ended;
  const seen = createHash('sha256').update(Buffer.concat(chunks)).digest('hex');
  expect(ended).toMatchObject({ reason: 'exited', exit: { reason: 'nonzero', code: 7, digest: seen } });
  const row = await archived(two.store, created.sessionId);
  expect(row).toMatchObject({ exit: { code: 7, digest: seen } });
  expect(row.receipt).not.toBeNull();
  // The ticket was not used up by what failed.
  const again: Buffer[] = [];
  const replay = await one.look(created.sessionId, more.token, {
    onOutput: (data) => void again.push(Buffer.from(data)),
  });
  expect(await replay.ended).toMatchObject({ reason: 'exited', exit: { code: 7 } });
  expect(Buffer.concat(again).equals(Buffer.concat(chunks))).toBe(true);
});
