// Written by `npm run migrate:make`, from the names of the files beside it.
import type { Migration } from '../migration-source.js';
import * as m20261122000000 from './20261122000000-sessions.js';

/** Every migration, oldest first. Imported, so that they are there in a bundle too. */
export const migrations: readonly Migration[] = [{ name: '20261122000000-sessions', ...m20261122000000 }];
