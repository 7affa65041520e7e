export { apiErrorStatus } from './api-errors.js';
export type { ApiErrorBody, ApiErrorCode } from './api-errors.js';
export { checkExecutionRequest } from './check-request.js';
export type { CheckedRequest } from './check-request.js';
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
export { exitCodeOf } from './exit-code.js';
export type { ExitCode, ExitOrigin } from './exit-code.js';
export { fargateSize } from './fargate.js';
export type { FargateSize } from './fargate.js';
export { isExecutionId, newExecutionId } from './ids.js';
export { jobTokenHeader } from './job.js';
export type { GitCredential, JobPayload, JobReport } from './job.js';
export { requestLimits } from './limits.js';
export type { RequestLimits } from './limits.js';
export { writtenBy } from './logs.js';
export type { LogEvent, LogPage, LogStream } from './logs.js';
export { isEnd, mayFollow, statusOf } from './phases.js';
export type { Phase, ReasonCode, Status } from './phases.js';
export type { RequestProblem } from './problems.js';
export { refProblem } from './ref.js';
export { parseRepository, repositoryName, repositoryProblem } from './repository.js';
export type { Repository, RepositoryScheme } from './repository.js';
export { apiRoutes } from './routes.js';
export type { ApiRoute } from './routes.js';
export { isSecretName } from './secret-name.js';
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
