import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { randomKey } from '@hawser/api-keys';
import { createSigner, openSigningKey } from '@hawser/receipts';
import { createController, type Controller } from '../controller/create-controller.js';
import { defaultControllerSettings, type ControllerSettings } from '../controller/options.js';
import { SessionsError } from '../errors.js';
import { createGateway, type Gateway } from '../gateway/gateway.js';
import { createRunnerAccess } from '../gateway/hop.js';
import type { GatewayLogLine } from '../gateway/types.js';
import { answerWith } from '../http/answer.js';
import { headersTimeoutMs, listen } from '../http/listen.js';
import { migrate } from '../store/migrate.js';
import { openStore } from '../store/open.js';
import { storedLog } from '../store/stored-log.js';
import { registerBootstrapKey } from '../tickets/bootstrap.js';
import { openKeyFolder } from '../tickets/keys.js';
import { openTickets } from '../tickets/tickets.js';
import { systemClock } from './clock.js';
import { secretIn } from './files.js';
import { chooseIsolation, neededBy } from './isolation.js';
import { placesIn } from './places.js';
import { openProcessCluster } from './process-cluster.js';
import { announce, assertNotServed, lastUrl, withdraw } from './service-file.js';

/** How sessions are served on this machine. */
export interface ServeLocalOptions {
  /** Everything local mode keeps: database, keys, runs. Made when it is not there. */
  readonly folder: string;
  /** The built terminal page. */
  readonly pageFolder: string;
  /** Interpreter and file of the program that calls `runLocalRunner`; a run's folder is added. */
  readonly runnerProgram: readonly string[];
  /** Whole environment of runners and their commands; it needs `PATH`. */
  readonly env: Readonly<Record<string, string>>;
  /** Default: the port of the last time, so that links and cookies go on, else 7680, else any free one. 0: any. */
  readonly port?: number;
  /** Default `auto`: bubblewrap where it works. */
  readonly isolation?: 'auto' | 'process' | 'sandbox';
  /** Runners kept waiting, so that a session begins at once. Default 1. */
  readonly warmRunners?: number;
  /** The person's home folder, which a sandbox hides. */
  readonly home?: string;
  /**
   * Further schemes that sources may have, each with a file of the package by which the runner's program fetches them: a
   * sandbox lets that package be read.
   */
  readonly sources?: Readonly<Record<string, string>>;
  /** Release of the service, for receipts. */
  readonly version: string;
  readonly settings?: Partial<ControllerSettings>;
  readonly onLog?: (line: GatewayLogLine) => void;
}

/** Sessions of this machine, served. */
export interface LocalService extends AsyncDisposable {
  /** e.g. `http://127.0.0.1:7680`. */
  readonly url: string;
  /** The folder's own key, with every right. */
  readonly apiKey: string;
  /** What commands are kept apart by, in a sentence for whoever starts the service. */
  readonly isolation: { readonly kind: 'process' | 'sandbox'; readonly note: string };
  /** Ends the service. Sessions go on, and are taken up by the next service of the folder. */
  close(): Promise<void>;
}

const usualPort = 7680;
const issuer = 'hawser-sessions-local';

/**
 * Serves terminal sessions on this machine: controller, gateway and runners over SQLite and processes, with the routes and
 * the page of a cluster. On the loopback address only, and only under its names: no page of another site gets in by a name
 * of its own that points here.
 *
 * @throws SessionsError HAWSER_SESSIONS_LOCAL_FAILED when the folder is served already, a sandbox that was asked for cannot
 * be had, or the port cannot
 */
