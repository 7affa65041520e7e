export type { LocalBackend, LocalBackendOptions } from './types.js';
