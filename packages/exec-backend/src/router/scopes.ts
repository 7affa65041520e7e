import type { ApiRoute, KeyScope } from '@hawser/exec-client/contract';

/**
 * What a key must be allowed. `any`: every key. `open`: no key. `job`: no key, but the token of a task, which is looked at
 * where it is used.
 */
export type RouteScope = KeyScope | 'any' | 'open' | 'job';

/** Who may ask what: the one table. */
export const scopes: Readonly<Record<ApiRoute, RouteScope>> = {
  start: 'run',
  rerun: 'run',
  attach: 'run',
  cancel: 'cancel',
  list: 'read',
  get: 'read',
  logs: 'read',
  receipt: 'read',
  locks: 'read',
  releaseLock: 'admin',
  secrets: 'secrets',
  putSecret: 'secrets',
  removeSecret: 'secrets',
  keys: 'keys',
  createKey: 'keys',
  rotateKey: 'keys',
  revokeKey: 'keys',
  whoami: 'any',
  payload: 'job',
  report: 'job',
  health: 'open',
  openapi: 'open',
};
