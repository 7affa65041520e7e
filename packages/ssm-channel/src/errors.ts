/** A value that survives JSON unchanged; what {@link SsmChannelError.details} is made of. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

/** Every code an {@link SsmChannelError} can carry. A code never changes its meaning. */
export type SsmChannelErrorCode =
  // What was asked for cannot be done as written.
  | 'HAWSER_SSM_BAD_INPUT'
  | 'HAWSER_SSM_REGION_MISSING'
  | 'HAWSER_SSM_TARGET_AMBIGUOUS'
  // The target.
  | 'HAWSER_SSM_TARGET_NOT_FOUND'
  | 'HAWSER_SSM_TARGET_NOT_CONNECTED'
  | 'HAWSER_SSM_DOCUMENT_REFUSED'
  | 'HAWSER_SSM_EXEC_REFUSED'
  // Who asks, and whether AWS answers.
  | 'HAWSER_SSM_CREDENTIALS_MISSING'
  | 'HAWSER_SSM_CREDENTIALS_EXPIRED'
  | 'HAWSER_SSM_CREDENTIALS_REFUSED'
  | 'HAWSER_SSM_ACCESS_DENIED'
  | 'HAWSER_SSM_KMS_DENIED'
  | 'HAWSER_SSM_CLOCK_SKEW'
  | 'HAWSER_SSM_THROTTLED'
  | 'HAWSER_SSM_ENDPOINT_UNREACHABLE'
  | 'HAWSER_SSM_CERTIFICATE_REFUSED'
  | 'HAWSER_SSM_CA_FILE'
  | 'HAWSER_SSM_API_FAILED'
  // The session.
  | 'HAWSER_SSM_TOKEN_REFUSED'
  | 'HAWSER_SSM_RESUME_REFUSED'
  | 'HAWSER_SSM_SESSION_TIMED_OUT'
  | 'HAWSER_SSM_LINK_LOST'
  | 'HAWSER_SSM_HANDSHAKE_REFUSED'
  | 'HAWSER_SSM_DECRYPT_FAILED'
  | 'HAWSER_SSM_PROTOCOL'
  // Ports.
  | 'HAWSER_SSM_PORT_IN_USE'
  | 'HAWSER_SSM_BIND_DENIED'
  | 'HAWSER_SSM_CONNECT_REFUSED'
  // File copies.
  | 'HAWSER_SSM_COPY_LOCAL_FILE'
  | 'HAWSER_SSM_COPY_REMOTE_FILE'
  | 'HAWSER_SSM_COPY_REMOTE_FAILED'
  | 'HAWSER_SSM_COPY_UNSUPPORTED'
  | 'HAWSER_SSM_COPY_DIGEST_MISMATCH';

/** What every error of one code has in common. */
export interface SsmChannelErrorRow {
  /** 1: the world is not as wanted. 2: what was asked for is wrong. */
  readonly exitCode: 1 | 2;
  /** What to do next, unless the place that raised the error knows better. */
  readonly hint: string;
}

