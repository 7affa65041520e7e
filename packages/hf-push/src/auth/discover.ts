import type { OAuthOptions } from './oauth.js';
import { exchangeCiToken } from './oidc.js';
import { tokenFiles, type TokenPlace } from './paths.js';
import { freshToken } from './refresh.js';
import { cleanToken, readTokenFile } from './token-store.js';

/** Where a token was found. */
export type TokenSource = 'oidc' | 'HF_TOKEN' | 'HUGGING_FACE_HUB_TOKEN' | 'file';

/** A token, and where it was found. */
export interface FoundToken {
  readonly token: string;
  readonly source: TokenSource;
  /** The file, when it was found in one. */
  readonly path?: string;
}

/** Where to look for a token. */
export interface DiscoverOptions extends TokenPlace, Omit<OAuthOptions, 'env'> {}

/**
 * Finds the token as the official tools do: a CI job's identity when `HF_OIDC_RESOURCE` is set (and then nothing else),
 * `HF_TOKEN`, `HUGGING_FACE_HUB_TOKEN`, the token file (renewed when it is about to run out). Undefined when there is
 * none. Whether the Hub accepts it is not asked.
 *
 * @throws HfPushError HAWSER_HF_LOGIN_FAILED when the CI job's identity is not accepted; HAWSER_HF_LOCAL_FILE.
 * @see huggingface_hub `utils/_auth.py` (`get_token`).
 */
export async function discoverToken(options: DiscoverOptions): Promise<FoundToken | undefined> {
  const { env } = options;
  const resource = env['HF_OIDC_RESOURCE'];
  if (resource) return { token: await exchangeCiToken(resource, options), source: 'oidc' };
  // The first that is not empty counts, even if nothing is left of it.
  const source = env['HF_TOKEN'] ? 'HF_TOKEN' : 'HUGGING_FACE_HUB_TOKEN';
  const given = cleanToken(env[source]);
  if (given !== undefined) return { token: given, source };
  const files = tokenFiles(options);
  const kept = await readTokenFile(files);
  if (kept === undefined) return undefined;
  return { token: await freshToken(kept, files, options), source: 'file', path: files.token };
}
