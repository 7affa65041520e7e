export { openHub } from './open.js';
export type {
  CommitOperation,
  Hub,
  HubContext,
  Identity,
  LfsObject,
  LogLine,
  NewCommit,
  NewSpace,
  OpenHubOptions,
  PullRequest,
  RemoteFile,
  SpaceCommit,
  SpaceInfo,
  SpaceRuntime,
  UploadMode,
} from './types.js';
export type { TopEntry } from '../tree/oid.js';
