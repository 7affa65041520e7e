import type { ExitRecord, EgressProfile, SessionState, SizeMode, TerminalSize } from '../protocol/types.js';

/**
 * What a runner asks of the controller. Over HTTP (`/internal/runner/{session}/{attempt}/…`, on the controller's
 * internal port, `Authorization: Bearer` the attempt's secret) in a cluster and on this machine alike. Every call may be
 * repeated; a call that cannot be made is tried again by the runner for as long as its session lasts.
 *
 * On the wire, below `/internal/runner/{session}/{attempt}`, each with the headers `authorization: Bearer {secret}` and
 * `x-hawser-epoch: {epoch}`:
 *
 * | Call | Request | Answer |
 * |---|---|---|
 * | `assignment` | `POST /assignment`, JSON {@link RunnerSelf} | 200 JSON {@link Assignment} · 202 not yet: ask again · 204 no work will come |
 * | `claim` | `POST /claim`, JSON {@link RunnerSelf} as of `assignment` | 200 JSON `{ won }` |
 * | `phase` | `POST /phase`, JSON {@link RunnerPhase} | 204 |
 * | `segment` | `PUT /segments/{n}`, packed | 204 |
 * | `keyframe` | `PUT /keyframes`, packed | 204 |
 * | `exit` | `POST /exit`, JSON {@link RunnerExit} | 204 |
 * | `beat` | `POST /beat`, JSON {@link RunnerBeat} | 200 JSON {@link RunnerWishes} |
 *
 * 503 and 429 mean: later. 401 wrong secret, 404 no such session, 409 another runner has this attempt, it is over, or another
 * segment of this number is kept: asking again changes nothing. 413: more than 4 MiB.
 */
export interface RunnerControl {
  /** Says who the runner is, and gets its work; for a warm runner it may take long. Undefined: no work will come. */
  assignment(self: RunnerSelf, options: { readonly signal: AbortSignal }): Promise<Assignment | undefined>;
  /** The compare-and-set on (session, attempt) before anything is executed. False: another one won, end quietly. */
  claim(epoch: string): Promise<boolean>;
  phase(phase: RunnerPhase): Promise<void>;
  /** Stores a segment; the same one again is no error, another one of the same number is. */
  segment(n: number, packed: Uint8Array): Promise<void>;
  keyframe(packed: Uint8Array): Promise<void>;
  /** How the command ended. After it is kept, nothing else is taken from this attempt. */
  exit(exit: RunnerExit): Promise<void>;
  /** Tells how far the log is, and waits up to 25 s for a wish: what the service wants of the runner. */
  beat(beat: RunnerBeat, options: { readonly signal: AbortSignal }): Promise<RunnerWishes>;
}

/** Who a runner is, and where it is reached. */
export interface RunnerSelf {
  /** 16 random bytes, hex, new for every start of a runner. */
  readonly epoch: string;
  readonly address: string;
  readonly port: number;
  readonly podName?: string;
  readonly podUid?: string;
}

/** The work. Comes over the control channel only: it is never in a pod's specification, an argument or the environment of the runner. */
export interface Assignment {
  readonly session: string;
  readonly attempt: number;
  readonly command: string | null;
  readonly argv: readonly string[] | null;
  readonly prompt: string | null;
  /** Names under which the prompt is handed over; the first is `HAWSER_PROMPT`. */
  readonly promptNames: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly source: { readonly url: string; readonly checksumSha256?: string } | null;
  /** Undefined: `npm install` where the source holds a package.json. Empty: nothing. */
  readonly installCommand?: string;
  readonly sourceRules: SourceRules;
  readonly size: TerminalSize;
  readonly sizeMode: SizeMode;
  /** Milliseconds from the claim until the command is ended with `deadline`. */
  readonly deadlineMs: number;
  /** Milliseconds without output, input and viewer until `idle`; 0 never. */
  readonly idleMs: number;
  readonly exitOnJob: boolean;
  readonly egress: EgressProfile;
  /** Bytes of log kept before its middle is dropped. */
  readonly logCapBytes: number;
  /** Newest lines that are kept even above the cap, up to twice of it. */
  readonly guaranteedLines: number;
}

/** Which sources may be fetched, and how much of them. Enforced by the runner. */
export interface SourceRules {
  /** `github.com`, `*.example.com`; empty for any public host. */
  readonly hosts: readonly string[];
  readonly allowHttp: boolean;
  /** Also addresses that are not public: for a laptop and for tests. */
  readonly allowPrivate: boolean;
  readonly maxCompressedBytes: number;
  readonly maxUnpackedBytes: number;
  readonly maxEntries: number;
  readonly maxRatio: number;
  readonly timeoutMs: number;
  /** Further schemes of addresses, each of which the runner has a fetcher for: `NAME:…` and `NAME+…:…`. */
  readonly schemes?: readonly string[];
  /** Bearer token for a host, for private sources. */
  readonly credentials: Readonly<Record<string, string>>;
}

/** A step of a session, as its runner tells it. */
export interface RunnerPhase {
  readonly state: Extract<SessionState, 'fetching' | 'installing' | 'running' | 'draining'>;
  readonly detail: string | null;
  /** Revision of the source once known: commit id, or SHA-256 of the archive. */
  readonly revision?: string;
}

/** How a command ended, with what its runner alone knows. */
export interface RunnerExit extends ExitRecord {
  /** Chain value behind the last segment. */
  readonly chain: string | null;
  readonly segments: number;
  readonly startedAtMs: number | null;
  readonly exitedAtMs: number;
  /** Who held the keyboard when, with counts and SHA-256 of what was typed. */
  readonly keyboard: readonly KeyboardTurn[];
}

/** One viewer's turn at the keyboard. */
export interface KeyboardTurn {
  readonly viewer: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** A sign of life. */
export interface RunnerBeat {
  readonly state: SessionState;
  readonly head: number;
  readonly lines: number;
  readonly viewers: number;
  /** Milliseconds since the last output, input or viewer. */
  readonly idleMs: number;
  /** Count of wishes already seen, so that each is told once. */
  readonly seen: number;
}

/** What the service wants of a runner. */
export interface RunnerWishes {
  readonly seen: number;
  /** End the command: SIGTERM to its group, SIGKILL after `graceMs`. */
  readonly stop?: { readonly reason: 'cancelled' | 'deadline' | 'idle'; readonly graceMs: number };
  /** Viewers whose grants were revoked: close them with 4003. */
  readonly revoked?: readonly string[];
}
