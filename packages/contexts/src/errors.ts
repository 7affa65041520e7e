/** A value that survives JSON unchanged; what {@link ContextsError.details} is made of. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

/** Every code a {@link ContextsError} can carry. A code never changes its meaning. */
export type ContextsErrorCode =
  | 'HAWSER_AWS_BAD_INPUT'
  | 'HAWSER_AWS_REGION_MISSING'
  | 'HAWSER_AWS_CREDENTIALS_MISSING'
  | 'HAWSER_AWS_CREDENTIALS_EXPIRED'
  | 'HAWSER_AWS_CREDENTIALS_REFUSED'
  | 'HAWSER_AWS_ACCESS_DENIED'
  | 'HAWSER_AWS_TOKEN_TOO_LONG'
  | 'HAWSER_AWS_CLUSTER_NOT_FOUND'
  | 'HAWSER_AWS_UNREACHABLE'
  | 'HAWSER_AWS_CALL_FAILED'
  | 'HAWSER_CTX_BAD_INPUT'
  | 'HAWSER_CTX_NOT_FOUND'
  | 'HAWSER_CTX_EXISTS'
  | 'HAWSER_CTX_EDITED'
  | 'HAWSER_CTX_FILE_INVALID'
  | 'HAWSER_CTX_LOCKED'
  | 'HAWSER_CTX_TOOL_FAILED'
  | 'HAWSER_ENV_BAD_INPUT'
  | 'HAWSER_ENV_VALUE_REFUSED'
  | 'HAWSER_ENV_EXISTS'
  | 'HAWSER_ENV_TUNNEL_DEAD'
  | 'HAWSER_ENV_STALE'
  | 'HAWSER_ENV_VAULT_FAILED'
  | 'HAWSER_ARC_BAD_INPUT'
  | 'HAWSER_ARC_SNAPSHOT_INVALID'
  | 'HAWSER_ARC_STORE_FAILED'
  | 'HAWSER_ARC_GITHUB_FAILED'
  | 'HAWSER_ARC_CLUSTER_FAILED';

/** What every error of one code has in common. */
export interface ContextsErrorRow {
  /** 1: the world is not as wanted. 2: what was asked for, or a stored document, is wrong. */
  readonly exitCode: 1 | 2;
  /** What to do next, unless the place that raised the error knows better. */
  readonly hint: string;
}

/** Exit code and default hint of every code. The error reference is made from it. */
export const contextsErrors: Readonly<Record<ContextsErrorCode, ContextsErrorRow>> = {
  HAWSER_AWS_BAD_INPUT: { exitCode: 2, hint: 'Correct what is named, and try again.' },
  HAWSER_AWS_REGION_MISSING: { exitCode: 2, hint: 'Pass --region, or set AWS_REGION.' },
  HAWSER_AWS_CREDENTIALS_MISSING: {
    exitCode: 1,
    hint: 'Log in with aws sso login or aws configure, or pass --profile NAME.',
  },
  HAWSER_AWS_CREDENTIALS_EXPIRED: {
    exitCode: 1,
    hint: 'Log in again with aws sso login --profile NAME, or renew the keys.',
  },
  HAWSER_AWS_CREDENTIALS_REFUSED: {
    exitCode: 1,
    hint: 'Check that the keys are still active, and that the clock of this machine is right.',
  },
  HAWSER_AWS_ACCESS_DENIED: { exitCode: 1, hint: 'Ask for the permission that is named.' },
  HAWSER_AWS_TOKEN_TOO_LONG: {
    exitCode: 1,
    hint: 'Use credentials with a shorter session token: a role without session tags or long session policies.',
  },
  HAWSER_AWS_CLUSTER_NOT_FOUND: {
    exitCode: 1,
    hint: 'Check the name and --region; aws eks list-clusters names the clusters there are.',
  },
  HAWSER_AWS_CALL_FAILED: { exitCode: 1, hint: 'Read what AWS said, and try again in a while.' },
  HAWSER_AWS_UNREACHABLE: { exitCode: 1, hint: 'Check the network, the proxy and --region.' },
  HAWSER_CTX_BAD_INPUT: { exitCode: 2, hint: 'Correct what is named, and try again.' },
  HAWSER_CTX_NOT_FOUND: { exitCode: 2, hint: 'hawser ctx list names the contexts there are.' },
  HAWSER_CTX_EXISTS: { exitCode: 2, hint: 'Pass --overwrite to replace it.' },
  HAWSER_CTX_EDITED: {
    exitCode: 2,
    hint: 'Somebody changed it since: look at it, and pass --overwrite to take it all the same.',
  },
  HAWSER_CTX_FILE_INVALID: { exitCode: 2, hint: 'Correct the line that is named.' },
  HAWSER_CTX_LOCKED: { exitCode: 1, hint: 'Wait for kubectl to end; if none runs, pass --break-lock.' },
  HAWSER_CTX_TOOL_FAILED: { exitCode: 1, hint: 'Read what the program said, and try again.' },
  HAWSER_ENV_BAD_INPUT: { exitCode: 2, hint: 'Correct what is named, and try again.' },
  HAWSER_ENV_VALUE_REFUSED: { exitCode: 2, hint: 'Choose a --format that can hold the value.' },
  HAWSER_ENV_EXISTS: { exitCode: 2, hint: 'Pass --overwrite to change the lines that are named.' },
  HAWSER_ENV_TUNNEL_DEAD: { exitCode: 1, hint: 'Open it with hawser net up, or pass --allow-offline.' },
  HAWSER_ENV_STALE: { exitCode: 1, hint: 'hawser env write brings the file up to date.' },
  HAWSER_ENV_VAULT_FAILED: { exitCode: 1, hint: 'Check HAWSER_VAULT_ADDR and the login to Vault.' },
  HAWSER_ARC_BAD_INPUT: { exitCode: 2, hint: 'Correct what is named, and try again.' },
  HAWSER_ARC_SNAPSHOT_INVALID: { exitCode: 2, hint: 'Record another with hawser arc record.' },
  HAWSER_ARC_STORE_FAILED: {
    exitCode: 1,
    hint: 'Make room, choose another folder with --store-dir, or pass --no-store-summary.',
  },
  HAWSER_ARC_GITHUB_FAILED: {
    exitCode: 1,
    hint: 'Check GITHUB_TOKEN: listing runners needs administration (read) of the repository, or self-hosted runners (read) of the organization.',
  },
  HAWSER_ARC_CLUSTER_FAILED: {
    exitCode: 1,
    hint: 'Check the context with kubectl config current-context, and what it may read.',
  },
};

/** Says what happened to what, under a stable code, with the next step. */
export class ContextsError extends Error {
  declare readonly name: 'ContextsError';
  readonly code: ContextsErrorCode;
  readonly exitCode: 1 | 2;
  readonly hint: string;
  /** Facts for programs; never a secret. */
  readonly details?: Readonly<Record<string, JsonValue | undefined>>;

  constructor(
    code: ContextsErrorCode,
    message: string,
    options: {
      readonly hint?: string | undefined;
      readonly details?: Readonly<Record<string, JsonValue | undefined>> | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.exitCode = contextsErrors[code].exitCode;
    this.hint = options.hint ?? contextsErrors[code].hint;
    if (options.details) this.details = options.details;
  }

  static {
    Object.defineProperty(this.prototype, 'name', { value: 'ContextsError', configurable: true, writable: true });
  }
}
