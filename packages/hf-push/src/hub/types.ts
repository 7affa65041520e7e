import type { OnEvent } from '../events.js';
import type { Clock } from '../http/clock.js';
import type { TopEntry } from '../tree/oid.js';
import type { TreeFile } from '../tree/types.js';

/** How to talk to a Hub. */
export interface OpenHubOptions {
  /** Default: `HF_ENDPOINT` of `env`, else https://huggingface.co. */
  readonly endpoint?: string;
  /** Without one only what is public can be read. */
  readonly token?: string;
  /** Where `HF_ENDPOINT` is read from. Default: nowhere. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** For all requests but streamed uploads. Default: that of Node. */
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
  /** For one try of a plain request. Default 60,000; uploads have an hour. */
  readonly timeoutMs?: number;
  /** Tries of one request in all. Default 5. */
  readonly tries?: number;
  /** A rate limit that asks for more is an error. Default 330,000: the Hub's windows last five minutes. */
  readonly maxRateWaitMs?: number;
  readonly signal?: AbortSignal;
  readonly onEvent?: OnEvent;
}

/** Who a token stands for. */
export interface Identity {
  readonly name: string;
  /** `user`, `org` or `app`. */
  readonly type: string;
  readonly isPro: boolean;
  readonly orgs: readonly { readonly name: string; readonly role: string | undefined; readonly isPaid: boolean }[];
  /** `read`, `write`, `fineGrained`, or undefined where the Hub does not say. */
  readonly tokenRole: string | undefined;
}

/** A Space as the Hub describes it. */
export interface SpaceInfo {
  /** `namespace/name`. */
  readonly id: string;
  /** Commit the asked revision stands at. */
  readonly sha: string;
  /** `docker`, `gradio`, `static` …; undefined while it has no README. */
  readonly sdk: string | undefined;
  readonly private: boolean;
  /** Where the app answers, such as `https://ns-name.hf.space`. */
  readonly host: string | undefined;
  /** Front matter of its README. */
  readonly card: Readonly<Record<string, unknown>>;
  readonly runtime: SpaceRuntime | undefined;
}

/** What a Space does just now. The Hub names no commit in it. */
export interface SpaceRuntime {
  /** `BUILDING`, `RUNNING`, `BUILD_ERROR` and others; the Hub may add some. */
  readonly stage: string;
  readonly hardware: { readonly current: string | undefined; readonly requested: string | undefined };
  readonly errorMessage: string | undefined;
}

/** A file of a Space. */
export interface RemoteFile {
  readonly path: string;
  /** Of the content, in bytes. */
  readonly size: number;
  /** Git's object id: that of the pointer where the content is in LFS. */
  readonly oid: string;
  /** SHA-256 and size of the content, where it is in LFS. */
  readonly lfs?: { readonly oid: string; readonly size: number };
}

/** A commit of a Space. */
export interface SpaceCommit {
  readonly id: string;
  readonly title: string;
  /** What stands below the title. */
  readonly message: string;
  readonly date: string;
}

/** How the Hub wants a file: inside the commit, or through LFS first. */
export interface UploadMode {
  readonly path: string;
  readonly mode: 'regular' | 'lfs';
  /** The Space's .gitignore names it: the Hub would drop it. */
  readonly isIgnored: boolean;
}

/** A file inside a commit. Its bytes are read when they are sent, and must be those its oid names. */
export type CommitOperation =
  | { readonly kind: 'file'; readonly file: Pick<TreeFile, 'path' | 'size' | 'oid'>; read(): Promise<Uint8Array> }
  | { readonly kind: 'lfs'; readonly path: string; readonly oid: string; readonly size: number }
  | { readonly kind: 'delete'; readonly path: string };

/** A commit to be made. */
export interface NewCommit {
  readonly title: string;
  readonly description: string;
  /** The commit the changes are made to: any other head is HAWSER_HF_HEAD_MOVED. */
  readonly parent: string;
  /** Default `main`. */
  readonly revision?: string;
  readonly operations: readonly CommitOperation[];
}

/** A file that goes to LFS: SHA-256, size, and where its bytes are on this machine. */
export interface LfsObject {
  readonly path: string;
  readonly oid: string;
  readonly size: number;
  readonly content: TreeFile['content'];
  /** What its file looked like when it was hashed; without it the file is hashed again before it is sent. */
  readonly stamp?: string;
}

