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
export type { SigningKeys } from './eks/sigv4.js';
export type { AwsCredentials } from './eks/aws-credentials.js';
export { eksToken, type EksToken, type EksTokenOptions } from './eks/token.js';
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
export { type EksCluster, describeCluster } from './eks/describe.js';
export { type AwsSession } from './aws/aws-call.js';
export { type AwsCheck, awsCheck, type AwsCheckOptions, type AwsCheckResult } from './aws/check.js';
export { type AwsData, awsDocument, awsRecord } from './aws/aws-document.js';
export { type Bastion } from './aws/bastions.js';
export { type CredentialSource } from './aws/credential-source.js';
export { type CallerIdentity } from './aws/identity.js';
export { type MissingPermission } from './aws/permissions.js';
export { type RecordedCluster } from './aws/recorded-cluster.js';
export { type FoundRegion } from './aws/region.js';
export { type Verdict, type VerdictId } from './aws/verdict.js';
export { type SdkCredentials, sdkCredentials } from './eks/sdk-credentials.js';
export { type ContextCheck, examineContext, type ExamineOptions } from './doctor/examine.js';
export { applyByPrefect } from './plan/apply-by-prefect.js';
export { findCluster } from './plan/cluster-facts.js';
export type { Environment, LiveTunnel, TunnelLookup } from './types.js';
export {
  checkEnv,
  diffEnv,
  ENV_FORMATS,
  type EnvChange,
  type EnvContext,
  envContext,
  type EnvDiff,
  envFileName,
  type EnvFileOptions,
  type EnvFormatName,
  type EnvLine,
  type EnvOffer,
  type EnvPlan,
  type EnvSource,
  type EnvWritten,
  planEnv,
  type PlanEnvOptions,
  writeEnv,
} from './env/index.js';
