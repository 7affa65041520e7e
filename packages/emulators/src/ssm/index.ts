export { EmulatorError, type EmulatorErrorCode } from '../errors.js';
export type { Credentials } from '../http/sigv4.js';
export type { DocumentParameter, SessionDocument, SessionType } from './documents.js';
export { startSsmEmulator } from './start.js';
export type {
  AgentOptions,
  ChaosOptions,
  EmulatedSession,
  GatewayControls,
  GatewayOptions,
  SsmEmulator,
  SsmEmulatorOptions,
  TargetSpec,
} from './types.js';
