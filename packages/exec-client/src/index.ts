export { ExecError, execErrors } from './errors.js';
export type { ExecErrorCode, ExecErrorRow, JsonValue } from './errors.js';
