export { openLocalBackend } from './open.js';
export { localRunIds } from './run-ids.js';
export { runLocalSupervisor } from './supervisor.js';
export type { LocalSupervisorOptions } from './supervisor.js';
export type { FindProgram, LocalBackend, LocalBackendOptions, LocalProgram } from './types.js';
export { serveBackend } from '../entries/node-http.js';
export type { ServeBackendOptions, ServedBackend } from '../entries/node-http.js';
