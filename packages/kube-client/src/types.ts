import type { Duplex } from 'node:stream';

/** Which cluster is meant, and as whom. */
export interface ClusterOptions {
  /** A file; default: `KUBECONFIG` (several files, merged), else `~/.kube/config`, else the pod's service account. */
  readonly kubeconfig?: string;
  /** Default: the current one. */
  readonly context?: string;
  /** For `KUBECONFIG`, `HOME`, `HTTPS_PROXY`, `NO_PROXY`, and for credential plugins. Default: that of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** What a port is forwarded to: a pod, or what selects pods. A port of a Service is mapped to the pod's. */
export interface ForwardTarget {
  readonly namespace?: string;
  /** `pod/NAME`, `svc/NAME`, `deployment/NAME`, `statefulset/NAME`, `job/NAME` or `KEY=VALUE[,…]`. */
  readonly target: string;
  /** A number, or the name of a port. */
  readonly port: number | string;
}

/** Which objects of a list are meant. */
export interface ListOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly signal?: AbortSignal;
}

/** How a list is followed. */
export interface WatchOptions extends ListOptions {
  readonly signal: AbortSignal;
  /** Called when the server was heard: an answered list, an event or a bookmark. */
  readonly onHeard?: () => void;
  /** Milliseconds without a word until the connection is taken for dead and made anew; servers send a bookmark about every minute. Default and most: 310,000. */
  readonly silenceMs?: number;
  /** Milliseconds after which everything is listed again, whatever the watch said. Default: only when it must be. */
  readonly resyncMs?: number;
}

/** How an object is deleted (meta/v1 DeleteOptions). */
export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

/** What a patch is written in: RFC 7386, RFC 6902, or by the merge keys of built-in kinds. */
export type PatchKind = 'merge' | 'json' | 'strategic';

/** A ready pod, and the number of a port in it. */
export interface ForwardPlace {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
}

/** One line of a watch. */
export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: T;
}

/** A cluster by its kubeconfig. Every method throws KubeClientError, or what its signal was aborted with. Credential plugins run when needed, again after a 401. */
export interface Cluster extends AsyncDisposable {
  readonly context: string;
  readonly server: string;
  /** A proxy of the kubeconfig or of the environment makes the connections. */
  readonly usesProxy: boolean;
  /** Of the context; `default` where it names none. */
  readonly namespace: string;
  /** One GET, parsed; `path` is absolute, such as `/api/v1/namespaces/default/pods/web`. */
  get<T>(path: string, options?: { readonly signal?: AbortSignal }): Promise<T>;
  /** Creates: one request with a JSON body, never sent twice. */
  post<T>(path: string, body: unknown, options?: { readonly signal?: AbortSignal }): Promise<T>;
  /** Replaces what is there. */
  put<T>(path: string, body: unknown, options?: { readonly signal?: AbortSignal }): Promise<T>;
  /** Changes what is named; `merge` unless said otherwise. */
  patch<T>(
    path: string,
    patch: unknown,
    options?: { readonly kind?: PatchKind; readonly signal?: AbortSignal },
  ): Promise<T>;
  /** Deletes; the answer is the object while it is still going, else a Status. */
  delete<T>(path: string, options?: DeleteOptions & { readonly signal?: AbortSignal }): Promise<T>;
  /** The text of a GET, such as `/readyz?verbose`. */
  text(path: string, options?: { readonly signal?: AbortSignal }): Promise<string>;
  /** All items of a list, page by page. */
  list<T>(path: string, options?: ListOptions): AsyncIterable<T>;
  /** What is there, as ADDED, and from then on what changes; over disconnections, expired versions and all, until the signal aborts. */
  watch<T>(path: string, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  /** All ready pods that a target means; at least one. */
  locate(target: ForwardTarget, options?: { readonly signal?: AbortSignal }): Promise<readonly ForwardPlace[]>;
  /** One connection to a ready pod, over a websocket of its own; another pod may serve the next. */
  forward(target: ForwardTarget, options?: { readonly signal?: AbortSignal }): Promise<Duplex>;
  close(): Promise<void>;
}
