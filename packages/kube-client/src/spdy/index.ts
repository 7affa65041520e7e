export type { SpdyHeaders } from './headers.js';
export {
  createSpdySession,
  type SpdyCarrier,
  type SpdySession,
  type SpdySessionOptions,
  SpdyStream,
} from './session.js';
