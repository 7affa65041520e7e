export type { KubeEmulator, KubeEmulatorOptions, KubeObject } from './types.js';
