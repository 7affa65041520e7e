import type { Knex } from 'knex';

/** One step of the schema, with the way back. */
export interface Migration {
  /** Name of its file: 14 digits of time, a dash, what it does. */
  readonly name: string;
  up(knex: Knex): Promise<void>;
  down(knex: Knex): Promise<void>;
}

/** Hands migrations that were imported to Knex, which would otherwise read a folder. */
export function migrationSource(migrations: readonly Migration[]): Knex.MigrationSource<Migration> {
  return {
    getMigrations: () => Promise.resolve([...migrations]),
    getMigrationName: (migration) => migration.name,
    getMigration: (migration) => Promise.resolve(migration),
  };
}
