import type { Duplex } from 'node:stream';

/** What a tunnel leads to: a host and port as seen from the far end, or a unix socket there. */
export type TunnelTarget = { readonly host: string; readonly port: number } | { readonly path: string };

/** What a link is opened with. */
export interface TunnelLinkInput {
  /** Targets that will be dialled; others may be dialled later all the same. */
  readonly targets: readonly TunnelTarget[];
  /** 0700, with a short path; for sockets and logs of this link. Removed afterwards. */
  readonly runtimeDirectory: string;
  /** Aborts when nobody waits for the link any more. */
  readonly signal: AbortSignal;
  /** Facts for `hawser net logs`; never a secret. */
  readonly onDebug: (text: string) => void;
}

/** A way to the far end that is up. */
export interface TunnelLink {
  /** One connection to the target; rejects when it refuses, and the link may go on. */
  dial(target: TunnelTarget, options: { readonly signal?: AbortSignal }): Promise<Duplex>;
  /** Settles once the link is gone: with a sentence that says why, or undefined after `close`. */
  readonly ended: Promise<string | undefined>;
  /** Asks the far end whether it is still there; rejects if not. Without it, it is believed until it ends. */
  check?(options: { readonly signal: AbortSignal }): Promise<void>;
  /** Ends the link and all that belongs to it; called more than once. */
  close(): Promise<void>;
}

/**
 * Makes links of one kind for `hawser net`: `via: { kind: NAME, … }` in tunnels.yaml, where NAME is the extension's in the
 * manifest. Runs in the supervisor, which retries, keeps the local ports, holds connections and probes.
 */
export interface TunnelProvider {
  /** JSON Schema of what may stand beside `kind`, held against the file before anything is opened. */
  readonly schema: Readonly<Record<string, unknown>>;
  /**
   * Opens a link; settles when connections can be dialled. What it throws is tried again later, unless the error has
   * `permanent: true`; its `hint`, if it has one, is shown as the next step.
   */
  open(settings: Readonly<Record<string, unknown>>, input: TunnelLinkInput): Promise<TunnelLink>;
  /** How the link is made, as one sentence for `--dry-run`; never a secret. */
  describe?(settings: Readonly<Record<string, unknown>>): string;
}
