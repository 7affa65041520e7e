/** A self-hosted runner as the REST API shows it. */
export interface GithubRunner {
  readonly id: number;
  readonly name: string;
  /** Default `linux`. */
  readonly os?: string;
  /** Default `online`. */
  readonly status?: 'online' | 'offline';
  /** Default false. */
  readonly busy?: boolean;
  /** Names of its labels. */
  readonly labels?: readonly string[];
  /** Default 1. */
  readonly runnerGroupId?: number;
}

/** A job of a run. */
export interface GithubJob {
  readonly id: number;
  readonly name: string;
  readonly status: 'queued' | 'in_progress' | 'completed';
  readonly conclusion?: 'success' | 'failure' | 'cancelled' | 'skipped';
  /** Default: when it was put here. */
  readonly createdAt?: string;
  readonly labels: readonly string[];
  readonly runnerId?: number;
  readonly runnerName?: string;
}

/** A run of a workflow, with its jobs. */
export interface GithubRun {
  readonly id: number;
  /** File of the workflow, such as `probe.yml`. */
  readonly workflow: string;
  /** Default `push`. */
  readonly event?: string;
  readonly status: 'queued' | 'in_progress' | 'completed';
  readonly conclusion?: 'success' | 'failure' | 'cancelled';
  readonly createdAt?: string;
  readonly jobs: readonly GithubJob[];
}

/** What a workflow was dispatched with. */
export interface GithubDispatch {
  /** `OWNER/REPOSITORY`. */
  readonly repository: string;
  readonly workflow: string;
  readonly ref: string;
}

/** What goes wrong, on demand: for requests whose method and path match, `times` times. */
export interface GithubFault {
  readonly method?: string;
  /** Matched against the path with its query. */
  readonly path: RegExp;
  /** Default 1. */
  readonly times?: number;
  /** Let this many matching requests pass first. Default 0. */
  readonly after?: number;
  /**
   * `answer`: that answer instead of the work, `body` as it is. `drop`: the connection is cut. `stall`: no answer, the
   * connection stays.
   */
  readonly does:
    | {
        readonly kind: 'answer';
        readonly status: number;
        readonly headers?: Readonly<Record<string, string>>;
        readonly body?: string;
      }
    | { readonly kind: 'drop' }
    | { readonly kind: 'stall' };
}

/** One request, as it was answered. */
export interface GithubRequest {
  readonly method: string;
  /** With its query, without `/api/v3`. */
  readonly path: string;
  /** 0 when there was no answer. */
  readonly status: number;
}

/** How the emulated GitHub is set up. */
export interface GithubEmulatorOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** The only token that is known; others are answered 401. Default: a fixed one. */
  readonly token?: string;
  /** What the token may do; false is answered 403 with the permission that is missing. Default: everything. */
  readonly authorize?: (request: { readonly method: string; readonly path: string }) => boolean;
  /** Requests per window; answers with 304 do not count. Default none. */
  readonly rateLimit?: { readonly requests: number; readonly windowSeconds: number };
  /**
   * Workflows that can be dispatched, by file; what they answer becomes the run. Default: none, and a dispatch is
   * answered 404.
   */
  readonly workflows?: Readonly<Record<string, (dispatch: GithubDispatch) => GithubRun>>;
}

/** A GitHub server on loopback, as much of its REST API as runners, runs, jobs and dispatches need. */
export interface GithubEmulator extends AsyncDisposable {
  /** The server, as a GitHub Enterprise Server has it: its REST API is at `/api/v3`. */
  readonly url: string;
  readonly token: string;
  /** GITHUB_TOKEN, GITHUB_SERVER_URL and GITHUB_API_URL. */
  readonly env: Readonly<Record<string, string>>;
  /** Runners of `repos/OWNER/REPO`, `orgs/NAME` or `enterprises/NAME`; replaces those that were there. */
  setRunners(scope: string, runners: readonly GithubRunner[]): void;
  /** Runs of `OWNER/REPO`, newest first; replaces those that were there. */
  setRuns(repository: string, runs: readonly GithubRun[]): void;
  /** Runs of `OWNER/REPO`, dispatched ones among them. */
  runs(repository: string): readonly GithubRun[];
  /** Makes something go wrong from now on. */
  fail(fault: GithubFault): void;
  /** Requests so far, oldest first. */
  readonly requests: readonly GithubRequest[];
  /** Settles with the first request that matches, of those so far or to come. Rejects when the server is closed. */
  requested(match: (request: GithubRequest) => boolean): Promise<GithubRequest>;
  close(): Promise<void>;
}
