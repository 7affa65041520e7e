/** Why a link could not be made, or ended. Codes never change their meaning. */
export type LinkCause =
  | 'access-denied'
  | 'auth'
  | 'closed'
  | 'config'
  | 'credentials'
  | 'expired'
  | 'forward-denied'
  | 'hostkey-changed'
  | 'hostkey-unknown'
  | 'killed'
  | 'no-pod'
  | 'not-connected'
  | 'proxy-failed'
  | 'refused'
  | 'renewal'
  | 'resolve'
  | 'target-refused'
  | 'throttled'
  | 'timeout'
  | 'tls'
  | 'tool-missing'
  | 'unreachable'
  | 'other';

/** What is known of a failed link. */
export interface LinkFailure {
  readonly cause: LinkCause;
  /** In the person's words; never a secret. */
  readonly message: string;
  /** The next step. */
  readonly hint: string;
  /** Trying again cannot help until something is changed. */
  readonly permanent: boolean;
  /** The exact command with which a person lets it go on (`ssh …`, `aws sso login …`); the state is then `needs-auth`. */
  readonly authCommand?: string;
  /** A file whose change is a reason to try again at once (a token cache). */
  readonly watch?: string;
}

/** A failed attempt, with its classification. */
export class LinkError extends Error {
  declare readonly name: 'LinkError';
  readonly failure: LinkFailure;

  constructor(failure: LinkFailure, options?: { readonly cause?: unknown }) {
    super(failure.message, options);
    this.failure = failure;
  }

  static {
    Object.defineProperty(this.prototype, 'name', { value: 'LinkError', configurable: true, writable: true });
  }
}
