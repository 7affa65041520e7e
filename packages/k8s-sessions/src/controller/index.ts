export { createController } from './create-controller.js';
export type { Controller } from './create-controller.js';
export { answerWith, serveController } from './serve.js';
export type { ServeControllerOptions, ServedController } from './serve.js';
export { defaultControllerSettings } from './options.js';
export type { ControllerPorts, ControllerSettings, ControllerTickets } from './options.js';
export { problemStatus } from './problem.js';
export type { ProblemBody, ProblemCode } from './problem.js';
export type { Clock, PodFact, ReceiptSigner, RunnerAccess, RunnerCluster, RunnerJob } from './ports.js';
