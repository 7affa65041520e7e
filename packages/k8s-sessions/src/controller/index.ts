export type { Clock, PodFact, ReceiptSigner, RunnerAccess, RunnerCluster, RunnerJob } from './ports.js';
