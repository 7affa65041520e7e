export type { HubAccount, HubBuild, HubEmulator, HubEmulatorOptions, HubFault, HubRequest } from './types.js';
