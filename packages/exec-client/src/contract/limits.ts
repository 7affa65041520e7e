import type { RepositoryScheme } from './repository.js';

/** What the operator of a backend allows, as far as requests are held to it. */
export interface RequestLimits {
  /** Default of a backend: 21,600; at most 86,400. */
  readonly maxTimeoutSeconds: number;
  readonly repoSchemes: readonly RepositoryScheme[];
  /** Without a list any role may be asked for. */
  readonly allowedRoles?: readonly string[];
  /** Let webhooks go to http on loopback. */
  readonly loopbackWebhooks?: boolean;
}

/** What a request may carry at most, whatever the backend. Sizes of text are in bytes of UTF-8 where they say so. */
export const requestLimits = {
  /** Of a whole body. */
  bodyBytes: 1_048_576,
  commandBytes: 65_536,
  argvWords: 256,
  argvWordBytes: 32_768,
  envNames: 200,
  /** Of one `NAME=value` with the zero byte behind it: Linux takes no more (execve(2), MAX_ARG_STRLEN). */
  envPairBytes: 131_072,
  envBytes: 524_288,
  labels: 20,
  dirtyBytes: 350_000,
  graceSeconds: 900,
  defaultTimeoutSeconds: 1800,
  defaultGraceSeconds: 120,
  notify: 3,
} as const;
