/** A host and port, as seen from the far end of the link. */
export interface HostTarget {
  readonly host: string;
  /** 1–65535. */
  readonly port: number;
}

/** A unix socket at the far end; links by ssh and direct ones reach it. */
export interface SocketTarget {
  readonly path: string;
}

/** What a tunnel leads to. */
export type Target = HostTarget | SocketTarget;

/** A bastion by OpenSSH, with the person's own configuration, agent and known hosts. */
export interface SshVia {
  readonly kind: 'ssh-bastion';
  /** A host, or an alias of the ssh configuration. */
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
  /** Hosts to jump over, as `ssh -J` takes them. */
  readonly jump?: string;
  /** Values of `-o`, such as `Compression=yes`. */
  readonly options?: readonly string[];
  readonly identityFile?: string;
  /** A configuration file instead of the person's (`-F`). */
  readonly configFile?: string;
  /** Trust and remember the key of a host never seen before; a changed key is refused all the same. */
  readonly acceptNewHostKey?: boolean;
}

/** A managed node by Session Manager, in this process. */
export interface SsmVia {
  readonly kind: 'ssm';
  /** Any target `findTarget` of `@hawser/ssm-channel/aws` understands: `i-…`, `mi-…`, a Name, `tag:KEY=VALUE`. */
  readonly target: string;
  readonly profile?: string;
  readonly region?: string;
  readonly endpointUrl?: string;
  /** Sessions to spread connections over, 1–16; each is paced by the agent. Default 1. */
  readonly lanes?: number;
}

/** Pods of a Kubernetes cluster. The target's host is `svc/NAME`, `pod/NAME`, `deployment/NAME`, `job/NAME`, `statefulset/NAME` or a label selector `KEY=VALUE[,…]`. */
export interface KubeVia {
  readonly kind: 'kube';
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly namespace?: string;
}

/** No link: from this machine itself. For tests, and for a local preset. */
export interface DirectVia {
  readonly kind: 'direct';
}

/** A provider of somebody else, by its name. */
export interface PluginVia {
  readonly kind: 'plugin';
  /** What the file says as `kind`. */
  readonly provider: string;
  /** What it says besides; only the provider knows what that means. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Links one through the other, outermost first: `[ssm, ssh-bastion]` is ssh through Session Manager. */
export interface ChainVia {
  readonly kind: 'chain';
  readonly hops: readonly Via[];
}

/** How a link is made. Tunnels of one set with an equal `via` share one link. */
export type Via = SshVia | SsmVia | KubeVia | DirectVia | PluginVia | ChainVia;

/** The name of a provider. */
export type ViaKind = Via['kind'];

/** How it is asked whether the application behind a tunnel is there. */
export type ProbeSpec =
  /** A connection is made, and not closed at once by the far end. */
  | { readonly kind: 'tcp' }
  | {
      readonly kind: 'http';
      readonly path: string;
      /** Statuses that are well; default 200–399. */
      readonly status?: readonly number[];
      /** Text the answer must contain. */
      readonly body?: string;
      /** The Host header; default: the target's. */
      readonly host?: string;
    }
  /** `GET /api/ready` of a Prefect server. */
  | { readonly kind: 'prefect' }
  /** `GET /api/v1/namespaces` of Marquez. */
  | { readonly kind: 'marquez' }
  /** The answer of a PostgreSQL server to SSLRequest. */
  | { readonly kind: 'postgres' };

/** What to do when the local port is taken. */
export type OnPortConflict = 'next' | 'fail' | 'reuse';

/** Where a tunnel listens on this machine. */
export type LocalAddress =
  /** Without `host`, both loopback addresses on one port. Port 0 takes any free one, the same each time where it can be. */
  { readonly host?: string; readonly port: number } | { readonly path: string };

/** One named tunnel, with everything decided. */
export interface TunnelSpec {
  /** `[A-Za-z0-9._-]{1,64}`, unique in its project. */
  readonly name: string;
  readonly set: string;
  readonly via: Via;
  readonly to: Target;
  readonly local: LocalAddress;
  /** Default `next`. */
  readonly onPortConflict?: OnPortConflict;
  /** Default `tcp`. */
  readonly probe?: ProbeSpec;
  /** Variables for programs; `{addr}`, `{host}`, `{port}` and `{url}` are filled in. */
  readonly env?: Readonly<Record<string, string>>;
  /** The link is opened by the first connection. */
  readonly lazy?: boolean;
  /** Closed after this long, whatever happens. */
  readonly ttlMs?: number;
  /** Closed after this long without a connection. */
  readonly idleMs?: number;
  /** How long a new connection is held while the link is away; default 10,000. */
  readonly holdMs?: number;
}
