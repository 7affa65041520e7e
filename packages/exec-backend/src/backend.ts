import type { JobPayload, JobReport } from '@hawser/exec-client/contract';

/** What one sweep did. */
export interface SweepReport {
  readonly looked: number;
  /** Executions brought to an end, or on their way again. */
  readonly mended: readonly string[];
}

/** The way a task talks to its service; over HTTP from Fargate, in process from a local supervisor. */
export interface JobChannel {
  /** Exchanges a one-time token. Throws an API error `token_used` the second time. */
  claim(executionId: string, token: string): Promise<JobPayload>;
  /** Takes facts in; facts that are late or doubled change nothing. */
  report(executionId: string, report: JobReport): Promise<void>;
}

/** A running execution service: what the entries (Lambda, loopback, in process) are made of. */
export interface Backend {
  /** The whole API. Never throws: what fails becomes an answer. */
  handle(request: Request): Promise<Response>;
  readonly job: JobChannel;
  /** A task changed, says an event that may be lost, doubled or late: looks at the task itself. */
  taskChanged(event: { readonly executionId?: string; readonly taskArn?: string }): Promise<void>;
  /** Looks at everything that is not at its end: deadlines, lost tasks, torn starts, queues, webhooks. Every minute on AWS. */
  sweep(): Promise<SweepReport>;
  close(): Promise<void>;
}
