export type { SpdyHeaders } from './headers.js';
export {
  createSpdySession,
  type SpdyCarrier,
  type SpdySession,
  type SpdySessionOptions,
  SpdyStream,
  type StreamOwner,
} from './session.js';
