export { ContextsError } from '../errors.js';
export { arcDocument, arcRecord, type ArcData } from './arc-document.js';
export type { Clock } from './clock.js';
export type { Fetch } from './collect/github-client.js';
export type {
  Controller,
  EphemeralRunner,
  Listener,
  Meta,
  Pod,
  ScaleSet,
  SecretKeys,
  VaultConfig,
} from './evidence/cluster.js';
export type { GithubRunner, Job, Listed, Probe, WorkflowRun } from './evidence/github.js';
export type {
  ClusterSeen,
  GithubSeen,
  Observation,
  Seen,
  Unseen,
  UpstreamObservation,
} from './evidence/observation.js';
export { replaySnapshot, replayUpstream, type ReplayOptions } from './replay.js';
export { asJunit } from './report/junit.js';
export { asMarkdown, asText } from './report/words.js';
export { subjectOf } from './scope.js';
export {
  formatSnapshot,
  largestSnapshotBytes,
  parseSnapshot,
  type Snapshot,
  type UpstreamSnapshot,
} from './snapshot.js';
export { storeReport, writeSnapshot, writeStatus, type Stored } from './store.js';
export type {
  CheckId,
  CheckResult,
  Finding,
  OidcEvidence,
  OidcIdentity,
  Outcome,
  Report,
  Settings,
  Subject,
} from './types.js';
export {
  recordRunners,
  verifyRunners,
  watchRunners,
  type ArcEvent,
  type Verified,
  type VerifyOptions,
} from './verify.js';
