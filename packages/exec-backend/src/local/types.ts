import type { Backend } from '../backend.js';

/** Opens the execution service of this machine: no account, no daemon, no port. */
export interface LocalBackendOptions {
  /** Where rows, logs, secrets, keys and work trees lie; made 0700 when missing. */
  readonly folder: string;
  /** Starts a run's supervisor: a program and its first arguments. The run's id and the folder follow. */
  readonly supervisor: readonly string[];
  /** Of our package, for /health and receipts. */
  readonly version: string;
}

/** A local service, and where its things are. */
export interface LocalBackend extends Backend, AsyncDisposable {
  readonly folder: string;
  /** A key that `serve` prints and this process uses; made at the first opening. */
  readonly apiKey: string;
}
