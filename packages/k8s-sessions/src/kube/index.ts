export { neededRights } from './check.js';
export { openKubeCluster, type KubeClusterOptions } from './cluster.js';
export { buildRunnerJob, jobNameOf, type KubeManifest } from './job.js';
export { type RunnerTemplate, runnerLabel, runnerLabels, runnerPort } from './template.js';
