/** A value that survives JSON unchanged; what {@link HfPushError.details} is made of. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

/** Every code an {@link HfPushError} can carry. A code never changes its meaning. */
export type HfPushErrorCode =
  // What was asked for, and the environment on this machine.
  | 'HAWSER_HF_BAD_INPUT'
  | 'HAWSER_HF_ENV_NOT_FOUND'
  | 'HAWSER_HF_ENV_EXISTS'
  | 'HAWSER_HF_ENV_INVALID'
  | 'HAWSER_HF_SECRET_FOUND'
  | 'HAWSER_HF_UNSAFE_FILE'
  | 'HAWSER_HF_LOCAL_FILE'
  | 'HAWSER_HF_PLAN_INVALID'
  | 'HAWSER_HF_DIRTY_TREE'
  | 'HAWSER_HF_TOOL_MISSING'
  | 'HAWSER_HF_TEST_FAILED'
  // Who asks.
  | 'HAWSER_HF_TOKEN_MISSING'
  | 'HAWSER_HF_TOKEN_INVALID'
  | 'HAWSER_HF_TOKEN_READ_ONLY'
  | 'HAWSER_HF_LOGIN_FAILED'
  | 'HAWSER_HF_ACCESS_DENIED'
  | 'HAWSER_HF_CONTRIBUTOR'
  | 'HAWSER_HF_PAYMENT_REQUIRED'
  // The Space.
  | 'HAWSER_HF_SPACE_NOT_FOUND'
  | 'HAWSER_HF_SPACE_EXISTS'
  | 'HAWSER_HF_SPACE_WRONG_SDK'
  | 'HAWSER_HF_CREATE_FAILED'
  | 'HAWSER_HF_UPLOAD_FAILED'
  | 'HAWSER_HF_HEAD_MOVED'
  | 'HAWSER_HF_PLAN_STALE'
  | 'HAWSER_HF_TREE_DIFFERS'
  | 'HAWSER_HF_NOTHING_TO_ROLL_BACK'
  // The Hub.
  | 'HAWSER_HF_RATE_LIMITED'
  | 'HAWSER_HF_ENDPOINT_UNREACHABLE'
  | 'HAWSER_HF_HUB_FAILED'
  | 'HAWSER_HF_PROTOCOL'
  // After the push.
  | 'HAWSER_HF_BUILD_FAILED'
  | 'HAWSER_HF_RUN_FAILED'
  | 'HAWSER_HF_WAIT_TIMEOUT'
  | 'HAWSER_HF_LIVE_CHECK_FAILED'
  | 'HAWSER_HF_ROLLED_BACK';

/** What every error of one code has in common. */
export interface HfPushErrorRow {
  /** 1: the world is not as wanted. 2: what was asked for, or a stored document, is wrong. */
  readonly exitCode: 1 | 2;
  /** What to do next, unless the place that raised the error knows better. */
  readonly hint: string;
}

