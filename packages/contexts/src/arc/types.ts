/** Whose runners are verified. */
export interface Subject {
  readonly owner: string;
  readonly repository: string;
  /** The installation's name, which is that of its AutoscalingRunnerSet, or the name in `runs-on`. */
  readonly scaleSet: string;
  readonly namespace: string;
  /** The GitHub server, such as `https://github.com`; never with a path or credentials. */
  readonly githubUrl: string;
  /** The runner this runs on, when it runs in a job of GitHub Actions. */
  readonly self?: string;
}

/** How long and how closely is looked. */
export interface Settings {
  readonly timeoutMs: number;
  readonly pollIntervalMs: number;
  /** A queued job that is older than this is one nobody takes. */
  readonly queuedAfterMs: number;
}

/** Names of the checks. */
export type CheckId = 'C1' | 'C2' | 'C3' | 'C4' | 'C5' | 'C6' | 'C7' | 'C8' | 'C9' | 'C10' | 'C11' | 'C12';

/** What a check found. */
export interface Finding {
  readonly status: 'pass' | 'warn' | 'fail' | 'skipped';
  /** One sentence. */
  readonly summary: string;
  /** What to do; with every `warn` and `fail`. */
  readonly advice?: string;
  /** What the finding rests on, by name: names, numbers, times; all of it JSON. */
  readonly evidence?: object;
  /** Of a `fail`: no waiting mends it, a person has to. */
  readonly final?: boolean;
}

/** What one check found, with its name. */
export interface CheckResult extends Finding {
  readonly id: CheckId;
  readonly title: string;
}

/** Who the AWS credentials belong to; what upstream's web page shows. */
export interface OidcIdentity {
  readonly arn: string;
  readonly account: string;
  /** Where the credentials came from. */
  readonly source: string;
}

/** What the OIDC checks of `@hawser/contexts` found, as far as C12 tells it on. */
export interface OidcEvidence {
  readonly identity?: OidcIdentity;
  readonly checks: readonly {
    readonly name: string;
    readonly status: 'pass' | 'warn' | 'fail' | 'skipped';
    readonly summary: string;
    readonly advice?: string;
  }[];
}

/**
 * How it ended. `unhealthy`: something fails that waiting does not mend; `timed-out`: something still failed when the
 * time was over; `snapshot-ended`: the recording was over before; `waiting`: it has not ended.
 */
export type Outcome = 'healthy' | 'unhealthy' | 'timed-out' | 'snapshot-ended' | 'waiting';

/**
 * What is known of a scale set. `success`, `verified_at`, `identity` and `notes` are what upstream's web page reads, so
 * names are in snake case.
 */
export interface Report {
  readonly success: boolean;
  readonly outcome: Outcome;
  /** When the last look was over. */
  readonly verified_at: string;
  readonly started_at: string;
  readonly waited_ms: number;
  readonly polls: number;
  readonly owner: string;
  readonly repository: string;
  readonly scale_set: string;
  readonly namespace: string;
  readonly identity?: OidcIdentity;
  /** One sentence for people. */
  readonly notes: string;
  readonly checks: readonly CheckResult[];
}
