import type { Duplex } from 'node:stream';
import type { ProbeSpec, Target } from '../spec.js';

/** What a probe came to. */
export type ProbeResult =
  | { readonly ok: true; readonly latencyMs: number; readonly detail: string }
  | {
      readonly ok: false;
      /** `link`: it could not even be dialled. `target`: nobody answers there. `application`: who answers is not well. */
      readonly at: 'link' | 'target' | 'application';
      readonly message: string;
      readonly hint: string;
    };

/** What is concluded of one connection; the time it took is told by the whole. */
export type Verdict = { readonly ok: true; readonly detail: string } | Extract<ProbeResult, { readonly ok: false }>;

/**
 * Links by ssh take a connection before the far end has reached the target, and close it a round trip later. A longer
 * wait is surer on slow links, and delays whoever waits for the tunnel. Where dialling took longer, as long is waited.
 */
export const DEFAULT_SETTLE_MS = 75;

/** Asks the application behind a tunnel whether it is there. Never throws; the connection is closed afterwards. */
export type RunProbe = (options: {
  readonly probe: ProbeSpec;
  readonly target: Target;
  readonly dial: (signal: AbortSignal) => Promise<Duplex>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** How long a connection must stay open without a word at least to count as well, for `tcp`; default {@link DEFAULT_SETTLE_MS}. */
  readonly settleMs?: number;
}) => Promise<ProbeResult>;
