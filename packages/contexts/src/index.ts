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
export { applyPlan, type Applied, type ApplyOptions } from './plan/apply.js';
export {
  type KubernetesWish,
  planContext,
  type PlanContextOptions,
  type PlanPlace,
  planRemoval,
  planUse,
  type PrefectWish,
} from './plan/plan-context.js';
export type { ContextPlan, PlanStep } from './plan/plan.js';
export { checkPrefectUrl } from './prefect/url.js';
export type { ClusterFacts, TokenCommand, TunnelledServer } from './kubeconfig/entries.js';
