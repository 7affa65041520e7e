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
export { decodeServerFrame, encodeServerFrame, maxHistoryLines, maxServerFrameBytes } from './server-codec.js';
export { decodeClientFrame, encodeClientFrame, maxClientFrameBytes, maxInputBytes } from './client-codec.js';
export { readExitRecord } from './records.js';
export { formatSince, parseSince } from './offsets.js';
export type { LogPlace } from './offsets.js';
export { exitReasons, isOver, mayFollow, sessionEdges, sessionStates } from './states.js';
export {
  decodeTtydClientMessage,
  decodeTtydServerMessage,
  encodeTtydClientMessage,
  encodeTtydServerMessage,
  maxTtydMessageBytes,
  ttydSubprotocol,
} from './ttyd.js';
export type { TtydClientMessage, TtydServerMessage } from './ttyd.js';
export type { ExchangeAnswer, ExchangeRequest, ShareAnswer, ShareRequest } from './edge-types.js';
