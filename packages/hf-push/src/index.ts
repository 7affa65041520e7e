export { HfPushError, hfPushErrors } from './errors.js';
export type { HfPushErrorCode, HfPushErrorOptions, HfPushErrorRow, JsonValue } from './errors.js';
export type { FileContent, Finding, Staged, StageOptions, TreeFile } from './tree/types.js';
