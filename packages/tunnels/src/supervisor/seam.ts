import type { ProcessIdentity } from '@hawser/state-store/process';
import type { RunProbe } from '../probe/probe.js';
import type { Provider } from '../providers/provider.js';
import type { SupervisorStatus, TunnelEvent, TunnelStatus } from '../status.js';
import type { TunnelSpec, ViaKind } from '../spec.js';

/** Which provider makes which links; each is loaded when first needed. */
export type Providers = Readonly<Record<ViaKind, () => Promise<Provider>>>;

/** How far `up` waits. `bound`: the port is taken. `link`: the link is up. `healthy`: a probe went through. */
export type WaitFor = 'bound' | 'link' | 'healthy';

/** Whom `down`, `restart` and `wait` mean. An empty selector means nobody. */
export interface TunnelSelector {
  readonly all?: boolean;
  readonly names?: readonly string[];
  readonly sets?: readonly string[];
  readonly via?: ViaKind;
  /** Of the supervisor: all. Of a child of a link: the tunnels of that link. Anything else: nobody. */
  readonly pid?: number;
}

/** Which project is meant. */
export interface LocatedProject {
  /** Where the project's state folder is looked for from. */
  readonly from: string;
  /** `HAWSER_STATE_DIR`, `XDG_RUNTIME_DIR`, `XDG_STATE_HOME`, `TMPDIR` and `HOME` count; `process.env` unless given. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Whose supervisor is meant, and whether one is started. */
export interface ConnectOptions extends LocatedProject {
  /** Starts one if none runs. `entry` is a file that calls `runSupervisor` (an entry of the app's bundle). */
  readonly spawn?: { readonly entry: string };
  readonly signal?: AbortSignal;
}

/** A conversation with the supervisor of a project. */
export interface SupervisorClient extends AsyncDisposable {
  readonly pid: number;
  status(): Promise<SupervisorStatus>;
  /**
   * Opens tunnels and settles once each is as far as `wait` says; lazy ones only as far as `bound`. All are bound, or none.
   *
   * @throws TunnelsError HAWSER_NET_PORT_IN_USE, HAWSER_NET_NOT_READY, HAWSER_NET_NEEDS_AUTH, HAWSER_NET_EXISTS
   */
  up(
    specs: readonly TunnelSpec[],
    options?: {
      readonly wait?: WaitFor;
      readonly timeoutMs?: number;
      readonly onEvent?: (event: TunnelEvent) => void;
      readonly signal?: AbortSignal;
    },
  ): Promise<readonly TunnelStatus[]>;
  /** Closes tunnels; the supervisor leaves with the last. Settles when ports are free and processes gone. */
  down(selector: TunnelSelector): Promise<{ readonly stopped: readonly string[]; readonly unknown: readonly string[] }>;
  /** Makes the links of these tunnels anew, keeping the ports. */
  restart(selector: TunnelSelector): Promise<readonly string[]>;
  /** Settles once the named tunnels are as far as `until` says. */
  wait(
    selector: TunnelSelector,
    options: { readonly until: WaitFor; readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): Promise<readonly TunnelStatus[]>;
  /** Everything from now on; ends when the supervisor does or the signal aborts. */
  events(options?: { readonly signal?: AbortSignal }): AsyncIterable<TunnelEvent>;
  close(): Promise<void>;
}

/** A supervisor that is to run in this process. */
export interface ForegroundOptions extends LocatedProject {
  readonly providers: Providers;
  readonly runProbe?: RunProbe;
  /** How long connections may take to end when their tunnel is closed, in milliseconds; 5,000 unless given. */
  readonly drainMs?: number;
}

/** A supervisor in this process. */
export interface Foreground extends AsyncDisposable {
  readonly client: SupervisorClient;
  /** Settles when it has left, with its last tunnel or by {@link close}; nothing of it remains then. */
  readonly ended: Promise<void>;
  /** Closes all tunnels. */
  close(): Promise<void>;
}

/** A service that is to keep a set up. */
export interface ServiceOptions extends LocatedProject {
  readonly kind: 'systemd' | 'launchd';
  /** The set it keeps up. */
  readonly set: string;
  /** What it runs, the program as an absolute path: `[node, hawser, 'net', 'up', SET, '--foreground']`. */
  readonly command: readonly string[];
  /** Tells the service manager; otherwise only the file is written or removed. Default: true. */
  readonly activate?: boolean;
}

/** A service of the person's own service manager. */
export interface ServiceReport {
  readonly name: string;
  readonly path: string;
  /** What the file says. */
  readonly text: string;
}

/** What {@link reap} found and cleared away. */
export interface ReapReport {
  /** Processes that were ended. */
  readonly ended: readonly number[];
  /** Tunnels that were on record, with nobody behind them. */
  readonly stale: readonly string[];
  /** Where a record that could not be read was put, and why it could not. */
  readonly setAside?: { readonly path: string; readonly reason: string };
}

/** Whose events are read, and whether those to come too. */
export interface ReadEventsOptions extends LocatedProject {
  /** Goes on with the events to come. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/** What `net.json` holds, version 2. It names; live facts come from the supervisor's control socket. */
export interface NetDocument {
  readonly supervisor?: {
    readonly instance: string;
    readonly identity: ProcessIdentity;
    /** Path of the control socket. */
    readonly socket: string;
    readonly startedAt: string;
  };
  readonly tunnels: readonly {
    readonly name: string;
    readonly set: string;
    readonly via: ViaKind;
    readonly local: { readonly host: string; readonly port: number; readonly path?: string };
    readonly to: string;
    readonly env: Readonly<Record<string, string>>;
    readonly createdAt: string;
  }[];
  /** Ports given before, by tunnel, so that they are given again. */
  readonly ports: Readonly<Record<string, number>>;
}
