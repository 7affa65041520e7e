import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { scale } from '../../../../test/support/scale.js';
import { migrate } from '../../src/store/migrate.js';
import { openStore } from '../../src/store/open.js';
import { storedLog } from '../../src/store/stored-log.js';
import type { SessionStore } from '../../src/store/types.js';
import { createMemoryKeys } from '../../src/tickets/keys.js';
import { openTickets } from '../../src/tickets/tickets.js';
import { password, startPostgres } from '../../../../test/support/postgres.js';
import type { PostgresServer } from '../../../../test/support/postgres.js';
import { encodeServerFrame } from '../../src/protocol/index.js';
import { startFakeRunner } from '../support/fake-runner.js';
import { FrameViewer, openGatewayWorld } from '../support/gateway-world.js';
import { sessionRow } from '../support/session-row.js';
import { makeSqliteStore } from '../support/sqlite-store.js';

const event = { actor: 'k', kind: 'session.created' };
const issuer = 'https://sessions.example.com';
const ready = { type: 'ready', offset: 0 } as const;
const away = { code: 'HAWSER_SESSIONS_STORE_UNAVAILABLE', exitCode: 1 };

let server: PostgresServer;
let url: string;
let store: SessionStore;
beforeAll(async () => {
  server = await startPostgres();
  url = await server.createDatabase();
  await migrate({ url });
  store = await openStore({ url });
});
afterAll(async () => {
  await store?.close();
  await server?.stop();
});

async function create(to: SessionStore): Promise<string> {
  const session = sessionRow();
  const payload = new Uint8Array(1_000);
  const idempotency = { key: session.id, requestHash: 'h', expiresAt: session.createdAt + 1 };
  await to.createSession({ session, payload, payloadExpiresAt: 1, event, idempotency });
  return session.id;
}

/** Whether all of a session is there, or nothing of it. */
async function isWhole(from: SessionStore, id: string): Promise<boolean> {
  const [row, payload, events] = await Promise.all([from.session(id), from.payload(id), from.events(id, 0, 5)]);
  return (row !== undefined) === (payload !== undefined) && events.length === (row ? 1 : 0);
}

describe('a PostgreSQL that is killed in the middle', () => {
  test('keeps what it took, has nothing by halves, is said to be away, and is found again', async () => {
    for (let round = 0; round < scale(1, 20); round += 1) {
      const taken: string[] = [];
      const tried: string[] = [];
      const failures: unknown[] = [];
      let isOver = false;
      let enough = (): void => {};
      const reached = new Promise<void>((resolve) => (enough = resolve));
      const writers = Array.from({ length: 8 }, async () => {
        while (!isOver) {
          const session = sessionRow();
          tried.push(session.id);
          try {
            await store.createSession({ session, payload: new Uint8Array(1_000), payloadExpiresAt: 1, event });
            taken.push(session.id);
            if (taken.length === 50) enough();
          } catch (error) {
            failures.push(error);
            isOver = true;
          }
        }
      });
      await reached;
      await server.kill();
      await Promise.all(writers);
      for (const failure of failures) expect(failure).toMatchObject(away);
      expect(inspect(failures, { depth: 9 })).not.toContain(password);

      await expect(store.ping()).rejects.toMatchObject(away);
      await expect(create(store)).rejects.toMatchObject(away);
      await expect(migrate({ url })).rejects.toMatchObject(away);
      const tickets = openTickets({ store, keys: createMemoryKeys(), issuer, nowMs: Date.now });
      await expect(tickets.mint({ session: 's', role: 'view', principal: 'k' })).rejects.toMatchObject(away);
      await expect(tickets.checkGrant('g', 's')).rejects.toMatchObject(away);
      // Whoever waits only waits: that it is away is for others to say.
      await store.changed('s', { timeoutMs: 1 });

      const woken = store.changed('s', { timeoutMs: 600_000 });
      await server.start();
      await woken;
      for (const id of taken) expect(await store.session(id)).toBeDefined();
      for (const id of tried) expect([id, await isWhole(store, id)]).toEqual([id, true]);
    }
  });

  test('is no news to a viewer who waits: what changed meanwhile counts as soon as it is back', async () => {
    const world = await openGatewayWorld({ store });
    const other = await openStore({ url });
    try {
      const row = await world.session({ state: 'starting' });
      const authorization = `Grant ${await world.grant(row.id)}`;
      const viewer = await new FrameViewer(world.url, row.id, { authorization }).opened();
      await viewer.frame('phase');
      await server.kill();
      // Whoever comes now is let in by what is remembered, and so is the one who waits already.
      const late = await new FrameViewer(world.url, row.id, { authorization }).opened();
      expect(await late.frame('phase')).toMatchObject({ state: 'starting' });
      await server.start();
      await using runner = await startFakeRunner({ session: row.id });
      const { port, epoch: runnerEpoch, dialKey } = runner;
      await other.updateSession(row.id, {}, { state: 'running', address: '127.0.0.1', port, runnerEpoch, dialKey });
      for (let joined = 0; joined < 2; joined += 1) (await runner.next()).send(encodeServerFrame(ready));
      expect([await viewer.frame('ready'), await late.frame('ready')]).toEqual([ready, ready]);
      for (const { socket } of [viewer, late]) socket.terminate();
    } finally {
      await other.close();
      await world[Symbol.asyncDispose]();
    }
  });

  test('is said to be away while it hangs, and no transaction stays open on a connection', async () => {
    const hung = await openStore({ url, queryTimeoutMs: 300, maxConnections: 2 });
    try {
      const id = await create(hung);
      // Somebody who holds the row for longer than is waited.
      const release = await server.hold(url, `select * from session where id = '${id}' for update`);
      await expect(hung.updateSession(id, {}, { viewers: 7 }, event)).rejects.toMatchObject(away);
      await release();
      for (let n = 0; n < 4; n += 1) await hung.updateSession(id, {}, { viewers: n }, event);
      // Seen from another connection: each was committed, and nothing of the one that was given up.
      expect(await store.session(id)).toMatchObject({ viewers: 3, version: 5 });
      expect((await store.events(id, 0, 10)).map((one) => one.id)).toEqual([1, 2, 3, 4, 5]);
    } finally {
      await hung.close();
    }
  });
});

