export { ApiKeyError, apiKeyErrors } from './errors.js';
export type { ApiKeyErrorCode, ApiKeyErrorRow, JsonValue } from './errors.js';
export type { KeyVerdict, StoredKey } from './types.js';
