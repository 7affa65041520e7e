export type {
  CreateSessionRequest,
  CreatedSession,
  EgressProfile,
  ExitReason,
  ExitRecord,
  SessionEvent,
  SessionState,
  SessionView,
  SizeMode,
  SourceRequest,
  TerminalSize,
  ViewerRole,
} from './types.js';
export { closeCodes, creditBytes, deadAfterMs, pingEveryMs, subprotocol } from './frames.js';
export type { ClientFrame, Hello, ServerFrame } from './frames.js';
