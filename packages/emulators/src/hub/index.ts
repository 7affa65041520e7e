export { startHubEmulator } from './start.js';
export { EmulatorError, type EmulatorErrorCode } from '../errors.js';
export type { HubAccount, HubBuild, HubEmulator, HubEmulatorOptions, HubFault, HubRequest } from './types.js';
