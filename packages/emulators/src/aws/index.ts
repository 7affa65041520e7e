export type { AwsEmulator, AwsEmulatorOptions, AwsFaults, EmulatedImage } from './types.js';
