export { SsmCodecError, ssmCodecErrors } from './errors.js';
export type { SsmCodecErrorCode, SsmCodecErrorRow } from './errors.js';
export { FRAME_OVERHEAD, decodeMessage, encodeMessage, encodeServiceMessage } from './message.js';
export type { ChannelMessage, DecodeOptions, MessageFields } from './message.js';
export { MessageType } from './message-types.js';
export { ActionStatus, FlagPayload, HeaderFlags, PayloadType } from './payload-types.js';
export {
  encodeAcknowledge,
  encodeAgentSessionState,
  encodeChannelClosed,
  encodeExitCode,
  encodeFlag,
  encodeOpenDataChannel,
  encodeSize,
  parseAcknowledge,
  parseAgentSessionState,
  parseChannelClosed,
  parseExitCode,
  parseFlag,
  parseOpenDataChannel,
  parseSize,
} from './payloads.js';
export type { Acknowledge, AgentSessionState, ChannelClosed, OpenDataChannel, TerminalSize } from './payloads.js';
export {
  ActionType,
  encodeEncryptionChallenge,
  encodeHandshakeComplete,
  encodeHandshakeRequest,
  encodeHandshakeResponse,
  kmsParameters,
  parseEncryptionChallenge,
  parseHandshakeComplete,
  parseHandshakeRequest,
  parseHandshakeResponse,
  parseKmsAction,
  parseSessionTypeAction,
  sessionTypeParameters,
} from './handshake-payloads.js';
export type {
  HandshakeComplete,
  HandshakeRequest,
  HandshakeResponse,
  KmsAction,
  KmsResult,
  ProcessedAction,
  RequestedAction,
  SessionTypeAction,
} from './handshake-payloads.js';
export type { JsonObject } from './json.js';
export { readUuid, writeUuid } from './uuid.js';
export {
  CLIENT_VERSION,
  compareVersions,
  agentNeedsNoKeepAlive,
  isNewer,
  agentSpeaksMux,
  agentTakesTerminateFlag,
} from './version.js';
