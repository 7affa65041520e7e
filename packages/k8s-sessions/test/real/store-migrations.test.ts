import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeMigration, migrationIndex } from '../../src/store/make-migration.js';
import { migrate, migrationStatus, rollback } from '../../src/store/migrate.js';
import { migrations } from '../../src/store/migrations/index.js';
import { openStore } from '../../src/store/open.js';
import type { StoreLocation } from '../../src/store/engine.js';
import { startPostgres } from '../../../../test/support/postgres.js';
import type { PostgresServer } from '../../../../test/support/postgres.js';

const names = migrations.map(({ name }) => name);
const source = join(import.meta.dirname, '../../src/store/migrations');
const folder = mkdtempSync(join(tmpdir(), 'hawser-migrations-'));
let server: PostgresServer;
let files = 0;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const places: readonly (readonly [string, () => Promise<StoreLocation>])[] = [
  ['PostgreSQL', async () => ({ url: await server.createDatabase() })],
  ['SQLite', () => Promise.resolve({ file: join(folder, `${(files += 1)}.db`) })],
];

/** Adds a table, and then cannot go on. */
const failing = {
  name: '29990101000000-fails',
  async up(knex: Knex) {
    await knex.schema.createTable('half', (table) => table.text('id'));
    await knex.schema.alterTable('no_such_table', (table) => table.text('id'));
  },
  async down() {},
};
const further = {
  name: '29990101000001-notes',
  up: (knex: Knex) => knex.schema.alterTable('session', (table) => table.text('notes')),
  down: (knex: Knex) => knex.schema.alterTable('session', (table) => table.dropColumn('notes')),
};

describe.each(places)('migrations of %s', (_name, place) => {
  test('bring the schema, once, however often they are run, and take it back', async () => {
    const where = await place();
    expect(await migrationStatus(where)).toEqual({ applied: [], pending: names });
    expect(await migrate(where)).toEqual({ applied: names });
    expect(await migrate(where)).toEqual({ applied: [] });
    expect(await migrationStatus(where)).toEqual({ applied: names, pending: [] });
    expect(await migrate({ ...where, migrations: [...migrations, further] })).toEqual({ applied: [further.name] });
    // What is newer than this release is not its to use, nor to change.
    const store = await openStore(where);
    expect(await store.schema()).toEqual({ version: further.name, current: false });
    await store.close();
    await expect(migrate(where)).rejects.toMatchObject({ code: 'HAWSER_SESSIONS_MIGRATION_FAILED' });
    expect(await rollback({ ...where, migrations: [...migrations, further] })).toEqual({ rolledBack: [further.name] });
    expect(await migrationStatus(where)).toEqual({ applied: names, pending: [] });
    expect(await rollback(where)).toEqual({ rolledBack: names.toReversed() });
    expect(await rollback(where)).toEqual({ rolledBack: [] });
    expect(await migrate(where)).toEqual({ applied: names });
  });

  test('may be run by several at once: one brings it, the others find it there', async () => {
    const where = await place();
    const all = await Promise.all(Array.from({ length: 4 }, () => migrate(where)));
    expect(all.filter(({ applied }) => applied.length > 0)).toEqual([{ applied: names }]);
    const store = await openStore(where);
    expect((await store.schema()).current).toBe(true);
    await store.close();
  });

  test('that fail leave the database as it was, the first time and later', async () => {
    const where = await place();
    const run = () => migrate({ ...where, migrations: [...migrations, further, failing].toSorted(byName) });
    const fails = { code: 'HAWSER_SESSIONS_MIGRATION_FAILED', exitCode: 1 };
    await expect(run()).rejects.toMatchObject({
      ...fails,
      cause: expect.objectContaining({ message: expect.stringContaining('no_such_table') }),
    });
    expect(await migrationStatus(where)).toEqual({ applied: [], pending: names });
    await migrate(where);
    await expect(run()).rejects.toMatchObject(fails);
    expect(await migrationStatus(where)).toEqual({ applied: names, pending: [] });
    // Were the table that it began with still there, this would fail.
    const mended = {
      ...failing,
      up: (knex: Knex) => knex.schema.createTable('half', (table) => void table.text('id')),
    };
    expect(await migrate({ ...where, migrations: [...migrations, mended] })).toEqual({ applied: [mended.name] });
  });
});

test('a file of SQLite is for its owner alone', async () => {
  const file = join(folder, 'private.db');
  await migrate({ file });
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('tickets and buckets can be kept out of the log of PostgreSQL; a crash then closes the door', async () => {
  const url = await server.createDatabase();
  const logged = async () => {
    const rows = await server.query(
      url,
      "select relname, relpersistence from pg_class where relname in ('attach_ticket', 'rate_bucket', 'viewer_grant') order by 1",
    );
    return rows.map(({ relpersistence }) => relpersistence);
  };
  await migrate({ url });
  expect(await logged()).toEqual(['p', 'p', 'p']);
  await migrate({ url, unlogged: true });
  expect(await logged()).toEqual(['u', 'u', 'p']);
  await migrate({ url });
  expect(await logged()).toEqual(['u', 'u', 'p']);
  const store = await openStore({ url });
  const ticket = { jti: 'j', session: 's', role: 'view', principal: 'k', expiresAt: 2, usedAt: null } as const;
  await store.addTicket(ticket);
  await server.kill();
  await server.start();
  await store.ping().catch(() => {});
  expect(await store.consumeTicket('j', 's', 1, 'v')).toEqual({ ok: false, why: 'unknown' });
  await store.close();
  await migrate({ url, unlogged: false });
  expect(await logged()).toEqual(['p', 'p', 'p']);
});

test('a new migration is a file in the source tree, and stands in the list', async () => {
  const copy = join(folder, 'source');
  cpSync(source, copy, { recursive: true });
  const { file } = await makeMigration({
    folder: copy,
    name: 'Add notes, to sessions!',
    nowMs: Date.UTC(2027, 0, 2, 3, 4, 5),
  });
  expect(file).toBe(join(copy, '20270102030405-add-notes-to-sessions.ts'));
  expect(readFileSync(file, 'utf8')).toContain('export async function down(knex: Knex): Promise<void>');
  const list = readFileSync(join(copy, 'index.ts'), 'utf8');
  expect(list).toContain("import * as m20270102030405 from './20270102030405-add-notes-to-sessions.js';");
  expect(list).toContain("{ name: '20270102030405-add-notes-to-sessions', ...m20270102030405 }");
  // The list of this release is what would be written now.
  expect(readFileSync(join(source, 'index.ts'), 'utf8')).toBe(migrationIndex(readdirSync(source)));
  await expect(makeMigration({ folder: copy, name: ' — ', nowMs: 0 })).rejects.toMatchObject({
    code: 'HAWSER_SESSIONS_BAD_INPUT',
  });
});

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}
