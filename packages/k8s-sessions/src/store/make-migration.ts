import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SessionsError } from '../errors.js';

/** What a new migration is called, and where it goes. */
export interface MakeMigrationOptions {
  /** What it does, in lower-case words: `add notes to sessions`. */
  readonly name: string;
  /** The folder of migrations in the source tree. */
  readonly folder: string;
  readonly nowMs: number;
}

const empty = `import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('session', () => {});
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.alterTable('session', () => {});
}
`;

/**
 * Writes a new migration into the source tree, and the list of imports beside it anew.
 *
 * @throws SessionsError `HAWSER_SESSIONS_BAD_INPUT` when the name has no letter or digit.
 */
export async function makeMigration({ name, folder, nowMs }: MakeMigrationOptions): Promise<{ readonly file: string }> {
  const words = name.toLowerCase().match(/[a-z0-9]+/g);
  if (!words)
    throw new SessionsError('HAWSER_SESSIONS_BAD_INPUT', 'A migration is named after what it does.', {
      hint: 'npm run migrate:make -- add-notes-to-sessions',
    });
  const time = new Date(nowMs).toISOString().replaceAll(/\D/g, '').slice(0, 14);
  const file = join(folder, `${time}-${words.join('-')}.ts`);
  await writeFile(file, empty, { flag: 'wx' });
  await writeFile(join(folder, 'index.ts'), migrationIndex(await readdir(folder)));
  return { file };
}

/** The text of the list, from the names of the files in the folder. */
export function migrationIndex(files: readonly string[]): string {
  const names = files
    .filter((file) => /^\d{14}-.*\.ts$/.test(file))
    .map((file) => file.slice(0, -'.ts'.length))
    .toSorted();
  const entries = names.map((name) => `{ name: '${name}', ...m${name.slice(0, 14)} }`);
  const oneLine = `export const migrations: readonly Migration[] = [${entries.join(', ')}];`;
  const list =
    oneLine.length <= 120
      ? oneLine
      : `export const migrations: readonly Migration[] = [\n${entries.map((entry) => `  ${entry},\n`).join('')}];`;
  return [
    '// Written by `npm run migrate:make`, from the names of the files beside it.',
    "import type { Migration } from '../migration-source.js';",
    ...names.map((name) => `import * as m${name.slice(0, 14)} from './${name}.js';`),
    '',
    '/** Every migration, oldest first. Imported, so that they are there in a bundle too. */',
    list,
    '',
  ].join('\n');
}
