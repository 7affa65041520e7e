/** Columns and rows of a terminal, in character cells. Both between 1 and 1,000. */
export interface TerminalSize {
  readonly cols: number;
  readonly rows: number;
}

/** Where a session stands. Every edge is one guarded update in the store; see {@link sessionEdges}. */
export type SessionState =
  | 'requested'
  | 'queued'
  | 'starting'
  | 'fetching'
  | 'installing'
  | 'running'
  | 'draining'
  | 'exited'
  | 'archived'
  | 'expired';

/** Why a session ended; set together with `exited`. */
export type ExitReason =
  | 'ok'
  | 'nonzero'
  | 'signal'
  | 'oom'
  | 'deadline'
  | 'evicted'
  | 'node_lost'
  | 'fetch_failed'
  | 'install_failed'
  | 'start_timeout'
  | 'cancelled'
  | 'idle'
  | 'lost';

/** How a command ended. One of `code` and `signal` is null when the command ran; both when it never did. */
export interface ExitRecord {
  readonly reason: ExitReason;
  /** Exit status of the command, 0 to 255. */
  readonly code: number | null;
  /** Name of the signal that ended it, such as `SIGKILL`. */
  readonly signal: string | null;
  /** Bytes of the whole log: the offset behind the last one. */
  readonly offset: number;
  /** SHA-256 of the whole log as written by the runner, lower-case hex; null when no log came out of the pod. */
  readonly digest: string | null;
  /** A sentence for a person, such as what of the source could not be fetched. */
  readonly message?: string;
  /** Processes that still held the terminal when the wait for them ended. */
  readonly leftBehind?: number;
}

/** What a viewer may do: `view` sees, `control` may also type when it holds the lease. */
export type ViewerRole = 'control' | 'view';

/** How several viewers' sizes become the one of the terminal. */
export type SizeMode = 'latest' | 'smallest-visible' | 'fixed';

/** What the request names as the place the code comes from, as asked for. */
export interface SourceRequest {
  readonly url: string;
  readonly checksumSha256?: string;
}

/** Which addresses the command may reach. */
export type EgressProfile = 'none' | 'public' | 'allowlist';

/** Body of `POST /api/sessions`, as written on the wire. */
export interface CreateSessionRequest {
  readonly code_url?: string;
  readonly code_checksum_sha256?: string;
  /** A shell command; exactly one of `command` and `argv`. */
  readonly command?: string;
  /** A program and its arguments, run without a shell. */
  readonly argv?: readonly string[];
  /** Handed to the command in the environment (`HAWSER_PROMPT`, and under the configured alias). */
  readonly prompt?: string;
  /** Run before the command. When absent and the source holds a package.json: `npm install`. An empty text: nothing. */
  readonly install_cmd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly size?: TerminalSize;
  readonly size_mode?: SizeMode;
  /** Seconds from the start of the command; at most the service's own limit. */
  readonly deadline_seconds?: number;
  /** Seconds without output, input and viewer after which the session ends with `idle`; 0 never. */
  readonly idle_seconds?: number;
  /** False keeps the runner, serving its log, after the command ended. Default true. */
  readonly exit_on_job?: boolean;
  readonly egress?: EgressProfile;
  readonly labels?: Readonly<Record<string, string>>;
  /** `ready` answers when a runner serves the terminal, `exited` when the command is over; else at once. */
  readonly wait?: 'ready' | 'exited';
}

/** A session as the API shows it (`GET /api/sessions/{id}`). */
export interface SessionView {
  readonly sessionId: string;
  readonly state: SessionState;
  readonly owner: string;
  readonly command: string | null;
  readonly argv: readonly string[] | null;
  readonly source: { readonly url: string; readonly revision: string | null } | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly size: TerminalSize;
  readonly egress: EgressProfile;
  readonly exitOnJob: boolean;
  /** ISO 8601, UTC, milliseconds; so are all times here. */
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly exitedAt: string | null;
  readonly deadlineAt: string | null;
  /** Until then the log can be read. */
  readonly retainUntil: string | null;
  /** A sentence about what is being waited for, such as why no pod could be placed. */
  readonly detail: string | null;
  readonly exit: ExitRecord | null;
  readonly log: { readonly first: number; readonly head: number; readonly lines: number };
  readonly viewers: number;
  /** Grows by one with every change; the ETag. */
  readonly version: number;
  readonly links: {
    readonly self: string;
    readonly terminal: string;
    readonly log: string;
    readonly events: string;
  };
}

/** Body of the answer to `POST /api/sessions`: the session, and a link that works once. */
export interface CreatedSession extends SessionView {
  /** `/ws/{id}`; a WebSocket and the page. */
  readonly wsUrl: string;
  /** The ticket: an RS256 JWT that can be exchanged once. */
  readonly token: string;
  /** The page, ticket in the fragment. Absolute when the service knows its public address, else a path. */
  readonly terminalUrl: string;
  readonly ticketExpiresAt: string;
}

/** One thing that happened to a session, as told by `GET /api/sessions/{id}/events`. Never a secret, never what was typed. */
export interface SessionEvent {
  readonly id: number;
  readonly at: string;
  readonly actor: string;
  readonly kind: string;
  readonly data: Readonly<Record<string, string | number | boolean | null>>;
}
