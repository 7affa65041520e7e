export { createGateway } from './gateway.js';
export type { Gateway } from './gateway.js';
export { createRunnerAccess } from './hop.js';
export type { HopOptions } from './hop.js';
export { serveGateway } from './serve.js';
export type { ServedGateway, ServeGatewayOptions } from './serve.js';
export type {
  Exchanged,
  GatewayLogLine,
  GatewayOptions,
  GatewayTickets,
  Refusal,
  RunnerConnector,
  Viewer,
} from './types.js';