/** Exit code and default hint of every code. The error reference is made from it. */
export const ssmChannelErrors: Readonly<Record<SsmChannelErrorCode, SsmChannelErrorRow>> = {
  HAWSER_SSM_BAD_INPUT: { exitCode: 2, hint: 'Correct what is named, and try again.' },
  HAWSER_SSM_REGION_MISSING: {
    exitCode: 2,
    hint: 'Pass --region, set AWS_REGION, or write region into your profile in ~/.aws/config.',
  },
  HAWSER_SSM_TARGET_AMBIGUOUS: { exitCode: 2, hint: 'Use the id of the one you mean.' },
  HAWSER_SSM_TARGET_NOT_FOUND: {
    exitCode: 1,
    hint: 'Check the spelling, the region and the account; hawser ssm list shows what Session Manager can see.',
  },
  HAWSER_SSM_TARGET_NOT_CONNECTED: {
    exitCode: 1,
    hint: 'Check that the target runs, that its SSM agent is up and can reach AWS, and that its role allows Session Manager.',
  },
  HAWSER_SSM_DOCUMENT_REFUSED: {
    exitCode: 1,
    hint: 'Check that the session document exists in this region and takes these parameters.',
  },
  HAWSER_SSM_EXEC_REFUSED: {
    exitCode: 1,
    hint: 'Check that the task runs with ECS Exec enabled (enableExecuteCommand) and that its role allows ssmmessages.',
  },
  HAWSER_SSM_CREDENTIALS_MISSING: {
    exitCode: 1,
    hint: 'Log in with aws sso login or aws configure, or choose a profile that has credentials.',
  },
  HAWSER_SSM_CREDENTIALS_EXPIRED: { exitCode: 1, hint: 'Get new credentials and try again.' },
  HAWSER_SSM_CREDENTIALS_REFUSED: {
    exitCode: 1,
    hint: 'AWS does not know this access key: check which profile and which AWS_* variables are in force.',
  },
  HAWSER_SSM_ACCESS_DENIED: {
    exitCode: 1,
    hint: 'Ask for the permission named in the message, or use a profile that has it.',
  },
  HAWSER_SSM_KMS_DENIED: {
    exitCode: 1,
    hint: 'Sessions here are encrypted: you need kms:GenerateDataKey on the key, and the target needs kms:Decrypt.',
  },
  HAWSER_SSM_CLOCK_SKEW: {
    exitCode: 1,
    hint: "Set this machine's clock (AWS accepts signatures that are at most 5 minutes off) and try again.",
  },
  HAWSER_SSM_THROTTLED: { exitCode: 1, hint: 'Too many calls in this account at the moment: try again in a minute.' },
  HAWSER_SSM_ENDPOINT_UNREACHABLE: {
    exitCode: 1,
    hint: 'Check the network, the region, the endpoint URL and the proxy settings (HTTPS_PROXY, NO_PROXY).',
  },
  HAWSER_SSM_CERTIFICATE_REFUSED: {
    exitCode: 1,
    hint: 'If a proxy here signs with its own certificate authority, name its PEM file in AWS_CA_BUNDLE.',
  },
  HAWSER_SSM_CA_FILE: { exitCode: 2, hint: 'Name a readable file with PEM certificates.' },
  HAWSER_SSM_API_FAILED: {
    exitCode: 1,
    hint: 'AWS refused for the reason in the message; the request id is in the details.',
  },
  HAWSER_SSM_TOKEN_REFUSED: {
    exitCode: 1,
    hint: 'Start a new session: a token serves one connection of one session and lives for a short time.',
  },
  HAWSER_SSM_RESUME_REFUSED: {
    exitCode: 1,
    hint: 'Start a new session. Credentials that expired, or lack ssm:ResumeSession, cannot bring a session back.',
  },
  HAWSER_SSM_SESSION_TIMED_OUT: {
    exitCode: 1,
    hint: 'Start a new session. Idle and maximum times are set in the Session Manager preferences of the account.',
  },
  HAWSER_SSM_LINK_LOST: { exitCode: 1, hint: 'Check the network and start a new session.' },
  HAWSER_SSM_HANDSHAKE_REFUSED: {
    exitCode: 1,
    hint: 'Use a session document of a type this client knows, or bring the SSM agent of the target up to date.',
  },
  HAWSER_SSM_DECRYPT_FAILED: {
    exitCode: 1,
    hint: 'The two ends hold different keys: start a new session, and check that the target may call kms:Decrypt.',
  },
  HAWSER_SSM_PROTOCOL: {
    exitCode: 1,
    hint: 'The far side does not speak the Session Manager protocol: check the stream URL and whatever stands in between.',
  },
  HAWSER_SSM_PORT_IN_USE: {
    exitCode: 1,
    hint: 'Choose another local port (0 takes any free one) or stop the program that holds this one.',
  },
  HAWSER_SSM_BIND_DENIED: {
    exitCode: 1,
    hint: 'Choose a local port above 1023, and an address that belongs to this machine.',
  },
  HAWSER_SSM_CONNECT_REFUSED: {
    exitCode: 1,
    hint: 'Check that something listens on that host and port, as seen from the target, and that the agent may reach it.',
  },
  HAWSER_SSM_COPY_LOCAL_FILE: { exitCode: 1, hint: 'Check the file, its folder and the free space on this machine.' },
  HAWSER_SSM_COPY_REMOTE_FILE: {
    exitCode: 1,
    hint: 'Check the path, its folder, its owner and the free space on the target.',
  },
  HAWSER_SSM_COPY_REMOTE_FAILED: {
    exitCode: 1,
    hint: 'Run the copy again: it goes on where it stopped.',
  },
  HAWSER_SSM_COPY_UNSUPPORTED: {
    exitCode: 1,
    hint: 'Copies need a POSIX shell with base64 on the target.',
  },
  HAWSER_SSM_COPY_DIGEST_MISMATCH: {
    exitCode: 1,
    hint: 'Nothing was put in place. Check that nobody writes to the file, and run the copy again.',
  },
};

/** What an {@link SsmChannelError} may be given besides code and message. */
export interface SsmChannelErrorOptions {
  /** Replaces the default hint of the code. */
  readonly hint?: string | undefined;
  /** Facts for machines; never a secret. */
  readonly details?: Readonly<Record<string, JsonValue | undefined>> | undefined;
  /** What went wrong underneath. */
  readonly cause?: unknown;
}

/** The one error class of this package. */
export class SsmChannelError extends Error {
  static {
    Object.defineProperty(this.prototype, 'name', { value: 'SsmChannelError', configurable: true, writable: true });
  }

  readonly code: SsmChannelErrorCode;
  readonly exitCode: 1 | 2;
  readonly hint: string;
  readonly details?: Readonly<Record<string, JsonValue | undefined>>;

  constructor(code: SsmChannelErrorCode, message: string, options: SsmChannelErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.exitCode = ssmChannelErrors[code].exitCode;
    this.hint = options.hint ?? ssmChannelErrors[code].hint;
    if (options.details) this.details = options.details;
  }
}
