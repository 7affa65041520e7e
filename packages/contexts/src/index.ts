export {
  ContextsError,
  type ContextsErrorCode,
  type ContextsErrorRow,
  contextsErrors,
  type JsonValue,
} from './errors.js';
export {
  contextsDocument,
  type ContextRecord,
  type ContextsData,
  type ContextTargets,
  type KubernetesPart,
  type PrefectPart,
  type WrittenPlace,
  type WrittenStep,
} from './plan/contexts-document.js';
export { type AwsCredentials, eksToken, type EksToken, type EksTokenOptions } from './eks/token.js';
