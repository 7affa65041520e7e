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
  /** Judges by the Roles that are there, as a real server does; what {@link KubeEmulatorOptions.authorize} refuses stays refused. */
  readonly rbac?: boolean;
  /** Refuses what a real server refuses: namespaces that are not there, names that are none, fields it does not know. */
  readonly strict?: boolean;
  /** Runs Jobs and pods, and collects what is left over. Default: nothing runs. */
  readonly run?: KubeRunOptions;
  /** Groups of the API that are not served, such as `actions.github.com` where no runners are installed. */
  readonly absentGroups?: readonly string[];
  /** Further names of its certificate, for clients that reach it as `tls-server-name`. */
  readonly names?: readonly string[];
  /** Subprotocols of a port-forward, as servers of other releases serve them. Default: all that is known here. */
  readonly forwardProtocols?: readonly ForwardProtocol[];
}

/** How pods run: as processes of this machine, without walls around them. */
export interface KubeRunOptions {
  /** What images stand for, by their reference or by their name alone; another image cannot be pulled. */
  readonly images: Readonly<Record<string, KubeImage>>;
  /** Labels of the one node. */
  readonly nodeLabels?: Readonly<Record<string, string>>;
}

/** An image, as a program of this machine. */
export interface KubeImage {
  /** Stands for the image's entry point: a container's `command` replaces it, its `args` are put behind. Default: none. */
  readonly command?: readonly string[];
  /** Set over the container's variables, which `$(NAME)` puts in. Each pod knows its address as `HAWSER_EMULATED_POD_IP`. */
  readonly env?: Readonly<Record<string, string>>;
  /** `sha256:…`; default: one made of the reference. */
  readonly digest?: string;
}

/** Something that goes wrong with requests. */
export interface KubeFault {
  /** Default: any. */
  readonly method?: string;
  /** Found in the path with its query, as sent. */
  readonly path: RegExp;
  /** For how many requests; default 1. */
  readonly times?: number;
  /** How many matching ones pass before. */
  readonly after?: number;
  /**
   * `status` answers so, and nothing is done; `drop` closes the connection, nothing is done; `drop-after` does it, and
   * nobody is told; `stall` never answers.
   */
  readonly does:
    | { readonly kind: 'status'; readonly status: number; readonly reason?: string; readonly message?: string }
    | { readonly kind: 'drop' }
    | { readonly kind: 'drop-after' }
    | { readonly kind: 'stall' };
}

/** A pod by its name. */
export interface PodName {
  readonly namespace: string;
  readonly name: string;
}

/** Pods that run on this machine, and what may happen to them. */
export interface KubePods {
  /** Process id of the first container; undefined where none was started. */
  processOf(pod: PodName): number | undefined;
  /** Where its ports are. */
  addressOf(pod: PodName): string | undefined;
  /** Ends it as the kernel does when its memory limit is reached: SIGKILL, 137, OOMKilled. */
  outOfMemory(pod: PodName): void;
  /** Ends it as a kubelet does that has no memory or disk left. */
  evict(pod: PodName, message?: string): void;
  /** All pods are gone, and nobody tells how they ended. */
  loseNode(): void;
  /** Further pods stay Pending with these words of the scheduler; undefined lets them go. */
  unschedulable(message: string | undefined): void;
}

/** `SPDY/3.1+portforward.k8s.io` is what kubectl speaks since 1.31; the channels are what other clients speak. */
export type ForwardProtocol = 'SPDY/3.1+portforward.k8s.io' | 'v5.channel.k8s.io' | 'v4.channel.k8s.io';

/** An API server on loopback, by TLS with a CA of its own. */
export interface KubeEmulator extends AsyncDisposable {
  readonly url: string;
  readonly caPem: string;
  readonly token: string;
  /** A kubeconfig (YAML) with one context `emulated`, by the token, a client certificate, a credential plugin or a service account. */
  kubeconfig(options?: {
    readonly namespace?: string;
    readonly certificate?: { readonly user: string; readonly groups?: readonly string[] };
    readonly exec?: {
      readonly command: string;
      readonly args?: readonly string[];
      readonly env?: Readonly<Record<string, string>>;
    };
    readonly serviceAccount?: { readonly namespace: string; readonly name: string };
  }): string;
  /** A bearer token of a service account, whether there is one or not. */
  serviceAccountToken(account: { readonly namespace: string; readonly name: string }): string;
  put(object: KubeObject): void;
  remove(object: Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>): void;
  list(apiVersion: string, kind: string, namespace?: string): readonly KubeObject[];
  /** Connects ports of a pod to ports of this machine, for port-forward. */
  servePod(pod: { readonly namespace: string; readonly name: string }, ports: Readonly<Record<number, number>>): void;
  /** What was asked for, in order; paths with their query, as sent. */
  readonly requests: readonly { readonly method: string; readonly path: string; readonly status: number }[];
  /** Ends every open watch and forwarded connection, as a restarted API server does. */
  cut(): void;
  /** Open watches stay open and say nothing more, as behind a dead balancer; later ones are as ever. */
  stallWatches(): void;
  /** Makes something go wrong from now on. */
  fail(fault: KubeFault): void;
  /** With {@link KubeEmulatorOptions.run} only. */
  readonly pods: KubePods;
  /** What the first container of a pod has printed so far. */
  logs(pod: PodName): string;
  /** Settles when `holds` does: asked now, and after each change of an object. Rejects when the server is closed before. */
  until(holds: () => boolean): Promise<void>;
  /** Forgets what happened: pages and watches from before are answered by 410. */
  compact(): void;
  close(): Promise<void>;
}
