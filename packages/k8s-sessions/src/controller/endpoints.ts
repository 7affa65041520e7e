import type { Context, KeyContext } from './routes/context.js';
import { createSession } from './routes/create.js';
import { sessionEvents } from './routes/events.js';
import { createApiKey, listKeys, revokeApiKey, whoami } from './routes/keys.js';
import { readLog, relayToRunner } from './routes/live.js';
import { healthz, jwks, metrics, openApi, readyz } from './routes/service-routes.js';
import { getReceipt, getSession, listSessions, stopSession, waitForSession } from './routes/sessions.js';
import { listGrants, mintTicket, revokeGrant } from './routes/sharing.js';
import type { RouteName, routes } from './route-table.js';

/** What an open route is handed, or one behind a key. */
type Endpoint<Name extends RouteName> = (
  context: (typeof routes)[Name][2] extends 'open' ? Context : KeyContext,
) => Promise<Response>;

/** What answers each route. */
export const endpoints: { readonly [Name in RouteName]: Endpoint<Name> } = {
  createSession,
  listSessions,
  getSession,
  stopSession,
  wait: waitForSession,
  events: sessionEvents,
  mintTicket,
  listGrants,
  revokeGrant,
  log: readLog,
  screen: readLog,
  search: readLog,
  history: readLog,
  receipt: getReceipt,
  input: relayToRunner,
  signal: relayToRunner,
  resize: relayToRunner,
  readFile: relayToRunner,
  writeFile: relayToRunner,
  removeFile: relayToRunner,
  listKeys,
  createKey: createApiKey,
  revokeKey: revokeApiKey,
  whoami,
  jwks,
  openApi,
  healthz,
  readyz,
  metrics,
};
