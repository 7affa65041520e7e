export { HfPushError, hfPushErrors } from './errors.js';
export type { HfPushErrorCode, HfPushErrorOptions, HfPushErrorRow, JsonValue } from './errors.js';
export { openContent, readContent, sha256Of } from './tree/content.js';
export type { ReadOptions } from './tree/content.js';
export { blobOid, treeOid } from './tree/oid.js';
export type { TopEntry, TreeEntry } from './tree/oid.js';
export { findEnvironment, listEnvironments } from './env/discover.js';
export type { FoundEnvironment } from './env/discover.js';
export { stageEnvironment } from './stage/stage.js';
export { removeStaging, writeStaging } from './stage/write.js';
export { testEnvironment, testError } from './local-test/test.js';
export type { TestOptions, TestReport, TestStep } from './local-test/test.js';
export { initEnvironment, templateNames } from './templates/init.js';
export type { TemplateNames } from './templates/names.js';
export type { CustomTemplate, InitOptions, InitResult, TemplateName } from './templates/init.js';
export { upgradeEnvironment } from './upgrade/upgrade.js';
export type { UpgradeChange, UpgradeOptions, UpgradeResult } from './upgrade/upgrade.js';
export { validateLive } from './validate/live.js';
export type { LiveOptions } from './validate/live.js';
export { validationRules } from './validate/rules.js';
export { toSarif } from './validate/sarif.js';
export type { SarifLog } from './validate/sarif.js';
export { withFindings } from './validate/types.js';
export type { FindingSummary, LiveReport, SkippedCheck, ValidationReport } from './validate/types.js';
export { validateEnvironment } from './validate/validate.js';
export type { ValidateOptions } from './validate/validate.js';
export type { FileContent, Finding, Staged, StageOptions, TreeFile } from './tree/types.js';
export type { FileAction } from './diff/compare.js';
export type { HfPushEvent, OnEvent, PushStep } from './events.js';
export type { Clock } from './http/clock.js';
export { openHub } from './hub/open.js';
export type {
  CommitOperation,
  Hub,
  HubContext,
  Identity,
  LfsObject,
  LogLine,
  NewCommit,
  NewSpace,
  OpenHubOptions,
  PullRequest,
  RemoteFile,
  SpaceCommit,
  SpaceInfo,
  SpaceRuntime,
  UploadMode,
} from './hub/types.js';
export { planPush } from './plan/make-plan.js';
export { parsePlan, planSchema } from './plan/schema.js';
export type { Plan, PlannedChange, PlannedFile, SettingChange, SpaceSettings } from './plan/types.js';
export { applyPlan, push, pushAll } from './push/push.js';
export type { ApplyOptions, PushAllEntry } from './push/push.js';
export type { TargetOptions } from './push/target.js';
export type { AfterPushOptions, LiveApp, PlanOptions, PushOptions, PushResult } from './push/types.js';
export { rollbackSpace } from './space/rollback.js';
export type { RollbackOptions, RollbackResult } from './space/rollback.js';
export { getStatus } from './space/status.js';
export type { SpaceStatus } from './space/status.js';
export { waitForSpace } from './space/wait.js';
export type { WaitEnd, WaitOptions } from './space/wait.js';
export { loginByDevice } from './auth/device.js';
export type { DeviceCode, DeviceLoginOptions } from './auth/device.js';
export { discoverToken } from './auth/discover.js';
export type { DiscoverOptions, FoundToken, TokenSource } from './auth/discover.js';
export type { OAuthOptions } from './auth/oauth.js';
export type { TokenPlace } from './auth/paths.js';
export { forgetToken, saveToken } from './auth/token-store.js';
export type { Forgotten, NewToken } from './auth/token-store.js';
export { followLogs } from './space/follow.js';
export type { FollowOptions } from './space/follow.js';
