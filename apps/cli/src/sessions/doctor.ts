import { isHawserError } from '@hawser/cli-kit';
import { createSessionsClient } from '@hawser/k8s-sessions/client';
import type { Checked } from '../doctor/checked.js';
import { findOnPath } from '../wiring/find-on-path.js';
import type { ServiceFlags } from './flags.js';
import { knock } from './knock.js';
import { runningService } from './local-service.js';
import { chosenPlace, type ServiceContext } from './service.js';
import { userFilePath } from './user-file.js';

type Place = { readonly url: string; readonly apiKey: string; readonly by: string };

/** Everything that is looked at, in the order in which it depends on each other. */
export async function examine(flags: ServiceFlags, context: ServiceContext): Promise<readonly Checked[]> {
  const [place, ofPlace] = await whichPlace(flags, context);
  const ofService = place ? await ofTheService(place, context.signal) : [];
  return [ofPlace, ...ofService, await isolationHere()];
}

/** Which service is meant, and who says so. */
export async function whichPlace(
  flags: Pick<ServiceFlags, 'local' | 'url'>,
  context: { readonly config: Pick<ServiceContext['config'], 'configDir' | 'dataDir'> },
): Promise<readonly [Place | undefined, Checked]> {
  const id = 'service';
  const title = 'Service';
  const { config } = context;
  try {
    const chosen = flags.local ? undefined : await chosenPlace(flags, context);
    const local = chosen ? undefined : runningService(config);
    const place = chosen ?? local;
    if (!place) {
      const found = 'none is configured, and none runs on this machine';
      const next = 'hawser sessions run starts one here; hawser sessions configure URL names another.';
      return [undefined, { id, title, state: 'warn', found, next, facts: {} }];
    }
    const by = local
      ? 'runs on this machine'
      : flags.url === place.url
        ? 'as --url or HAWSER_SESSIONS_URL says'
        : `as ${userFilePath(config.configDir)} says`;
    return [
      { ...place, by },
      { id, title, state: 'ok', found: `${place.url}, ${by}`, facts: { url: place.url } },
    ];
  } catch (error) {
    return [undefined, failed(id, title, error)];
  }
}

/** Whether a service answers, takes the key and has the same time. */
export async function ofTheService({ url, apiKey }: Place, signal: AbortSignal): Promise<readonly Checked[]> {
  const client = createSessionsClient({ url, apiKey, retryForMs: 0 });
  const [ready, key, clock] = await Promise.all([
    check('ready', 'Ready', async () => {
      const { warnings } = await client.ready({ signal });
      const [warning] = Array.isArray(warnings) ? (warnings as readonly string[]) : [];
      return warning === undefined ? { found: 'it takes sessions' } : { found: warning, state: 'warn' as const };
    }),
    check('key', 'Key', async () => {
      await knock({ url, apiKey }, signal);
      return { found: 'it is known' };
    }),
    check('clock', 'Clock', async () => agreeOnTime(url, signal)),
  ]);
  return [ready, key, clock];
}

/** Tickets live for minutes: a clock that is wrong by one makes links that are over when they are made. */
async function agreeOnTime(url: string, signal: AbortSignal): Promise<Pick<Checked, 'found'> & Partial<Checked>> {
  const response = await fetch(new URL('/.well-known/jwks.json', url), { signal });
  const date = Date.parse(response.headers.get('date') ?? '');
  if (Number.isNaN(date)) return { found: 'the service does not say what time it has' };
  const seconds = Math.round(Math.abs(Date.now() - date) / 1000);
  return seconds < 30
    ? { found: 'it agrees with that of this machine' }
    : {
        found: `it is ${seconds} s away from that of this machine`,
        state: 'warn',
        next: 'Let both be set from the network: links live for five minutes.',
      };
}

async function isolationHere(): Promise<Checked> {
  const id = 'isolation';
  const title = 'Isolation here';
  const found = await findOnPath('bwrap', process.env);
  if (found !== undefined) return { id, title, state: 'ok', found: `bubblewrap at ${found}`, facts: { bwrap: found } };
  return {
    id,
    title,
    state: 'warn',
    found: 'no bubblewrap: sessions on this machine see all of it',
    next: 'Install bubblewrap, or run what you do not trust in a cluster.',
    facts: {},
  };
}

async function check(
  id: string,
  title: string,
  look: () => Promise<Pick<Checked, 'found'> & Partial<Checked>>,
): Promise<Checked> {
  try {
    return { id, title, state: 'ok', facts: {}, ...(await look()) };
  } catch (error) {
    return failed(id, title, error);
  }
}

function failed(id: string, title: string, error: unknown): Checked {
  const found = error instanceof Error ? error.message : String(error);
  const next = isHawserError(error) ? error.hint : undefined;
  return { id, title, state: 'fail', found, ...(next !== undefined && { next }), facts: {} };
}
