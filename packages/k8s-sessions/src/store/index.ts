export type {
  GrantRow,
  NewEvent,
  PrincipalRow,
  SessionPatch,
  SessionRow,
  SessionStore,
  SigningKeyRow,
  SigningKeyStatus,
  TicketOutcome,
  TicketRow,
} from './types.js';
export type { StoreLocation } from './engine.js';
export { createMemoryClock } from './memory-clock.js';
export type { MemoryClock } from './memory-clock.js';
export { makeMigration } from './make-migration.js';
export type { MakeMigrationOptions } from './make-migration.js';
export { migrate, migrationStatus, rollback } from './migrate.js';
export type { MigrateOptions, MigrationStatus } from './migrate.js';
export type { Migration } from './migration-source.js';
export { openStore } from './open.js';
export type { OpenStoreOptions } from './open.js';
export { storedLog } from './stored-log.js';
