import { dirname, join } from 'node:path';

/** The environment variables and home folder that say where tokens are. */
export interface TokenPlace {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The person's home folder. */
  readonly home: string;
}

/** Where the active token is, and all that were ever saved. */
export interface TokenFiles {
  readonly token: string;
  readonly stored: string;
}

/**
 * Where the official tools keep tokens: `HF_TOKEN_PATH`, else `token` in `HF_HOME`, else in `huggingface` in
 * `XDG_CACHE_HOME` or `~/.cache`; the stored tokens stand beside it.
 *
 * @see huggingface_hub `constants.py`.
 */
export function tokenFiles({ env, home }: TokenPlace): TokenFiles {
  const expand = (path: string): string =>
    path
      .replace(/^~(?=$|\/)/, home)
      .replace(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced: string | undefined, bare: string | undefined) => {
        return env[braced ?? bare ?? ''] ?? whole;
      });
  const hfHome = expand(env['HF_HOME'] ?? join(env['XDG_CACHE_HOME'] ?? join(home, '.cache'), 'huggingface'));
  const token = expand(env['HF_TOKEN_PATH'] ?? join(hfHome, 'token'));
  return { token, stored: join(dirname(token), 'stored_tokens') };
}
