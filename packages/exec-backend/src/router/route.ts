import type { KeyScope } from '@hawser/exec-client/contract';
import type { Executions } from '../core/executions.js';
import type { Lifecycle } from '../core/lifecycle.js';
import type { Locks } from '../core/locks.js';
import type { Records } from '../core/records.js';
import type { JobChannel } from '../backend.js';
import type { BackendPorts, Caller } from '../ports.js';

/** What routes work with. */
export interface Service {
  readonly ports: BackendPorts;
  readonly records: Records;
  readonly locks: Locks;
  readonly lifecycle: Lifecycle;
  readonly executions: Executions;
  readonly job: JobChannel;
}

/** One request on its way. */
export interface Call {
  readonly service: Service;
  readonly request: Request;
  readonly requestId: string;
  readonly caller: Caller;
  /** Parts of the path that stand for something, decoded. */
  readonly path: Readonly<Record<string, string>>;
  /** The last of each parameter of the query; labels may come several times. */
  readonly query: URLSearchParams;
}

/**
 * One route. `scope`: what a key must be allowed. `any`: every key. `open`: no key. `job`: no key, but the token of a
 * task, which the handler looks at.
 */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** e.g. `/executions/{id}/logs`. */
  readonly path: string;
  readonly scope: KeyScope | 'any' | 'open' | 'job';
  /** Name of the operation in the OpenAPI document. */
  readonly operation: string;
  readonly handle: (call: Call) => Promise<Response>;
}
