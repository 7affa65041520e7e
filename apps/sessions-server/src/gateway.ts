import { createGateway, serveGateway } from '@hawser/k8s-sessions/gateway';
import { openStore, storedLog } from '@hawser/k8s-sessions/store';
import { openKeyFolder, openTickets } from '@hawser/k8s-sessions/tickets';
import { databaseUrl } from './database.js';
import { ending, log, untilEnding } from './process.js';
import { Settings } from './settings.js';
import { systemClock } from './system-clock.js';

/** Lets viewers in and leads them to runners, until the process is asked to end; then sends them elsewhere first. */
export async function runGateway(_args: readonly string[], pageFolder: string): Promise<number> {
  const settings = new Settings(process.env);
  const url = databaseUrl(settings);
  const jwks = settings.url('JWKS_URL', "the address of the controller's published keys in the cluster");
  const keysFolder = settings.text('TICKET_KEYS_FOLDER');
  const publicUrl = settings.text('PUBLIC_URL');
  const drainMs = settings.number('DRAIN_SECONDS', 30) * 1000;
  const port = settings.number('PORT', 8080, { max: 65_535 });
  const maxSockets = settings.number('MAX_SOCKETS', 10_000);
  settings.check();

  const ended = ending();
  const store = await openStore({ url });
  const tickets = openTickets({
    store,
    issuer: 'hawser-sessions',
    nowMs: Date.now,
    jwksUrl: new URL(jwks),
    ...(keysFolder === undefined ? {} : { keys: openKeyFolder(keysFolder) }),
  });
  const gateway = createGateway({
    store,
    tickets,
    log: (session) => storedLog(store, session),
    pageFolder,
    clock: systemClock,
    maxSockets,
    mayRelay: (token, session) => tickets.verifyRelay(token, session),
    ...(publicUrl === undefined ? {} : { origins: [new URL(publicUrl).origin] }),
    ...(keysFolder === undefined
      ? {}
      : {
          async share({ session, role, ttlMs, by }) {
            const { token, expiresAt } = await tickets.mint({ session, role, principal: `viewer:${by.viewer}`, ttlMs });
            const path = `/ws/${session}#t=${token}`;
            return {
              session,
              role,
              token,
              terminalUrl: publicUrl === undefined ? path : new URL(path, publicUrl).href,
              ticketExpiresAt: new Date(expiresAt).toISOString(),
            };
          },
        }),
    onLog: (line) => log({ ...line }),
  });
  const served = await serveGateway({ gateway, host: '0.0.0.0', port });
  log({ level: 'info', event: 'listening', url: served.url });
  await untilEnding(ended);
  log({ level: 'info', event: 'draining', sockets: gateway.sockets });
  await served.drain({ overMs: drainMs });
  await store.close();
  return 0;
}
