import type { Backend } from '../backend.js';

/** Opens the execution service of this machine: no account, no daemon, no port. */
export interface LocalBackendOptions {
  /** Where rows, logs, secrets, keys and work trees lie: an absolute path; made 0700 when missing. */
  readonly folder: string;
  /**
   * Starts a run's supervisor: a program and its first arguments. The folder and what to do follow, for
   * `runLocalSupervisor`.
   */
  readonly supervisor: readonly string[];
  /** Of our package, for /health and receipts. */
  readonly version: string;
  /**
   * The person's environment; `process.env` when missing. Of it, clones see how the network is reached and git's ssh
   * agent; commands see none of it but LANG.
   */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Finds what a request's `runner` names. Without it such a request is refused. */
  readonly programs?: FindProgram;
  /** Told once of each stored row that cannot be read and was put aside. */
  readonly warn?: (message: string) => void;
}

/** A program that commands are run by, in the place of an isolation. */
export interface LocalProgram {
  /** In a word or two, for receipts. */
  readonly label: string;
  /** What it keeps the command apart from, and what not. */
  readonly note: string;
  /** Its own words, to which those of the command are added. Throwing means that the run never begins. */
  wrap(run: {
    readonly executionId: string;
    readonly attempt: number;
    /** Work tree, home folder and temporary files of the run. */
    readonly folder: string;
    readonly tree: string;
  }): readonly string[] | Promise<readonly string[]>;
}

/** Finds a program by the name that a request gives it; throws an error of the house's shape where it cannot be had. */
export type FindProgram = (name: string) => Promise<LocalProgram>;

/** A local service, and where its things are. */
export interface LocalBackend extends Backend, AsyncDisposable {
  readonly folder: string;
  /** A key that `serve` prints and this process uses; made at the first opening. */
  readonly apiKey: string;
}
