export { EmulatorError, type EmulatorErrorCode } from '../errors.js';
export { startGithubEmulator } from './start.js';
export type {
  GithubDispatch,
  GithubEmulator,
  GithubEmulatorOptions,
  GithubFault,
  GithubJob,
  GithubRequest,
  GithubRun,
  GithubRunner,
} from './types.js';
