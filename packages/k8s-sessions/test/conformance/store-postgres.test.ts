import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { migrate } from '../../src/store/migrate.js';
import { openStore } from '../../src/store/open.js';
import { sessionRow } from '../support/session-row.js';
import { startPostgres } from '../../../../test/support/postgres.js';
import type { PostgresServer } from '../../../../test/support/postgres.js';
import { holdStore } from './store-suite.js';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.stop());

holdStore('PostgreSQL', async () => {
  const url = await server.createDatabase();
  await migrate({ url });
  return openStore({ url });
});

describe('several services of one PostgreSQL', () => {
  test('hear of each other’s changes, also after their connections were cut', async () => {
    const url = await server.createDatabase();
    await migrate({ url });
    const [one, two] = await Promise.all([openStore({ url }), openStore({ url })]);
    try {
      const session = sessionRow();
      const event = { actor: 'k', kind: 'session.created' };
      await one.createSession({ session, payload: new Uint8Array(), payloadExpiresAt: 0, event });
      const hear = async (): Promise<void> => {
        // The first waiting begins to listen; it is heard for certain once that is done.
        await two.changed(session.id, { timeoutMs: 600_000 });
      };
      const heard = hear();
      await heard;
      const second = two.changed(session.id, { timeoutMs: 600_000 });
      await one.updateSession(session.id, {}, { viewers: 1 });
      await second;
      await server.cutConnections();
      // Listening again wakes everybody: what was told in between is not to be had.
      await two.changed(session.id, { timeoutMs: 600_000 });
      const third = two.changed(session.id, { timeoutMs: 600_000 });
      await one
        .updateSession(session.id, {}, { viewers: 2 })
        .catch(() => one.updateSession(session.id, {}, { viewers: 2 }));
      await third;
      expect(await two.session(session.id)).toMatchObject({ viewers: 2 });
    } finally {
      await Promise.all([one.close(), two.close()]);
    }
  });
});
