export { startKubeEmulator } from './start.js';
export { EmulatorError, type EmulatorErrorCode } from '../errors.js';
export type { ForwardProtocol, KubeEmulator, KubeEmulatorOptions, KubeObject } from './types.js';
