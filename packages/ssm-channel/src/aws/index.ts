export type {
  AwsApi,
  CallOptions,
  EcsContainer,
  EcsTask,
  ExecuteCommandRequest,
  ManagedNode,
  NodeQuery,
  SessionSummary,
  SsmApi,
  StartSessionRequest,
} from './api.js';
export { type AwsApiOptions, createAwsApi } from './create-api.js';
export { type ApiService, endpointFor } from './endpoints.js';
export { type CallContext, explainSdkError } from './sdk-errors.js';
export { type FoundTarget, type TargetLookup, findTarget } from './targets.js';
export { type SigningCredentials } from '../transport/sign-upgrade.js';
export { type Environment } from '../transport/proxy.js';
