import type { IncomingMessage } from 'node:http';
import type { PodLog } from '../cluster/pod-log.js';
import type { Faults } from '../../http/faults.js';
import type { Kinds } from '../store/kinds.js';
import type { Store } from '../store/store.js';
import type { ForwardProtocol, KubeEmulatorOptions, KubeFault, KubeObject } from '../types.js';

/** Who asks. */
export interface Identity {
  readonly user: string;
  readonly groups: readonly string[];
}

/** What a request may be about, for {@link KubeEmulatorOptions.authorize}. */
export type AccessRequest = Omit<Parameters<NonNullable<KubeEmulatorOptions['authorize']>>[0], 'user' | 'groups'>;

/** All that a request can reach. */
export interface World {
  readonly kinds: Kinds;
  readonly store: Store;
  /** Undefined: nobody known. `anonymous`: no credentials at all. */
  identify(raw: IncomingMessage): Identity | 'anonymous' | undefined;
  may(who: Identity, what: AccessRequest): boolean;
  /** Streams that {@link KubeEmulator.cut} ends: watches and forwarded connections. */
  readonly open: Set<{ destroy(): void }>;
  /** Open watches: each says nothing more once it is called. */
  readonly watches: Set<() => void>;
  readonly faults: Faults<KubeFault['does']>;
  /** Objects are held to what a real server holds them to. */
  readonly isStrict: boolean;
  readonly forwardProtocols: readonly ForwardProtocol[];
  /** Where a port of a pod is served; undefined when nothing listens there. */
  placeOf(namespace: string, pod: string, port: number): { readonly host: string; readonly port: number } | undefined;
  /** What a container printed; undefined where nothing was started. */
  logOf(namespace: string, pod: string, container?: string): PodLog | undefined;
  /** Processes of a pod are there, or about to be. */
  readonly isRunning: (pod: KubeObject) => boolean;
  /** A bearer token of a service account. */
  tokenOf(namespace: string, name: string): string;
  record(method: string, path: string, status: number): void;
}
