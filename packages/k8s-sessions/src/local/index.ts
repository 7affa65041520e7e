export { runLocalRunner } from './runner-program.js';
export type { LocalRunnerOptions } from './runner-program.js';
export { serveLocal } from './serve-local.js';
export type { LocalService, ServeLocalOptions } from './serve-local.js';
export { findLocalService } from './service-file.js';
export type { FoundService } from './service-file.js';