/** A Space to be made. */
export interface NewSpace {
  /** `namespace/name`. */
  readonly id: string;
  readonly private: boolean;
  readonly hardware?: string;
  readonly sleepTimeSeconds?: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
}

/** One line of a Space's log. */
export interface LogLine {
  /** As the Hub has it, in ISO 8601. */
  readonly timestamp: string;
  readonly line: string;
}

/** A pull request of a Space. */
export interface PullRequest {
  readonly number: number;
  readonly title: string;
  readonly isOpen: boolean;
}

/** What a Hub was opened with, for whoever works with it. */
export interface HubContext {
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  readonly onEvent: OnEvent | undefined;
}

/** A Hub, and everything this package asks it. One object is one account with one rate budget. */
export interface Hub {
  readonly endpoint: string;
  readonly hasToken: boolean;
  /** What the steps above single requests go by. */
  readonly context: HubContext;
  /** The same Hub (identity and rate budget shared) with another signal or another place for events. */
  with(change: { readonly signal?: AbortSignal | undefined; readonly onEvent?: OnEvent | undefined }): Hub;
  /** Asked of the Hub once; HAWSER_HF_TOKEN_MISSING without a token. */
  whoAmI(): Promise<Identity>;
  /** Undefined when there is no such Space, or it is hidden. */
  spaceInfo(space: string, revision?: string): Promise<SpaceInfo | undefined>;
  /** All files at a commit or branch, in the Hub's order. */
  listTree(space: string, revision: string): Promise<readonly RemoteFile[]>;
  /**
   * What stands at the root of a commit or branch, folders with git's name of the tree in them: enough to name the whole
   * tree. Undefined when there are other things than files and folders.
   */
  listTop(space: string, revision: string): Promise<readonly TopEntry[] | undefined>;
  /** Newest first. */
  listCommits(space: string, options?: { readonly revision?: string; readonly limit?: number }): Promise<SpaceCommit[]>;
  /** Bytes of a file of up to 64 MiB, LFS content included. */
  readFile(space: string, path: string, revision: string): Promise<Uint8Array>;
  /** Makes a Docker Space; HAWSER_HF_SPACE_EXISTS when there is one. */
  createSpace(space: NewSpace): Promise<void>;
  setVisibility(space: string, visibility: 'public' | 'private'): Promise<void>;
  variables(space: string): Promise<Readonly<Record<string, string>>>;
  setVariable(space: string, key: string, value: string): Promise<void>;
  deleteVariable(space: string, key: string): Promise<void>;
  /** Names, and when each was set last; values are never told. */
  secrets(space: string): Promise<Readonly<Record<string, { readonly updatedAt: string | undefined }>>>;
  setSecret(space: string, key: string, value: string): Promise<void>;
  deleteSecret(space: string, key: string): Promise<void>;
  runtime(space: string): Promise<SpaceRuntime>;
  requestHardware(space: string, flavor: string, sleepTimeSeconds?: number): Promise<SpaceRuntime>;
  restart(space: string, options?: { readonly factory?: boolean }): Promise<SpaceRuntime>;
  pause(space: string): Promise<SpaceRuntime>;
  /** How the Hub wants each file, in requests of 256; and the head it answered for. */
  preupload(
    space: string,
    revision: string,
    files: readonly { readonly path: string; readonly size: number; readonly sample: Uint8Array }[],
  ): Promise<{ readonly modes: readonly UploadMode[]; readonly head: string | undefined }>;
  /** Sends what the Hub does not have yet; answers with the number of objects that were sent. */
  uploadLfs(
    space: string,
    objects: readonly LfsObject[],
    options?: { readonly revision?: string; readonly onUploaded?: (object: LfsObject) => void },
  ): Promise<number>;
  /**
   * Makes one commit. `tookEffect` is asked before it is sent again after an answer was lost, and its answer taken.
   */
  commit(
    space: string,
    commit: NewCommit,
    tookEffect?: () => Promise<string | undefined>,
  ): Promise<{ readonly id: string }>;
  /** Newest first. */
  listPullRequests(space: string): Promise<PullRequest[]>;
  /** Opens an empty pull request; commits for it go to `refs/pr/NUMBER`. */
  openPullRequest(space: string, request: { readonly title: string; readonly description: string }): Promise<number>;
  /** Lines of a log. With `follow` it goes on until the Hub says that there is no more, over broken connections. */
  logs(
    space: string,
    log: 'build' | 'run',
    options?: { readonly follow?: boolean; readonly signal?: AbortSignal },
  ): AsyncIterable<LogLine>;
}
