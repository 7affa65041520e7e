/** A Kubernetes object, as much of it as every one has. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly [key: string]: unknown;
  };
  readonly [key: string]: unknown;
}

/** How the emulated API server is set up. */
export interface KubeEmulatorOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Objects that are there from the start. */
  readonly objects?: readonly KubeObject[];
  /** Who a bearer token is; undefined is answered by 401. Default: only {@link KubeEmulator.token} is known. */
  readonly authenticate?: (token: string) => { readonly user: string; readonly groups: readonly string[] } | undefined;
  /** What somebody may do; false is answered by 403. Default: everything. */
  readonly authorize?: (request: {
    readonly user: string;
    readonly groups: readonly string[];
    readonly verb: string;
    /** Empty for the core group. */
    readonly group: string;
    readonly resource: string;
    readonly namespace?: string;
    readonly subresource?: string;
    readonly name?: string;
  }) => boolean;
  /** Groups of the API that are not served, such as `actions.github.com` where no runners are installed. */
  readonly absentGroups?: readonly string[];
  /** Further names of its certificate, for clients that reach it as `tls-server-name`. */
  readonly names?: readonly string[];
  /** Subprotocols of a port-forward, as servers of other releases serve them. Default: all that is known here. */
  readonly forwardProtocols?: readonly ForwardProtocol[];
}

/** `SPDY/3.1+portforward.k8s.io` is what kubectl speaks since 1.31; the channels are what other clients speak. */
export type ForwardProtocol = 'SPDY/3.1+portforward.k8s.io' | 'v5.channel.k8s.io' | 'v4.channel.k8s.io';

/** An API server on loopback, by TLS with a CA of its own. */
export interface KubeEmulator extends AsyncDisposable {
  readonly url: string;
  readonly caPem: string;
  readonly token: string;
  /** A kubeconfig (YAML) with one context `emulated`, by the token, a client certificate or a credential plugin. */
  kubeconfig(options?: {
    readonly namespace?: string;
    readonly certificate?: { readonly user: string; readonly groups?: readonly string[] };
    readonly exec?: {
      readonly command: string;
      readonly args?: readonly string[];
      readonly env?: Readonly<Record<string, string>>;
    };
  }): string;
  put(object: KubeObject): void;
  remove(object: Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>): void;
  list(apiVersion: string, kind: string, namespace?: string): readonly KubeObject[];
  /** Connects ports of a pod to ports of this machine, for port-forward. */
  servePod(pod: { readonly namespace: string; readonly name: string }, ports: Readonly<Record<number, number>>): void;
  /** What was asked for, in order; paths with their query, as sent. */
  readonly requests: readonly { readonly method: string; readonly path: string; readonly status: number }[];
  /** Ends every open watch and forwarded connection, as a restarted API server does. */
  cut(): void;
  /** Forgets what happened: pages and watches from before are answered by 410. */
  compact(): void;
  close(): Promise<void>;
}
