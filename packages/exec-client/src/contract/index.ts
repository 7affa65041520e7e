export { apiErrorStatus } from './api-errors.js';
export type { ApiErrorBody, ApiErrorCode } from './api-errors.js';
export type {
  DirtyTree,
  EntryMode,
  ExecutionRecord,
  ExecutionRequest,
  ExecutionSource,
  ExecutionStarted,
  LockPolicy,
  NotifyTarget,
  PhaseTimes,
} from './execution.js';
export type { GitCredential, JobPayload, JobReport } from './job.js';
export type { LogEvent, LogPage, LogStream } from './logs.js';
export { isEnd, mayFollow, statusOf } from './phases.js';
export type { Phase, ReasonCode, Status } from './phases.js';
export type {
  AttachGrant,
  ExecutionPage,
  Health,
  KeyCreated,
  KeyRecord,
  KeyScope,
  LockRecord,
  SecretRecord,
  WhoAmI,
} from './resources.js';
