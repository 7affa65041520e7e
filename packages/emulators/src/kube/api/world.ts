import type { IncomingMessage } from 'node:http';
import type { Kinds } from '../store/kinds.js';
import type { Store } from '../store/store.js';
import type { ForwardProtocol, KubeEmulatorOptions } from '../types.js';

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
  readonly forwardProtocols: readonly ForwardProtocol[];
  /** Where a port of a pod is served; undefined when nothing listens there. */
  portOf(namespace: string, pod: string, port: number): number | undefined;
  record(method: string, path: string, status: number): void;
}
