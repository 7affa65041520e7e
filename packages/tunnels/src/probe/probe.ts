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

/** Asks the application behind a tunnel whether it is there. Never throws; the connection is closed afterwards. */
export type RunProbe = (options: {
  readonly probe: ProbeSpec;
  readonly target: Target;
  readonly dial: (signal: AbortSignal) => Promise<Duplex>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}) => Promise<ProbeResult>;
