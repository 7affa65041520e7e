import type { Envelope, ReceiptClaim } from '@hawser/receipts';
import type {
  ExecutionRecord,
  GitCredential,
  KeyScope,
  LogEvent,
  LogStream,
  ReasonCode,
  SecretRecord,
} from '@hawser/exec-client/contract';

/** One thing that is kept. `data` is JSON. */
export interface Row<T = unknown> {
  readonly partition: string;
  readonly key: string;
  /** From 1; grows by one with every write. */
  readonly version: number;
  readonly data: T;
  /** Milliseconds since 1970. After this the row may vanish at any time; it is never a lease. */
  readonly expiresAtMs?: number;
}

/**
 * Where rows are kept. Writes are conditional on the version that was read, and there are no transactions: everything
 * above is built so that any two writes may be torn apart by a crash. A store that cannot be reached throws
 * `HAWSER_EXEC_BACKEND_STORE_FAILED`, and the service answers 503.
 */
export interface Store {
  get<T>(partition: string, key: string): Promise<Row<T> | undefined>;
  /** Writes when the row's version is `expected` (0: when there is none). The new version, or `undefined` when another was there first. */
  put<T>(row: Omit<Row<T>, 'version'>, expected: number): Promise<number | undefined>;
  /** Removes when the row's version is `expected`. Whether it did. */
  remove(partition: string, key: string, expected: number): Promise<boolean>;
  /** Rows of a partition in the order of their keys (UTF-8 bytes), or backwards. */
  list<T>(
    partition: string,
    options: {
      readonly prefix?: string | undefined;
      /** Begin behind this key. */
      readonly after?: string | undefined;
      readonly limit: number;
      readonly backwards?: boolean | undefined;
    },
  ): Promise<readonly Row<T>[]>;
  /** Resolves when something of the partition may have changed, or after `timeoutMs`. Missing where the store cannot tell. */
  changed?(partition: string, options: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<void>;
  close?(): Promise<void>;
}

/** What a runner is asked to start. Nothing in it is secret but the token. */
export interface Job {
  readonly executionId: string;
  /** From 1. With the id it names the start: asking twice starts one task. */
  readonly attempt: number;
  /** One-time: exchanged for the payload. 32 random bytes, hex. */
  readonly token: string;
  readonly image?: string;
  readonly entrypoint: 'shell' | 'image';
  readonly isolation?: 'auto' | 'process' | 'sandbox' | 'container';
  /** Name of the program that the command is run by; only runners of this machine know such. */
  readonly runner?: string;
  readonly platform?: 'auto' | 'X86_64' | 'ARM64';
  readonly cpu?: number;
  readonly memory?: number;
  readonly disk?: number;
  readonly role?: string;
  readonly timeoutSeconds: number;
  readonly graceSeconds: number;
  readonly attachable: boolean;
}

/** What names a started task: an ARN, or a local supervisor. */
export interface TaskRef {
  readonly arn: string;
  readonly definition?: string;
  /** Names of the streams that its log is in, where the runner has such. */
  readonly logs?: readonly string[];
  readonly imageDigest?: string;
  readonly platform?: string;
  /** What the backend says about where it runs, e.g. `sandbox (bubblewrap)`. */
  readonly isolation?: string;
  readonly note?: string;
}

/** How a task stands, as its runner sees it: never by the order of events. */
export interface TaskFacts {
  readonly task: TaskRef;
  readonly state: 'provisioning' | 'preparing' | 'running' | 'stopped';
  /** Of an ended command; missing when it never began or nothing is known. */
  readonly exitCode?: number;
  readonly signal?: string;
  /** Set when the task stopped for another reason than the command's end, or never began. */
  readonly reasonCode?: ReasonCode;
  readonly reason?: string;
  /** Whether a new attempt may do better. Only ever true when the command cannot have begun. */
  readonly retryable?: boolean;
  /** Whether the command may have begun. */
  readonly began?: boolean;
  readonly startedAtMs?: number;
  readonly stoppedAtMs?: number;
}

/** A start that did not happen. */
export interface StartFailure {
  readonly failed: true;
  readonly reasonCode: ReasonCode;
  readonly reason: string;
  readonly retryable: boolean;
}

/** Where commands run. */
export interface Runner {
  readonly kind: ExecutionRecord['backend']['kind'];
  /** What POST and GET say about where it will run, before anything does. Throws where the isolation wanted is not to be had. */
  describe(job: Pick<Job, 'isolation' | 'image' | 'runner'>): Promise<ExecutionRecord['backend']>;
  /** Starts a task. The same id and attempt twice give the same task. A failure is a value; throwing means that nobody knows. */
  start(job: Job): Promise<TaskRef | StartFailure>;
  /** The task of a start whose answer was lost. */
  find(executionId: string, attempt: number): Promise<TaskRef | undefined>;
  /** `undefined`: there is no such task any more. */
  inspect(task: TaskRef): Promise<TaskFacts | undefined>;
  /** TERM, then KILL after the grace period; `force`: KILL at once. Idempotent. */
  stop(task: TaskRef, options: { readonly reason: string; readonly force?: boolean }): Promise<void>;
  /** Somebody waits for a lock: a chance to watch the holder where no one else does. */
  waiting?(executionId: string): Promise<void>;
  /** Opens a session into a running task. */
  attach?(
    task: TaskRef,
    options: { readonly command?: string; readonly sentinel: string },
  ): Promise<{
    readonly sessionId: string;
    readonly streamUrl: string;
    readonly token: string;
    readonly target: string;
    readonly region: string;
  }>;
}

/** A stretch of a log. */
export interface LogStretch {
  readonly events: readonly LogEvent[];
  /** Opaque: where to go on. */
  readonly position: string;
  /** The end mark was read: nothing follows. */
  readonly ended: boolean;
  /** With `ended`: every line that the mark counts was read. */
  readonly complete: boolean;
  /** With `ended`: what the end mark says. */
  readonly mark?: LogFacts | undefined;
}

/** How much a command wrote. Lines are counted by their newlines; a last line without one counts too. */
export interface LogFacts {
  readonly lines: number;
  readonly bytes: number;
  /** Of the bytes as they were written, hex. */
  readonly sha256?: string | undefined;
}

/** Where logs are read. */
export interface LogReader {
  /**
   * What follows `position` (the beginning when missing). Waits for the first line at most `waitMs`; an execution
   * without a log yet has an empty one.
   */
  read(
    record: ExecutionRecord,
    options: {
      readonly position?: string | undefined;
      readonly limit: number;
      readonly waitMs: number;
      readonly stream?: LogStream | 'all' | undefined;
      /** What the end mark of this attempt carries: a command does not know it, so it cannot write one. */
      readonly nonce?: string | undefined;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<LogStretch>;
  /**
   * What an ended log amounts to, where that can be told without reading it. `undefined`: its end mark is not there.
   * Without this the log of every ended execution is read once, to count it.
   */
  measure?(record: ExecutionRecord): Promise<(LogFacts & { readonly complete: boolean }) | undefined>;
}

/** Where secrets and credentials of git servers are kept: SSM parameters on AWS, a 0600 file at home. */
export interface Secrets {
  list(): Promise<readonly SecretRecord[]>;
  put(name: string, value: string, by?: string): Promise<SecretRecord>;
  remove(name: string): Promise<boolean>;
  /** Values by name; a name that is not there is missing from the answer. */
  resolve(names: readonly string[]): Promise<ReadonlyMap<string, string>>;
  gitCredential(host: string): Promise<GitCredential | undefined>;
}

/** Who sends a request. */
export interface Caller {
  readonly keyId?: string;
  readonly name?: string;
  readonly arn?: string;
  readonly scopes: readonly KeyScope[];
}

/** Says who sends a request: by API key, by IAM, or, in process, the person at the keyboard. */
export interface Authenticator {
  /** `undefined`: nobody we know. Throws where the store of keys cannot be reached. */
  authenticate(request: Request): Promise<Caller | undefined>;
}

/** Signs the receipt of an execution. */
export interface ReceiptSigner {
  readonly keyId: string;
  /** PEM: told to whoever may ask, so that they can verify. */
  readonly publicKey: string;
  sign(claim: ReceiptClaim): Promise<Envelope>;
}

/** Sends a webhook. Throws when it was not taken. */
export interface Notifier {
  post(url: string, body: string, headers: Readonly<Record<string, string>>): Promise<void>;
}

/** The time, and randomness: given so that tests can hold them. */
export interface Clock {
  nowMs(): number;
}

/** Makes ids and tokens. */
export interface Ids {
  /** Hex digits of `bytes` random bytes. */
  random(bytes: number): string;
}

/** What the operator of a backend allows. */
export interface Limits {
  /** Default 21,600; at most 86,400. */
  readonly maxTimeoutSeconds: number;
  /** ARNs of the task roles that may be asked for. */
  readonly allowedRoles: readonly string[];
  /** Which schemes a repository may have: `https` and `ssh` on AWS; `http`, `file` and paths at home too. */
  readonly repoSchemes: readonly ('https' | 'ssh' | 'http' | 'git' | 'file')[];
  readonly defaultImage?: string;
  /** Size of a task that asks for none: what costs are reckoned with. */
  readonly taskSize?: { readonly cpu: number; readonly memory: number; readonly platform: 'X86_64' | 'ARM64' };
  /** Requests that one key may send: a bucket of `burst` that refills at `perSecond`. No limit when missing. */
  readonly rate?: { readonly perSecond: number; readonly burst: number };
  /** Let webhooks go to http on loopback: for this machine, and for tests. */
  readonly loopbackWebhooks?: boolean;
}

/** All that the service leans on. */
export interface BackendPorts {
  readonly store: Store;
  readonly runner: Runner;
  readonly logs: LogReader;
  readonly secrets: Secrets;
  readonly authenticator: Authenticator;
  readonly signer: ReceiptSigner;
  readonly notifier: Notifier;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly limits: Limits;
  /** Of our package, for /health. */
  readonly version: string;
  /** Hears why an answer was 500 or 503, which the answer does not say: for the operator's log. */
  readonly trouble?: (error: unknown, requestId: string) => void;
}
