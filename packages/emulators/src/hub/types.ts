/** A person or program the Hub knows. */
export interface HubAccount {
  readonly name: string;
  /** Begins with `hf_`, as official clients insist. */
  readonly token: string;
  /** Default `write`. */
  readonly role?: 'read' | 'write';
  /** May make Docker Spaces. Default true. */
  readonly isPro?: boolean;
  /** Organizations, and the role in each. */
  readonly orgs?: Readonly<Record<string, 'read' | 'contributor' | 'write' | 'admin'>>;
}

/** What goes wrong, on demand: for requests whose method and path match, `times` times. */
export interface HubFault {
  readonly method?: string;
  /** Matched against the path with its query. */
  readonly path: RegExp;
  /** Default 1. */
  readonly times?: number;
  /** Let this many matching requests pass first. Default 0. */
  readonly after?: number;
  /**
   * `status`: that answer instead of the work. `drop-before`: the connection is cut and nothing done. `drop-after`:
   * the work is done and the connection cut without an answer. `stall`: nothing done and no answer, the connection
   * stays. `stall-after`: the work is done, and then the same.
   */
  readonly does:
    | {
        readonly kind: 'status';
        readonly status: number;
        readonly headers?: Readonly<Record<string, string>>;
        readonly body?: unknown;
      }
    | { readonly kind: 'drop-before' }
    | { readonly kind: 'drop-after' }
    | { readonly kind: 'stall' }
    | { readonly kind: 'stall-after' };
}

/** A request that came, told when it was answered. */
export interface HubRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** 0 where a fault left it without an answer. */
  readonly status: number;
  /** Bytes of the body that came. */
  readonly bytes: number;
}

/** How to start a Hub. */
export interface HubEmulatorOptions {
  /** Default 0: a free port. */
  readonly port?: number;
  /** Default: `hawser`, a PRO account with a write token and the organization `my-org` (admin). */
  readonly accounts?: readonly HubAccount[];
  /** How builds go: stages passed and their lines, per Space; by default every build succeeds at once. */
  readonly build?: (space: string, commit: string) => HubBuild;
  /** Requests per window and account; default none. */
  readonly rateLimit?: { readonly requests: number; readonly windowSeconds: number };
  /** Size from which a file goes by LFS whatever it is; binary files always do. Default 10 MiB. */
  readonly regularLimitBytes?: number;
  /** Offer multipart uploads for larger LFS objects, in parts of this size. Default: basic only. */
  readonly multipartBytes?: number;
  /** Device login: seconds between polls (more often is `slow_down`), and until a code is worth nothing. Default 5, 900. */
  readonly device?: { readonly intervalSeconds?: number; readonly expiresInSeconds?: number };
  /**
   * Keeps Spaces from one start to the next in this folder, which is made when missing: git objects and refs, LFS objects,
   * settings and discussions. Default: they are gone when the Hub is closed.
   */
  readonly folder?: string;
}

/** How a build goes. */
export interface HubBuild {
  readonly lines?: readonly string[];
  /** Default `running`. */
  readonly ends?: 'running' | 'build-error' | 'runtime-error' | 'never';
  /** How many more readings of the runtime see each stage on the way. Default 1. */
  readonly readings?: number;
  /**
   * How many readings right after a commit still see RUNNING, where the Space was running before: the Hub's answer
   * names no commit, and is late. Default 1.
   */
  readonly staleReadings?: number;
  readonly runLines?: readonly string[];
}

/** A Hub on loopback. */
export interface HubEmulator extends AsyncDisposable {
  /** What HF_ENDPOINT is to be. */
  readonly endpoint: string;
  readonly accounts: readonly HubAccount[];
  /** HF_ENDPOINT, HF_TOKEN and what official clients need to stay on this machine. */
  readonly env: Readonly<Record<string, string>>;
  /** Requests so far, oldest first. */
  readonly requests: readonly HubRequest[];
  /** Makes something go wrong from now on. */
  fail(fault: HubFault): void;
  /** Settles with the first request that matches, of those so far or to come. Rejects when the Hub is closed. */
  requested(match: (request: HubRequest) => boolean): Promise<HubRequest>;
  /** Tree id, commit id and number of commits of a Space's branch. */
  head(
    space: string,
    branch?: string,
  ): { readonly commit: string; readonly tree: string; readonly commits: number } | undefined;
  /** What a person does in the browser during device login. Default account: the first. False for an unknown code. */
  approve(userCode: string, account?: string): boolean;
  /** As {@link HubEmulator.approve}, but refusing. */
  deny(userCode: string): boolean;
  close(): Promise<void>;
}
