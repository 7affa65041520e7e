export { EmulatorError, type EmulatorErrorCode } from '../errors.js';
export { startAwsEmulator } from './start.js';
export type { AwsEmulator, AwsEmulatorOptions, AwsFaults, EmulatedImage } from './types.js';
