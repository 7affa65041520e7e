/**
 * Method and path of everything that the service answers, in one place for the router and the client. `{id}` is the only
 * part that varies, and an execution's or a key's: names that people choose (of locks and secrets) travel in the query as
 * `name`, because gateways do not agree on what becomes of an encoded slash in a path.
 */
export const apiRoutes = {
  start: ['POST', '/executions'],
  list: ['GET', '/executions'],
  get: ['GET', '/executions/{id}'],
  logs: ['GET', '/executions/{id}/logs'],
  cancel: ['POST', '/executions/{id}/cancel'],
  attach: ['POST', '/executions/{id}/attach'],
  rerun: ['POST', '/executions/{id}/rerun'],
  receipt: ['GET', '/executions/{id}/receipt'],
  payload: ['GET', '/executions/{id}/payload'],
  report: ['POST', '/executions/{id}/report'],
  locks: ['GET', '/locks'],
  releaseLock: ['DELETE', '/locks'],
  secrets: ['GET', '/secrets'],
  putSecret: ['POST', '/secrets'],
  removeSecret: ['DELETE', '/secrets'],
  keys: ['GET', '/keys'],
  createKey: ['POST', '/keys'],
  rotateKey: ['POST', '/keys/{id}/rotate'],
  revokeKey: ['DELETE', '/keys/{id}'],
  whoami: ['GET', '/whoami'],
  health: ['GET', '/health'],
  openapi: ['GET', '/openapi.json'],
} as const;

/** Name of a row of {@link apiRoutes}. */
export type ApiRoute = keyof typeof apiRoutes;
