export { envContext } from './context.js';
export type { EnvChange } from './document.js';
export { checkEnv, diffEnv, type EnvDiff, type EnvFileOptions, type EnvWritten, writeEnv } from './file.js';
export type { EnvFormatName } from './formats/format.js';
export { ENV_FORMATS } from './formats/index.js';
export {
  type EnvContext,
  type EnvLine,
  type EnvOffer,
  type EnvPlan,
  type EnvSource,
  planEnv,
  type PlanEnvOptions,
} from './plan.js';
export { envFileName } from './target.js';
