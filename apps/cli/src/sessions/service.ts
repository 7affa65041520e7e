import type { Config } from '@oclif/core';
import type { Context } from '@hawser/cli-kit';
import { CliKitError } from '@hawser/cli-kit/start';
import { SessionsError } from '@hawser/k8s-sessions';
import { createSessionsClient, type SessionsClient } from '@hawser/k8s-sessions/client';
import type { ServiceFlags } from './flags.js';
import { runningService, startService } from './local-service.js';
import { readUserFile } from './user-file.js';

/** What opening a service needs besides flags. */
export interface ServiceContext extends Pick<Context, 'out' | 'signal'> {
  readonly config: Pick<Config, 'configDir' | 'dataDir' | 'root'>;
}

/** A service that is spoken to. */
export interface Service {
  readonly client: SessionsClient;
  readonly url: string;
  readonly isLocal: boolean;
}

interface Place {
  readonly url: string;
  readonly apiKey: string;
  readonly isLocal: boolean;
}

/**
 * Speaks to the service that flags, environment and the person's file choose, else to that of this machine, which is
 * started when `mayStart` and nothing is there.
 *
 * @throws SessionsError HAWSER_SESSIONS_SERVICE_UNREACHABLE when there is none, HAWSER_SESSIONS_LOCAL_FAILED
 */
export async function openService(
  flags: ServiceFlags,
  context: ServiceContext,
  options: { readonly mayStart?: boolean } = {},
): Promise<Service> {
  const place = (flags.local ? undefined : await chosenPlace(flags, context)) ?? (await localPlace(context, options));
  const { url, apiKey, isLocal } = place;
  context.out.hide(apiKey);
  return { client: createSessionsClient({ url, apiKey }), url, isLocal };
}

/** What somebody said, in the order in which it counts. */
export async function chosenPlace(
  flags: Pick<ServiceFlags, 'url'>,
  { config }: { readonly config: Pick<ServiceContext['config'], 'configDir'> },
): Promise<Place | undefined> {
  const saved = await readUserFile(config.configDir);
  const { HAWSER_SESSIONS_API_KEY: ofEnvironment } = process.env;
  const url = flags.url ?? saved?.url;
  if (url === undefined) return undefined;
  // The key of one service is no other's to read.
  const apiKey = ofEnvironment || (saved && sameOrigin(url, saved.url) ? saved.api_key : undefined);
  if (apiKey !== undefined) return { url, apiKey, isLocal: false };
  throw new CliKitError('HAWSER_CLI_USAGE', `There is no key for ${url}.`, {
    hint: `Set HAWSER_SESSIONS_API_KEY, or keep it: hawser sessions configure ${url}`,
  });
}

async function localPlace(
  { config, out, signal }: ServiceContext,
  { mayStart = false }: { readonly mayStart?: boolean },
): Promise<Place> {
  const found = runningService(config);
  if (!found && !mayStart) {
    throw new SessionsError(
      'HAWSER_SESSIONS_SERVICE_UNREACHABLE',
      'No service is configured, and none runs on this machine.',
      {
        hint: 'hawser sessions configure URL names one; hawser sessions serve starts one here.',
      },
    );
  }
  if (!found) out.say('→ No service is configured: starting one on this machine.');
  const { url, apiKey } = found ?? (await startService(config, { out, signal }));
  return { url, apiKey, isLocal: true };
}

function sameOrigin(one: string, other: string): boolean {
  return URL.canParse(one) && URL.canParse(other) && new URL(one).origin === new URL(other).origin;
}