test('a wrong password, a database that is none, and a schema that is not there are told apart', async () => {
  const wrong = new URL(url);
  wrong.password = 'wrong';
  const none = new URL(url);
  none.pathname = '/none';
  for (const address of [wrong.href, none.href]) {
    const closed = await openStore({ url: address });
    const error: unknown = await closed.ping().catch((failure: unknown) => failure);
    expect(error).toMatchObject(away);
    expect(inspect(error)).not.toContain(password);
    await closed.close();
  }
  const empty = await openStore({ url: await server.createDatabase() });
  expect(await empty.schema()).toEqual({ version: null, current: false });
  await expect(empty.session('s')).rejects.toMatchObject({ code: 'HAWSER_SESSIONS_STORE_OUTDATED' });
  await expect(storedLog(empty, 's').info()).rejects.toMatchObject({ code: 'HAWSER_SESSIONS_STORE_OUTDATED' });
  await empty.close();
});

test('of many that bring one ticket to two processes at once, one is let in', async () => {
  const tickets = openTickets({ store, keys: createMemoryKeys(), issuer, nowMs: Date.now });
  const script = join(import.meta.dirname, '../support/ticket-racer.mjs');
  const env = { ...process.env, STORE_URL: url };
  const racers = Array.from({ length: 2 }, () => {
    const child = spawn(process.execPath, [script, issuer, '10'], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const race = async (
      line: string,
    ): Promise<readonly { readonly won: number; readonly why: readonly string[] }[]> => {
      child.stdin.write(`${line}\n`);
      const { value } = await lines.next();
      return JSON.parse(String(value)) as readonly { won: number; why: string[] }[];
    };
    return { child, race };
  });
  const total = scale(10, 10_000);
  const batch = 10;
  let [won, doubled, granted] = [0, 0, 0];
  for (let round = 0; round < total; round += batch) {
    const session = await create(store);
    const minted = await Promise.all(
      Array.from({ length: batch }, () => tickets.mint({ session, role: 'view', principal: 'k' })),
    );
    const line = JSON.stringify({ session, tickets: minted.map(({ token }) => token) });
    const [one = [], two = []] = await Promise.all(racers.map(({ race }) => race(line)));
    for (const [n, { won: here, why }] of one.entries()) {
      const winners = here + (two[n]?.won ?? 0);
      won += winners;
      if (winners > 1) doubled += 1;
      // What is not let in is told why, by either process.
      for (const reason of [...why, ...(two[n]?.why ?? [])]) expect(reason).toBe('used');
    }
    granted += (await store.listGrants(session)).length;
  }
  for (const { child } of racers) {
    child.stdin.end();
    await once(child, 'close');
  }
  expect({ won, doubled, granted }).toEqual({ won: total, doubled: 0, granted: total });
});

describe('SQLite', () => {
  test('has nothing by halves when its process is killed, and lets the next one in at once', async () => {
    const made = await makeSqliteStore();
    try {
      const script = join(import.meta.dirname, '../support/store-writer.mjs');
      for (let round = 0; round < scale(1, 10); round += 1) {
        const child = spawn(process.execPath, [script, made.file, JSON.stringify(sessionRow())], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        const taken: string[] = [];
        for await (const line of createInterface({ input: child.stdout })) {
          taken.push(line);
          if (taken.length === 30) child.kill('SIGKILL');
        }
        expect(taken.length).toBeGreaterThanOrEqual(30);
        const all = await made.store.listSessions({ limit: 10_000 });
        for (const { id } of all) expect([id, await isWhole(made.store, id)]).toEqual([id, true]);
        for (const id of taken) expect(all.some((row) => row.id === id)).toBe(true);
        await create(made.store);
      }
    } finally {
      await made.remove();
    }
  });

  test('that cannot be opened is said to be away', async () => {
    await expect(openStore({ file: '/nowhere/at/all.db' })).rejects.toMatchObject(away);
    const made = await makeSqliteStore();
    const file = join(made.folder, 'other.db');
    writeFileSync(file, 'no database'.repeat(100));
    const garbage = await openStore({ file });
    await expect(garbage.ping()).rejects.toMatchObject(away);
    await garbage.close();
    await made.remove();
  });
});
