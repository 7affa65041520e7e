import type { KeyVerifier } from '@hawser/api-keys';
import type { ControllerMetrics } from '../metrics.js';
import type { SessionStore } from '../store/types.js';
import type { ControllerPorts, ControllerSettings } from './options.js';
import type { PodFacts } from './pod-facts.js';
import type { Sealer } from './sealing.js';
import type { WarmRunner } from './warm-pool.js';

/** What was found when the cluster was last looked at, in sentences. */
export interface Standing {
  /** While there are any, no session is taken. */
  refusals: readonly string[];
  /** For the operator: starts may not work. */
  warnings: readonly string[];
}

/** What every part of the controller is handed. */
export interface Service {
  readonly ports: ControllerPorts;
  readonly settings: ControllerSettings;
  readonly store: SessionStore;
  readonly sealer: Sealer;
  readonly keys: KeyVerifier;
  readonly metrics: ControllerMetrics;
  readonly facts: PodFacts;
  readonly replica: string;
  readonly standing: Standing;
  nowMs(): number;
  /** Asks for a look at one session soon. */
  touch(session: string): void;
  /** An id whose runner waits already, if there is one: see `warm-pool.ts`. */
  takeWarm(): WarmRunner | undefined;
  /** Takes back one that was not needed. */
  giveBackWarm(runner: WarmRunner): void;
  /** Aborted when this replica goes away: whoever only waits is let go. */
  readonly closing: AbortSignal;
  readonly trouble: (error: unknown, what: string) => void;
}