export async function serveLocal(options: ServeLocalOptions): Promise<LocalService> {
  const places = placesIn(options.folder);
  mkdirSync(places.ticketKeys, { recursive: true, mode: 0o700 });
  assertNotServed(places);
  const clock = systemClock;
  const nowMs = (): number => clock.nowMs();
  const door = openDoor();
  const isolation = await chooseIsolation(options.isolation ?? 'auto', options.env['PATH'] ?? '');
  const ports = options.port === undefined ? [portOf(lastUrl(places)), usualPort, 0] : [options.port];
  const { server, url } = await listenOnFirst(door, ports);
  const undo: (() => unknown)[] = [() => server.closeAllConnections(), () => server.close()];
  try {
    await migrate({ file: places.database });
    const store = await openStore({ file: places.database });
    undo.push(() => store.close());
    const apiKey = secretIn(places.apiKey, randomKey);
    await registerBootstrapKey({ store, key: apiKey, name: 'local', nowMs: nowMs() });
    const sealingKey = Buffer.from(
      secretIn(places.sealingKey, () => randomBytes(32).toString('base64url')),
      'base64url',
    );
    const signer = createSigner(await openSigningKey(places.receiptKey));
    const tickets = openTickets({ store, keys: openKeyFolder(places.ticketKeys), issuer, nowMs });
    await tickets.publishReceiptKey(signer.publicKey);
    announce(places, url);
    undo.push(() => withdraw(places));
    const cluster = openProcessCluster({
      places,
      isolation,
      runnerProgram: options.runnerProgram,
      env: options.env,
      home: options.home,
      readable: Object.values(options.sources ?? {}).flatMap((module) => neededBy([process.execPath, module])),
    });
    undo.push(() => cluster.close());
    const controller = createController({
      store,
      cluster,
      tickets,
      access: createRunnerAccess({ nowMs }),
      signer,
      clock,
      sealingKeys: [sealingKey],
      version: options.version,
      settings: {
        ratePerMinute: null,
        publicUrl: url,
        warmRunners: options.warmRunners ?? 1,
        // The next session is as quick as this one when somebody comes back in a second.
        sweepMs: 500,
        sourceRules: {
          ...defaultControllerSettings.sourceRules,
          schemes: Object.keys(options.sources ?? {}),
        },
        ...options.settings,
      },
    });
    undo.push(() => controller.close());
    const gateway = createGateway({
      store,
      tickets,
      log: (session) => storedLog(store, session),
      pageFolder: options.pageFolder,
      clock,
      secureCookies: false,
      share: async ({ session, role, ttlMs, by }) => {
        const { token, expiresAt } = await tickets.mint({ session, role, ttlMs, principal: `viewer:${by.viewer}` });
        const data = { role, viewer: by.viewer };
        await store.addEvent(session, nowMs(), { actor: `viewer:${by.viewer}`, kind: 'ticket-minted', data });
        return {
          session,
          role,
          token,
          terminalUrl: `${url}/ws/${session}#t=${token}`,
          ticketExpiresAt: new Date(expiresAt).toISOString(),
        };
      },
      ...(options.onLog && { onLog: options.onLog }),
    });
    undo.push(() => gateway.close());
    controller.start();
    door.answerFor({ controller, gateway });
    // What the first session would wait for is done now: the key's hash compared, a key made for tickets.
    const authorization = `Bearer ${apiKey}`;
    const asked = new Request(`${url}/api/sessions?limit=1`, { headers: { authorization } });
    await Promise.all([controller.handle(asked, { remoteAddress: '127.0.0.1' }), tickets.jwks()]);
    const close = async (): Promise<void> => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      await gateway.close();
      await controller.close();
      server.closeAllConnections();
      await closed;
      cluster.close();
      withdraw(places);
      await store.close();
    };
    const { kind, note } = isolation;
    return { url, apiKey, isolation: { kind, note }, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    for (const step of undo.toReversed()) await step();
    throw error;
  }
}

/** Who answers what is asked at the port. */
interface Household {
  readonly controller: Controller;
  readonly gateway: Gateway;
}

/** A port that takes callers in before anybody is there to answer. */
interface Door {
  /** To be called before the server listens. */
  guard(server: Server): void;
  /** Answers whoever has been waiting, and everybody from now on. */
  answerFor(household: Household): void;
}

/**
 * Callers are there from the moment the port is: runners that were left behind look for their service without end. A
 * request that nobody listened for would never be answered, and its runner would wait a minute to ask again; so each
 * waits until the service stands.
 */
function openDoor(): Door {
  let answerFor!: (household: Household) => void;
  const standing = new Promise<Household>((resolve) => (answerFor = resolve));

  function isAskedByName({ headers, socket }: IncomingMessage): boolean {
    const host = (headers.host ?? '').toLowerCase();
    return ['127.0.0.1', 'localhost', '[::1]'].some((name) => host === `${name}:${socket.localPort}`);
  }
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { controller, gateway } = await standing;
    if (response.destroyed) return;
    await answerWith(
      async (asked, remoteAddress) => {
        const { pathname } = new URL(asked.url);
        if (pathname.startsWith('/internal/runner/')) return await controller.handleInternal(asked);
        if (pathname.startsWith('/ws/')) return await gateway.handle(asked, { remoteAddress, secure: false });
        return await controller.handle(asked, { remoteAddress });
      },
      request,
      response,
    );
  }
  return {
    answerFor,
    guard(server) {
      server.on('request', (request: IncomingMessage, response: ServerResponse) => {
        if (isAskedByName(request)) void answer(request, response);
        else response.writeHead(421, { 'content-type': 'text/plain' }).end('Not under this name.\n');
      });
      server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        // Whoever leaves while waiting is nobody's error.
        socket.on('error', () => undefined);
        if (isAskedByName(request)) void standing.then(({ gateway }) => gateway.upgrade(request, socket, head));
        else socket.end('HTTP/1.1 421 Misdirected Request\r\nConnection: close\r\n\r\n');
      });
    },
  };
}

/** Listens on the first port that can be had. */
async function listenOnFirst(
  door: Door,
  ports: readonly (number | undefined)[],
): Promise<{ readonly server: Server; readonly url: string }> {
  let last: unknown;
  for (const port of ports) {
    if (port === undefined) continue;
    const server = createServer({ headersTimeout: headersTimeoutMs });
    door.guard(server);
    try {
      return { server, url: await listen(server, port, '127.0.0.1') };
    } catch (error) {
      last = error;
    }
  }
  const { message, hint, cause } = last as SessionsError;
  throw new SessionsError('HAWSER_SESSIONS_LOCAL_FAILED', message, { hint, cause });
}

function portOf(url: string | undefined): number | undefined {
  return url === undefined ? undefined : Number(new URL(url).port) || undefined;
}
