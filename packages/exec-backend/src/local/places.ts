import { join } from 'node:path';

/** Where everything of a local backend lies below its folder. */
export interface Places {
  readonly folder: string;
  readonly rows: string;
  readonly logs: string;
  readonly runs: string;
  readonly secrets: string;
  readonly apiKey: string;
  readonly signerKey: string;
  readonly probe: string;
  readonly waiter: string;
}

/** Names of the files and folders of a local backend. */
export function placesIn(folder: string): Places {
  return {
    folder,
    rows: join(folder, 'rows'),
    logs: join(folder, 'logs'),
    runs: join(folder, 'runs'),
    secrets: join(folder, 'secrets.json'),
    apiKey: join(folder, 'api-key'),
    signerKey: join(folder, 'signer-key.pem'),
    probe: join(folder, 'isolation.json'),
    waiter: join(folder, 'waiter'),
  };
}

/** Files and folders of one attempt. */
export interface RunPlaces {
  readonly executionId: string;
  readonly folder: string;
  /** What is to be started, with its token; gone once the token is used. */
  readonly job: string;
  /** Who runs it. Made once, by the one supervisor there is. */
  readonly supervisor: string;
  /** How it stands. */
  readonly facts: string;
  /** Somebody wants it to stop. */
  readonly stop: string;
  /** A pipe that the supervisor holds open: its end is the supervisor's. */
  readonly alive: string;
  /** A pipe for the command's output, while it is being opened. */
  readonly output: string;
  /** What the supervisor itself says when it fails. */
  readonly complaints: string;
  /** All that the command works in; removed at the end. */
  readonly work: string;
  readonly tree: string;
  readonly home: string;
  readonly tmp: string;
}

/** Names of the files and folders of one attempt. */
export function runPlaces({ runs }: Places, executionId: string, attempt: number): RunPlaces {
  const folder = join(runs, executionId, String(attempt));
  const work = join(folder, 'work');
  return {
    executionId,
    folder,
    job: join(folder, 'job.json'),
    supervisor: join(folder, 'supervisor.json'),
    facts: join(folder, 'facts.json'),
    stop: join(folder, 'stop.json'),
    alive: join(folder, 'alive'),
    output: join(folder, 'output'),
    complaints: join(folder, 'supervisor.log'),
    work,
    tree: join(work, 'tree'),
    home: join(work, 'home'),
    tmp: join(work, 'tmp'),
  };
}

/** The name of a local task: nothing but what it is made of. */
export function taskName(executionId: string, attempt: number): string {
  return `local:${executionId}:${attempt}`;
}

/** What {@link taskName} was given; `undefined` for a task that is none of ours. */
export function parseTaskName(arn: string): { readonly executionId: string; readonly attempt: number } | undefined {
  const match = /^local:([a-z0-9_]+):(\d{1,9})$/.exec(arn);
  return match ? { executionId: match[1] ?? '', attempt: Number(match[2]) } : undefined;
}
