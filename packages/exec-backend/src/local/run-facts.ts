import { closeSync, openSync, writeSync } from 'node:fs';
import type { ReasonCode } from '@hawser/exec-client/contract';
import { readDocument } from './files.js';

/** How an attempt stands, as its supervisor knows it. */
export interface RunFacts {
  readonly state: 'provisioning' | 'preparing' | 'running' | 'stopped';
  /** The command may have begun: noted before it does. */
  readonly began: boolean;
  readonly startedAtMs?: number | undefined;
  readonly stoppedAtMs?: number | undefined;
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly reasonCode?: ReasonCode | undefined;
  readonly reason?: string | undefined;
  readonly retryable?: boolean | undefined;
  /** Set where the command is in a container: who is to be asked to end it. */
  readonly container?: { readonly program: string; readonly name: string } | undefined;
}

/** The file has this size from the beginning, so that a full disk cannot keep the end of a run out of it. */
const ROOM_BYTES = 4_096;

/** Begins or continues the facts of an attempt. */
export class FactsFile {
  readonly #file: number;
  #facts: RunFacts = { state: 'provisioning', began: false };

  constructor(path: string) {
    this.#file = openSync(path, 'w', 0o600);
    this.#write();
  }

  /** Notes what changed. */
  note(changed: Partial<RunFacts>): void {
    this.#facts = { ...this.#facts, ...changed };
    this.#write();
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(): void {
    const { reason, ...facts } = this.#facts;
    const text = JSON.stringify({ ...facts, ...(reason !== undefined && { reason: reason.slice(0, 800) }) });
    writeSync(this.#file, Buffer.from(text.padEnd(ROOM_BYTES)).subarray(0, ROOM_BYTES), 0, ROOM_BYTES, 0);
  }
}

/** The facts of an attempt; `undefined` when there are none yet. */
export function readFacts(path: string): RunFacts | undefined {
  return readDocument(path) as RunFacts | undefined;
}
