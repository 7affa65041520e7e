import type { SourceFetcher } from '../fetch/index.js';
import type { RunnerControl } from './control-types.js';
import type { RunnerAddress } from './dial-types.js';

/** What {@link runRunner} is given. */
export interface RunnerOptions {
  readonly control: RunnerControl;
  readonly session: string;
  /** 32 random bytes, base64url, known to controller and runner only. */
  readonly secret: string;
  /** Address to listen on, and the port: 7681 in a pod, 0 for any. */
  readonly host: string;
  readonly port: number;
  /** Address under which the gateway reaches this runner. Default: {@link host}. */
  readonly address?: string;
  readonly podName?: string;
  readonly podUid?: string;
  /** Private to this runner: gets `log`, `work` and `home`. */
  readonly folder: string;
  /** Environment that commands begin with; never the runner's own as a whole. */
  readonly env: Readonly<Record<string, string>>;
  /** Finds who fetches sources of a scheme that the rules name besides http. */
  readonly fetchers?: (scheme: string) => Promise<SourceFetcher>;
  /** SIGTERM to the runner, say: ends the command and drains. */
  readonly terminate?: AbortSignal;
  /** What the exit record says then. Default `cancelled`; in a cluster, where nobody else would, `evicted`. */
  readonly terminateReason?: 'cancelled' | 'evicted';
  /** Told once the port listens. */
  readonly onListening?: (address: RunnerAddress) => void;
  /** Milliseconds from SIGTERM to SIGKILL when the runner itself ends a command. Default 10,000. */
  readonly graceMs?: number;
  /** Milliseconds that processes left behind may keep the terminal. Default 2,000. */
  readonly leftBehindMs?: number;
  /** Milliseconds that a controller that is away is waited for after the end. Default 600,000. */
  readonly keepTryingMs?: number;
  /**
   * Watches whether anybody still wants this runner while no command runs: before the claim, and again after the end.
   * Calls back when nobody does, and the runner ends. Returns how to stop watching. Default: somebody always does.
   */
  readonly watchAbandoned?: (onAbandoned: () => void) => () => void;
  /** Milliseconds that viewers get to hear the end. Default 5,000. */
  readonly lingerMs?: number;
  /** Milliseconds after which what was written leaves the machine, however little it is. Default 10,000. */
  readonly cutEveryMs?: number;
  readonly nowMs?: () => number;
}
