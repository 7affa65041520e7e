export {
  ContextsError,
  type ContextsErrorCode,
  type ContextsErrorRow,
  contextsErrors,
  type JsonValue,
} from './errors.js';
