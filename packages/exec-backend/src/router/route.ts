import type { ApiRoute } from '@hawser/exec-client/contract';
import type { JobChannel } from '../backend.js';
import type { Executions } from '../core/executions.js';
import type { KeyBook } from '../core/keys.js';
import type { Lifecycle } from '../core/lifecycle.js';
import type { Locks } from '../core/locks.js';
import type { Records } from '../core/records.js';
import type { SecretMasks } from '../core/secret-masks.js';
import type { BackendPorts, Caller } from '../ports.js';

/** What endpoints work with. */
export interface Service {
  readonly ports: BackendPorts;
  readonly records: Records;
  readonly locks: Locks;
  readonly lifecycle: Lifecycle;
  readonly executions: Executions;
  readonly masks: SecretMasks;
  readonly keys: KeyBook;
  readonly job: JobChannel;
}

/** One request on its way. */
export interface Call {
  readonly service: Service;
  readonly request: Request;
  readonly requestId: string;
  readonly caller: Caller;
  /** What stands for `{id}` in the path, decoded. */
  readonly id: string;
  readonly query: URLSearchParams;
}

/** What answers a route. */
export type Endpoint = (call: Call) => Promise<Response>;

/** Endpoints of some routes. */
export type Endpoints<Route extends ApiRoute> = Readonly<Record<Route, Endpoint>>;
