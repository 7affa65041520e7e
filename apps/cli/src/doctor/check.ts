import type { Aws, Context } from '@hawser/cli-kit';

/** What one check found. */
export interface Check {
  /** Stable, for programs: `node`, `aws-identity` … */
  readonly id: string;
  readonly title: string;
  readonly state: 'ok' | 'warn' | 'fail';
  /** What was found. */
  readonly found: string;
  /** The next step; only where there is one. */
  readonly next?: string;
  /** The same for programs. */
  readonly facts: Readonly<Record<string, string>>;
}

/** What the checks are made with. */
export interface CheckInput {
  readonly aws: Aws;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly state: Context['state'];
  /** Each check that waits for somebody else gives up after this long. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}
