/** A value that survives JSON unchanged; what {@link TunnelsError.details} is made of. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

/** Every code a {@link TunnelsError} can carry. A code never changes its meaning. */
export type TunnelsErrorCode =
  | 'HAWSER_NET_BAD_INPUT'
  | 'HAWSER_NET_CONFIG_INVALID'
  | 'HAWSER_NET_CONFIG_UNTRUSTED'
  | 'HAWSER_NET_SET_NOT_FOUND'
  | 'HAWSER_NET_TUNNEL_NOT_FOUND'
  | 'HAWSER_NET_EXISTS'
  | 'HAWSER_NET_PORT_IN_USE'
  | 'HAWSER_NET_BIND_DENIED'
  | 'HAWSER_NET_NOT_READY'
  | 'HAWSER_NET_LINK_FAILED'
  | 'HAWSER_NET_NEEDS_AUTH'
  | 'HAWSER_NET_NOT_RUNNING'
  | 'HAWSER_NET_SUPERVISOR_FAILED'
  | 'HAWSER_NET_PROTOCOL'
  | 'HAWSER_NET_SERVICE_FAILED';

/** What every error of one code has in common. */
export interface TunnelsErrorRow {
  /** 1: the world is not as wanted. 2: what was asked for, or a stored document, is wrong. */
  readonly exitCode: 1 | 2;
  /** What to do next, unless the place that raised the error knows better. */
  readonly hint: string;
}

/** Exit code and default hint of every code. The error reference is made from it. */
export const tunnelsErrors: Readonly<Record<TunnelsErrorCode, TunnelsErrorRow>> = {
  HAWSER_NET_BAD_INPUT: { exitCode: 2, hint: 'Correct what is named, and try again.' },
  HAWSER_NET_CONFIG_INVALID: {
    exitCode: 2,
    hint: 'Correct the line that is named; the schema of tunnels.yaml says what may stand there.',
  },
  HAWSER_NET_CONFIG_UNTRUSTED: {
    exitCode: 2,
    hint: 'Read the file; hawser net trust takes it as it is now, or put these options into your own tunnels.yaml.',
  },
  HAWSER_NET_SET_NOT_FOUND: { exitCode: 2, hint: 'hawser net list --sets names the sets there are.' },
  HAWSER_NET_TUNNEL_NOT_FOUND: { exitCode: 2, hint: 'hawser net list names the tunnels there are.' },
  HAWSER_NET_EXISTS: { exitCode: 1, hint: 'Close the other with hawser net down --name NAME, or choose another name.' },
  HAWSER_NET_PORT_IN_USE: {
    exitCode: 1,
    hint: 'Choose another port, or let --on-port-conflict next take the next free one.',
  },
  HAWSER_NET_BIND_DENIED: { exitCode: 1, hint: 'Choose an address of this machine and a port above 1023.' },
  HAWSER_NET_NOT_READY: { exitCode: 1, hint: 'hawser net doctor NAME says which step of the way fails.' },
  HAWSER_NET_LINK_FAILED: { exitCode: 1, hint: 'hawser net doctor NAME says which step of the way fails.' },
  HAWSER_NET_NEEDS_AUTH: { exitCode: 1, hint: 'Run the command that is named, then hawser net up again.' },
  HAWSER_NET_NOT_RUNNING: { exitCode: 1, hint: 'Open tunnels with hawser net up.' },
  HAWSER_NET_SUPERVISOR_FAILED: { exitCode: 1, hint: 'hawser net logs shows its last words.' },
  HAWSER_NET_PROTOCOL: {
    exitCode: 1,
    hint: 'Close all with hawser net down --all, and open them again with this version.',
  },
  HAWSER_NET_SERVICE_FAILED: { exitCode: 1, hint: 'Read what the service manager said, and try again.' },
};

/** Says what happened to what, under a stable code, with the next step. */
export class TunnelsError extends Error {
  declare readonly name: 'TunnelsError';
  readonly code: TunnelsErrorCode;
  readonly exitCode: 1 | 2;
  readonly hint: string;
  /** Facts for programs; never a secret. */
  readonly details?: Readonly<Record<string, JsonValue | undefined>>;

  constructor(
    code: TunnelsErrorCode,
    message: string,
    options: {
      readonly hint?: string | undefined;
      readonly details?: Readonly<Record<string, JsonValue | undefined>> | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.exitCode = tunnelsErrors[code].exitCode;
    this.hint = options.hint ?? tunnelsErrors[code].hint;
    if (options.details) this.details = options.details;
  }

  static {
    Object.defineProperty(this.prototype, 'name', { value: 'TunnelsError', configurable: true, writable: true });
  }
}
