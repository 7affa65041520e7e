import { systemClock } from '../http/clock.js';
import { endpointOf } from '../hub/endpoint.js';
import { tokenOf } from './device.js';
import { askForToken, clientIdOf, hasToken, type OAuthOptions } from './oauth.js';
import type { TokenFiles } from './paths.js';
import { readStored, readTokenFile, underLock, writeSecret, writeStored } from './token-store.js';

/** A token with less left is renewed: 24 hours, as the official tools do. */
const MARGIN_SECONDS = 24 * 3600;

/**
 * The active token, renewed when it is one of a login in the browser and about to run out. A renewal that fails leaves
 * the token as it is: should it have run out, the Hub says so.
 */
export async function freshToken(token: string, files: TokenFiles, options: OAuthOptions): Promise<string> {
  const { clock = systemClock, signal } = options;
  const kept = await sectionOf(files, token);
  // Where no section has it, it may have been renewed since it was read.
  if (!kept) return (await readTokenFile(files)) ?? token;
  if (!isDue(kept, clock.now())) return token;
  return await underLock(
    files,
    async () => {
      // Another process may have renewed it while this one waited: the Hub takes each refresh token once.
      const found = await sectionOf(files, token);
      if (!found) return (await readTokenFile(files)) ?? token;
      const { name, section } = found;
      const refresh = section['refresh_token'] ?? '';
      const form = new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: refresh,
        client_id: clientIdOf(options.env),
      });
      const answer = await askForToken(`${endpointOf(options)}/oauth/token`, form, options);
      if (!hasToken(answer)) return token;
      const renewed = tokenOf(answer, clock.now());
      await writeStored(files, { refreshToken: refresh, ...renewed, name });
      if ((await readTokenFile(files)) === token) await writeSecret(files.token, renewed.token);
      return renewed.token;
    },
    clock,
    signal,
  );
}

interface Found {
  readonly name: string;
  readonly section: Readonly<Record<string, string>>;
}

async function sectionOf(files: TokenFiles, token: string): Promise<Found | undefined> {
  for (const [name, section] of await readStored(files)) if (section['hf_token'] === token) return { name, section };
  return undefined;
}

function isDue({ section }: Found, nowMs: number): boolean {
  const { refresh_token: refresh, expires_at: expires } = section;
  if (!refresh || expires === undefined || !/^\d+$/.test(expires)) return false;
  return Number(expires) - MARGIN_SECONDS <= nowMs / 1000;
}
