export {
  type CopyOptions,
  type CopyProgress,
  type CopyResult,
  type DigestAlgorithm,
  copyFromTarget,
  copyToTarget,
} from './copy/index.js';
export { type DocumentSession, type DocumentSessionOptions, openDocumentSession } from './forward/document-session.js';
export { type BoundAddress, type ListenAddress } from './forward/listen.js';
export { type Dialer, openDialer } from './forward/dial.js';
export { type ForwardEvents, type OpenLanesOptions } from './forward/lanes.js';
export { type Forward, type ForwardPortOptions, forwardPort } from './forward/open.js';
export {
  type JsonValue,
  SsmChannelError,
  type SsmChannelErrorCode,
  type SsmChannelErrorOptions,
  type SsmChannelErrorRow,
  ssmChannelErrors,
} from './errors.js';
export { type ChannelStats, type DeliveredKind, type SessionFacts } from './channel/types.js';
export { quoteCommand } from './session/command-line.js';
export { openDataChannel } from './session/data-channel.js';
export type { ChannelTuning, DataChannel, DataHandler, SessionType } from './session/session-type.js';
export { type StreamTypeOptions, createStreamType, openSession, standardSessionTypes } from './session/open.js';
export type {
  OpenSessionOptions,
  Session,
  SessionEnd,
  SessionEvents,
  SessionState,
  StartedSession,
} from './session/types.js';
export { type BackoffOptions } from './transport/backoff.js';
export { type LinkTuning } from './transport/link.js';
export type { UpgradeOptions } from './transport/types.js';
export type { SsmApi } from './aws/api.js';
