import { flag, list, object, optional, text, time, whole, type Reader } from './shape.js';

// Field names are those of GitHub's REST API, version 2022-11-28: "List self-hosted runners", "List workflow runs" and
// "List jobs for a workflow run".

/** A self-hosted runner, as GitHub lists it. */
export interface GithubRunner {
  readonly id: number;
  readonly name: string;
  /** `online` or `offline`. */
  readonly status: string;
  readonly busy: boolean;
  readonly labels: readonly { readonly name: string }[];
}

export const githubRunner: Reader<GithubRunner> = object({
  id: whole,
  name: text,
  status: text,
  busy: flag,
  labels: list(object({ name: text })),
});

/** A run of a workflow, as GitHub lists it. */
export interface WorkflowRun {
  readonly id: number;
  readonly status?: string;
  readonly conclusion?: string;
}

export const workflowRun: Reader<WorkflowRun> = object({
  id: whole,
  status: optional(text),
  conclusion: optional(text),
});

/** A job that waits for a runner. */
export interface Job {
  readonly id: number;
  readonly run_id: number;
  readonly name: string;
  readonly status: string;
  readonly conclusion?: string;
  readonly created_at?: string;
  readonly labels: readonly string[];
  readonly runner_id?: number;
  readonly runner_name?: string;
}

export const job: Reader<Job> = object({
  id: whole,
  run_id: whole,
  name: text,
  status: text,
  conclusion: optional(text),
  created_at: optional(time),
  labels: list(text),
  runner_id: optional(whole),
  runner_name: optional(text),
});

/** A list that may go on where we stopped reading. */
export interface Listed<T> {
  readonly items: readonly T[];
  readonly complete: boolean;
}

export function listed<T>(reader: Reader<T>): Reader<Listed<T>> {
  return object({ items: list(reader), complete: flag }) as Reader<Listed<T>>;
}

/** A workflow that was dispatched to see a runner come and go. */
export interface Probe {
  readonly workflow: string;
  readonly ref: string;
  /** Missing until it was dispatched. */
  readonly dispatchedAt?: string;
  readonly run?: WorkflowRun;
  readonly jobs?: readonly Job[];
}

export const probe: Reader<Probe> = object({
  workflow: text,
  ref: text,
  dispatchedAt: optional(time),
  run: optional(workflowRun),
  jobs: optional(list(job)),
});
