import type { Input } from '../../ssm/api/operation.js';
import type { Caller } from '../iam/caller.js';

/** Who calls, and under which request id. */
export interface CallContext {
  readonly caller: Caller;
  readonly requestId: string;
}

/** What one API operation does. It throws an AwsError for what AWS would refuse. */
export type Operation = (
  input: Input,
  call: CallContext,
) => Readonly<Record<string, unknown>> | Promise<Readonly<Record<string, unknown>>>;

/** One emulated service of the JSON protocols. */
export interface JsonService {
  readonly protocol: 'json';
  /** Its name in signatures, in IAM actions and in the list of calls. */
  readonly name: string;
  /** In front of the operation in `X-Amz-Target`. */
  readonly target: string;
  readonly version: '1.0' | '1.1';
  readonly operations: Readonly<Record<string, Operation>>;
}

/** One emulated service of the Query protocol (XML answers). */
export interface QueryService {
  readonly protocol: 'query' | 'ec2';
  readonly name: string;
  /** The API version that is sent as `Version`. */
  readonly version: string;
  readonly namespace: string;
  readonly operations: Readonly<Record<string, Operation>>;
}
