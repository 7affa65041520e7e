export { SessionsError, sessionsErrors } from './errors.js';
export type { JsonValue, SessionsErrorCode, SessionsErrorRow } from './errors.js';
