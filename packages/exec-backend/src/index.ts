export { createBackend } from './core/create-backend.js';
export { ExecBackendError, execBackendErrors } from './errors.js';
export type { ExecBackendErrorCode, ExecBackendErrorRow, JsonValue } from './errors.js';
export type { Backend, JobChannel, SweepReport } from './backend.js';
export type {
  Authenticator,
  BackendPorts,
  Caller,
  Clock,
  Ids,
  Job,
  Limits,
  LogFacts,
  LogReader,
  LogStretch,
  Notifier,
  ReceiptSigner,
  Row,
  Runner,
  Secrets,
  StartFailure,
  Store,
  TaskFacts,
  TaskRef,
} from './ports.js';
export { createMemoryStore } from './stores/memory.js';