/** Exit code and default hint of every code. The error reference is made from it. */
export const hfPushErrors: Readonly<Record<HfPushErrorCode, HfPushErrorRow>> = {
  HAWSER_HF_BAD_INPUT: { exitCode: 2, hint: 'Correct what is named, and try again.' },
  HAWSER_HF_ENV_NOT_FOUND: {
    exitCode: 2,
    hint: 'Check the spelling, and that src/envs/NAME, envs/NAME or ./NAME holds models.py, client.py and server/.',
  },
  HAWSER_HF_ENV_EXISTS: { exitCode: 2, hint: 'Choose another name, or another folder with --output.' },
  HAWSER_HF_ENV_INVALID: { exitCode: 2, hint: 'hawser hf validate NAME lists what to correct.' },
  HAWSER_HF_SECRET_FOUND: {
    exitCode: 2,
    hint: 'Take the secret out of the file and pass it with --secret, or let it through with --allow-secrets.',
  },
  HAWSER_HF_UNSAFE_FILE: { exitCode: 2, hint: 'Rename, remove or exclude the file that is named.' },
  HAWSER_HF_LOCAL_FILE: { exitCode: 1, hint: 'Check that the path exists, can be read or written, and has room.' },
  HAWSER_HF_PLAN_INVALID: { exitCode: 2, hint: 'Make a new plan with hawser hf plan.' },
  HAWSER_HF_DIRTY_TREE: { exitCode: 2, hint: 'Commit or put away the changes, or go on with --force.' },
  HAWSER_HF_TOOL_MISSING: { exitCode: 1, hint: 'Install the tool that is named, or go without what needs it.' },
  HAWSER_HF_TEST_FAILED: { exitCode: 1, hint: 'Read the output of the tests above.' },
  HAWSER_HF_TOKEN_MISSING: {
    exitCode: 1,
    hint: 'Run hawser hf login, or set HF_TOKEN to a token with write permission from huggingface.co/settings/tokens.',
  },
  HAWSER_HF_TOKEN_INVALID: {
    exitCode: 1,
    hint: 'Make a token with write permission at huggingface.co/settings/tokens, or run hawser hf login.',
  },
  HAWSER_HF_TOKEN_READ_ONLY: {
    exitCode: 1,
    hint: 'Make a token with write permission at huggingface.co/settings/tokens, and set HF_TOKEN to it.',
  },
  HAWSER_HF_LOGIN_FAILED: {
    exitCode: 1,
    hint: 'Run hawser hf login again, or set HF_TOKEN to a token with write permission.',
  },
  HAWSER_HF_ACCESS_DENIED: {
    exitCode: 1,
    hint: 'Check that the namespace is right, and that the token may write there.',
  },
  HAWSER_HF_CONTRIBUTOR: {
    exitCode: 1,
    hint: 'Push as a pull request with --pr, or ask an admin of the organization for the write role.',
  },
  HAWSER_HF_PAYMENT_REQUIRED: {
    exitCode: 1,
    hint: 'Docker Spaces need a PRO account, or a Team or Enterprise organization: huggingface.co/pricing.',
  },
  HAWSER_HF_SPACE_NOT_FOUND: { exitCode: 1, hint: 'Check the name, and that the token may see it.' },
  HAWSER_HF_SPACE_EXISTS: { exitCode: 1, hint: 'Choose another --space-name, or push without --create-only.' },
  HAWSER_HF_SPACE_WRONG_SDK: {
    exitCode: 1,
    hint: 'Choose another --space-name: a Space of another kind is never turned into a Docker Space.',
  },
  HAWSER_HF_CREATE_FAILED: {
    exitCode: 1,
    hint: 'Check the namespace, your permission to create Spaces in it, and that the name is not taken.',
  },
  HAWSER_HF_UPLOAD_FAILED: {
    exitCode: 1,
    hint: 'Check the connection and the token, then push again: what was uploaded is not sent twice.',
  },
  HAWSER_HF_HEAD_MOVED: { exitCode: 1, hint: 'Somebody else pushed meanwhile. Look at the Space, then push again.' },
  HAWSER_HF_PLAN_STALE: { exitCode: 1, hint: 'The Space or the files changed since the plan. Make a new one.' },
  HAWSER_HF_TREE_DIFFERS: {
    exitCode: 1,
    hint: 'Look at the Space before anything else: what it holds is not what was pushed.',
  },
  HAWSER_HF_NOTHING_TO_ROLL_BACK: { exitCode: 1, hint: 'hawser hf status shows the commits of the Space.' },
  HAWSER_HF_RATE_LIMITED: { exitCode: 1, hint: 'Wait as long as is said, then push again.' },
  HAWSER_HF_ENDPOINT_UNREACHABLE: { exitCode: 1, hint: 'Check the connection and HF_ENDPOINT; proxies are not used.' },
  HAWSER_HF_HUB_FAILED: { exitCode: 1, hint: 'Try again later; status.huggingface.co says whether the Hub is well.' },
  HAWSER_HF_PROTOCOL: { exitCode: 1, hint: 'Check that HF_ENDPOINT is a Hugging Face Hub.' },
  HAWSER_HF_BUILD_FAILED: { exitCode: 1, hint: 'hawser hf logs NAME --build shows the whole build.' },
  HAWSER_HF_RUN_FAILED: { exitCode: 1, hint: 'hawser hf logs NAME shows what the Space printed.' },
  HAWSER_HF_WAIT_TIMEOUT: { exitCode: 1, hint: 'hawser hf status NAME shows where it is; wait longer with --timeout.' },
  HAWSER_HF_LIVE_CHECK_FAILED: { exitCode: 1, hint: 'hawser hf logs NAME shows what the Space printed.' },
  HAWSER_HF_ROLLED_BACK: {
    exitCode: 1,
    hint: 'The Space runs what it ran before. Correct what failed, and push again.',
  },
};

/** What an {@link HfPushError} can be made of besides its code and message. */
export interface HfPushErrorOptions {
  readonly cause?: unknown;
  /** Replaces the default hint. */
  readonly hint?: string;
  readonly details?: Readonly<Record<string, JsonValue | undefined>>;
}

/** The one error class of this package. */
export class HfPushError extends Error {
  static {
    Object.defineProperty(this.prototype, 'name', { value: 'HfPushError', configurable: true, writable: true });
  }

  readonly code: HfPushErrorCode;
  readonly exitCode: 1 | 2;
  readonly hint: string;
  readonly details?: Readonly<Record<string, JsonValue | undefined>>;

  constructor(code: HfPushErrorCode, message: string, options: HfPushErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.exitCode = hfPushErrors[code].exitCode;
    this.hint = options.hint ?? hfPushErrors[code].hint;
    if (options.details) this.details = options.details;
  }
}
