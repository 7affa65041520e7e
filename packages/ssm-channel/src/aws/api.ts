import type { StartedSession } from '../session/types.js';
import type { SigningCredentials } from '../transport/sign-upgrade.js';
import type { UpgradeOptions } from '../transport/types.js';

/** Every call can be given up. An aborted call rejects with the reason of its signal. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** The few AWS calls a session needs; `createAwsApi` makes one over the official SDK. */
export interface SsmApi {
  /** Signature, proxy and trust of the websocket upgrade; without it the upgrade is plain and direct. */
  readonly upgrade?: UpgradeOptions;
  /** A new token (and perhaps another URL) for a session whose socket was cut; `undefined` when the session is gone. */
  resumeSession(sessionId: string, options: CallOptions): Promise<StartedSession | undefined>;
  terminateSession(sessionId: string, options: CallOptions): Promise<void>;
  /** A KMS data key of 64 bytes under this encryption context. */
  generateDataKey(
    request: { readonly keyId: string; readonly context: Readonly<Record<string, string>> },
    options: CallOptions,
  ): Promise<{ readonly plaintext: Uint8Array; readonly ciphertext: Uint8Array }>;
}

/** What StartSession is asked for. */
export interface StartSessionRequest {
  /** An id as AWS knows it: `i-…`, `mi-…` or `ecs:<cluster>_<task>_<runtime id>`. `findTarget` makes one of a name. */
  readonly target: string;
  /** Session document. Default: the account's own shell document. */
  readonly document?: string;
  readonly parameters?: Readonly<Record<string, readonly string[]>>;
  /** Shown in the session history; at most 256 characters. */
  readonly reason?: string;
}

/** What ECS ExecuteCommand is asked for. */
export interface ExecuteCommandRequest {
  readonly cluster: string;
  readonly task: string;
  readonly container: string;
  readonly command: string;
}

/** A machine that Systems Manager manages. */
export interface ManagedNode {
  readonly id: string;
  /** Name given at registration (hybrid nodes) or by the service; often missing for EC2 instances. */
  readonly name?: string;
  /** Host name that the node reports. */
  readonly computerName?: string;
  /** Whether its agent answered lately. */
  readonly online: boolean;
  /** As the service says it: `Online`, `ConnectionLost` or `Inactive`. */
  readonly pingStatus: string;
  readonly lastPing?: Date;
  readonly agentVersion?: string;
  /** `Linux`, `Windows` or `MacOS`. */
  readonly platform?: string;
  readonly platformName?: string;
  readonly ip?: string;
}

/** Which managed nodes to list; everything given must hold. */
export interface NodeQuery {
  readonly ids?: readonly string[];
  readonly tag?: { readonly key: string; readonly value: string };
}

/** One line of the session history. */
export interface SessionSummary {
  readonly sessionId: string;
  readonly target: string;
  readonly status: string;
  readonly document?: string;
  readonly owner?: string;
  readonly reason?: string;
  readonly started?: Date;
  readonly ended?: Date;
}

/** A task of ECS, as far as sessions care. */
export interface EcsTask {
  /** Last part of the task's ARN. */
  readonly id: string;
  /** Last part of the cluster's ARN. */
  readonly cluster: string;
  readonly containers: readonly EcsContainer[];
}

/** A container of a task. */
export interface EcsContainer {
  readonly name: string;
  /** Missing until the container runs. */
  readonly runtimeId?: string;
  readonly running: boolean;
}

/** The AWS calls of this package. `createAwsApi` makes it; tests and other clouds may bring their own. */
export interface AwsApi extends SsmApi, Disposable {
  startSession(request: StartSessionRequest, options?: CallOptions): Promise<StartedSession>;
  /** Starts a session in a container of ECS, with the endpoint and permissions of ECS. */
  executeCommand(request: ExecuteCommandRequest, options?: CallOptions): Promise<StartedSession>;
  /** All managed nodes that match, online or not. */
  describeInstances(query?: NodeQuery, options?: CallOptions): Promise<readonly ManagedNode[]>;
  describeSessions(
    query: { readonly state: 'Active' | 'History'; readonly target?: string },
    options?: CallOptions,
  ): Promise<readonly SessionSummary[]>;
  /** `undefined` when the cluster knows no such task. */
  describeTask(
    query: { readonly cluster: string; readonly task: string },
    options?: CallOptions,
  ): Promise<EcsTask | undefined>;
  connectionStatus(target: string, options?: CallOptions): Promise<'connected' | 'notconnected'>;
  /** What requests are signed with; `undefined` when this machine has no credentials. Never takes longer than a few seconds. */
  credentials(options?: CallOptions): Promise<SigningCredentials | undefined>;
  /** The region in force. */
  region(): Promise<string>;
}
