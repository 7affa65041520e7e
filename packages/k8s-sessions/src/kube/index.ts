export { neededRights } from './check.js';
export { openKubeCluster, type KubeClusterOptions } from './cluster.js';
export { type Connection, evaluatePolicies, type NetworkEnd, type Ruling } from './evaluate.js';
export { forwardToRunners } from './forward.js';
export { buildRunnerJob, jobNameOf, type KubeManifest } from './job.js';
export { buildRunnerPolicies, closedCidrs, type PodPeers, type RunnerPolicyOptions } from './policy.js';
export { metadataTargets, probeEnforcement, type ProbeOptions, type ProbeTarget, type ProbeVerdict } from './probe.js';
export { type RunnerTemplate, runnerLabel, runnerLabels, runnerPort } from './template.js';
