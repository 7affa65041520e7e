export { chooseBackend } from './config/choose-backend.js';
export type { ChooseBackendOptions, ChosenBackend } from './config/choose-backend.js';
export { secondsOf } from './config/duration.js';
export { findProjectFile, projectFileNames } from './config/find-project-file.js';
export type { FoundProjectFile } from './config/find-project-file.js';
export { projectFileKeys, readProjectFile } from './config/project-file.js';
export type { AutoLock, ProjectFile } from './config/project-file.js';
export { readConfigFile } from './config/read-config-file.js';
export type { YamlFile } from './config/read-yaml.js';
export { rememberBackend, rememberedBackend } from './config/remote-memory.js';
export { resolveExecution } from './config/resolve.js';
export type { ResolvedExecution, ResolvedValue, ResolveOptions } from './config/resolve.js';
export { looksSecret } from './config/secret-looks.js';
export { readUserFile, removeBackend, saveBackend, userFilePath } from './config/user-file.js';
export type { UserBackend, UserFile } from './config/user-file.js';
export { ExecError, execErrors } from './errors.js';
export type { ExecErrorCode, ExecErrorRow, JsonValue } from './errors.js';
export { detectRepository, findGitRoot, remoteHead } from './git/detect.js';
export type { DetectedRemote, DetectedRepository, RemoteHead } from './git/detect.js';
export { applyDirtyTree, makeDirtyTree } from './git/dirty-tree.js';
export type { DirtyFile, DirtyTreeOptions, MadeDirtyTree } from './git/dirty-tree.js';
export type { WorkTreeStatus } from './git/status.js';
export { checkoutWarnings, describeChanges } from './git/warnings.js';
export type { Administration, NewKey } from './http/administration.js';
export { createExecClient } from './http/client.js';
export type {
  AttachCallOptions,
  CallOptions,
  CancelOptions,
  ExecClient,
  ExecClientOptions,
  LogsOptions,
} from './http/client.js';
export type { FollowOptions, LogEnd, LogFollower } from './http/follow.js';
export type { ListOptions } from './http/list.js';
export { automaticLock } from './locks/automatic-lock.js';
export type { AutomaticLock } from './locks/automatic-lock.js';
export type { RetryOptions } from './http/retry.js';
export type { TransportOptions } from './http/transport.js';
export type { WatchOptions } from './http/watch.js';
