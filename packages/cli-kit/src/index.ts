export { HawserCommand } from './command.js';
export type { Rest, Result, Told, Work } from './command.js';
export type { Cleanup } from './cleanups.js';
export type { Aws, AwsSettings } from './aws.js';
export type { Context } from './context.js';
export type { FilledFlag, FillFlags, FillRequest, HostConfig } from './fill-flags.js';
export {
  type NumberFlag,
  type StringFlag,
  awsFlags,
  durationFlag,
  globalFlags,
  parseDuration,
  portFlag,
  requiredPortFlag,
  targetArg,
} from './flags.js';
export { CliKitError, cliKitErrors } from './errors.js';
export type { CliKitErrorCode } from './errors.js';
export type { ExecRunner, RunnerInput } from './extensions/exec-runner.js';
export type { HfRule, HfRuleFinding, HfRuleInput, HfTemplate, HfTemplateNames } from './extensions/hf.js';
export type { SessionSource, SourceArchive, SourceInput } from './extensions/session-source.js';
export type { TunnelLink, TunnelLinkInput, TunnelProvider, TunnelTarget } from './extensions/tunnel-provider.js';
export type {
  DoctorCheck,
  DoctorInput,
  Extension,
  ExtensionPoints,
  Finding,
  ReceiptVerifier,
  Verification,
  VerifyInput,
} from './extensions/points.js';
export { isHawserError, issueAddress, toFailure } from './errors/contract.js';
export type { Failure, HawserError, JsonValue } from './errors/contract.js';
export type { FailureEnvelope, SuccessEnvelope } from './errors/render.js';
export { exitCodes } from './errors/exit-codes.js';
export { Stopped } from './interrupt.js';
export type { Interruption } from './interrupt.js';
export { Out } from './output/out.js';
export type { OutOptions, Streams } from './output/out.js';
export type { Step } from './output/steps.js';
export type { Style } from './output/style.js';
export type { Column } from './output/table.js';
export type { Ask, Question } from './prompt.js';
export { createRedactor } from './redact.js';
export type { Redactor } from './redact.js';
export { Secret } from './secret.js';
