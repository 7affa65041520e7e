import { Buffer } from 'node:buffer';
import { booleanOf, encodeJson, integerOf, parseObject, textOf, wrong } from './json.js';

/** Content of an `acknowledge` message. */
export interface Acknowledge {
  readonly messageType: string;
  readonly messageId: string;
  /** Numbers above 2^53 are refused when read: no session gets there. */
  readonly sequenceNumber: number | bigint;
  /** True for every data message. */
  readonly isSequential: boolean;
}

/** Content of a `channel_closed` message. */
export interface ChannelClosed {
  readonly messageId: string;
  /** Text, e.g. `2021-10-01T09:24:34.917Z`. */
  readonly createdDate: string;
  readonly destinationId: string;
  readonly sessionId: string;
  readonly messageType: string;
  readonly schemaVersion: number;
  /** What the service has to say; empty after an ordinary end. */
  readonly output: string;
}

/** Size of a terminal, in characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** Content of an `agent_session_state` message. */
export interface AgentSessionState {
  readonly schemaVersion: number;
  /** `Connected` or `Terminating`. */
  readonly sessionState: string;
  readonly sessionId: string;
}

/** The first frame on a data channel, a TEXT frame: who opens it, and by what right. */
export interface OpenDataChannel {
  readonly requestId: string;
  readonly tokenValue: string;
  readonly clientId: string;
  /** Only from clients, since 1.2.677. */
  readonly clientVersion?: string;
  /** Only from agents: the managed node's id. */
  readonly clientInstanceId?: string;
}

const maxUint32 = 0xffff_ffff;

/** Writes the content of an acknowledgement. */
export function encodeAcknowledge(ack: Acknowledge): Buffer {
  // By hand for the number, which may be a bigint; this is also the most frequent message of all.
  return Buffer.from(
    `{"AcknowledgedMessageType":${JSON.stringify(ack.messageType)},` +
      `"AcknowledgedMessageId":${JSON.stringify(ack.messageId)},` +
      `"AcknowledgedMessageSequenceNumber":${ack.sequenceNumber},"IsSequentialMessage":${ack.isSequential}}`,
  );
}

/**
 * Reads the content of an acknowledgement. The number must be there: nothing else says what was accepted.
 *
 * @throws {@link SsmCodecError} `HAWSER_SSM_PAYLOAD`, like every `parse…` here.
 */
export function parseAcknowledge(payload: Uint8Array): Acknowledge & { readonly sequenceNumber: number } {
  const what = 'acknowledgement';
  const object = parseObject(payload, what);
  const sequenceNumber = object['AcknowledgedMessageSequenceNumber'];
  if (!Number.isSafeInteger(sequenceNumber) || (sequenceNumber as number) < 0)
    throw wrong(`${what}'s number`, 'usable');
  return {
    messageType: textOf(object, 'AcknowledgedMessageType', what),
    messageId: textOf(object, 'AcknowledgedMessageId', what),
    sequenceNumber: sequenceNumber as number,
    isSequential: booleanOf(object, 'IsSequentialMessage', what),
  };
}

/** Writes the content of a `channel_closed` message. */
export function encodeChannelClosed(closed: ChannelClosed): Buffer {
  return encodeJson({
    MessageId: closed.messageId,
    CreatedDate: closed.createdDate,
    DestinationId: closed.destinationId,
    SessionId: closed.sessionId,
    MessageType: closed.messageType,
    SchemaVersion: closed.schemaVersion,
    Output: closed.output,
  });
}

/** Reads the content of a `channel_closed` message. */
export function parseChannelClosed(payload: Uint8Array): ChannelClosed {
  const what = 'channel_closed message';
  const object = parseObject(payload, what);
  return {
    messageId: textOf(object, 'MessageId', what),
    createdDate: textOf(object, 'CreatedDate', what),
    destinationId: textOf(object, 'DestinationId', what),
    sessionId: textOf(object, 'SessionId', what),
    messageType: textOf(object, 'MessageType', what),
    schemaVersion: integerOf(object, 'SchemaVersion', what),
    output: textOf(object, 'Output', what),
  };
}

/** Writes the payload of a Size message. */
export function encodeSize(size: TerminalSize): Buffer {
  return encodeJson({ cols: size.columns, rows: size.rows });
}

/** Reads the payload of a Size message; both numbers are unsigned 32-bit integers. */
export function parseSize(payload: Uint8Array): TerminalSize {
  const object = parseObject(payload, 'size');
  const size = { columns: integerOf(object, 'cols', 'size'), rows: integerOf(object, 'rows', 'size') };
  if (Math.min(size.columns, size.rows) < 0 || Math.max(size.columns, size.rows) > maxUint32) {
    throw wrong('size', 'made of unsigned 32-bit integers');
  }
  return size;
}

/** Writes the payload of a Flag message: 4 bytes, big-endian. */
export function encodeFlag(flag: number): Buffer {
  const payload = Buffer.allocUnsafe(4);
  payload.writeUInt32BE(flag);
  return payload;
}

/** Reads the payload of a Flag message; bytes behind the first four are ignored. */
export function parseFlag(payload: Uint8Array): number {
  if (payload.length < 4) throw wrong('flag', '4 bytes long');
  return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).readUInt32BE(0);
}

/** Writes the payload of an ExitCode message. */
export function encodeExitCode(exitCode: number): Buffer {
  return Buffer.from(`EXIT_CODE: ${exitCode}`);
}

/** Reads the payload of an ExitCode message; `undefined` when it is not of the form `EXIT_CODE: <n>`. */
export function parseExitCode(payload: Uint8Array): number | undefined {
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('latin1');
  const digits = /^EXIT_CODE: (-?\d{1,10})\s*$/.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Writes the content of an `agent_session_state` message. */
export function encodeAgentSessionState(state: AgentSessionState): Buffer {
  return encodeJson({
    SchemaVersion: state.schemaVersion,
    SessionState: state.sessionState,
    SessionId: state.sessionId,
  });
}

/** Reads the content of an `agent_session_state` message. */
export function parseAgentSessionState(payload: Uint8Array): AgentSessionState {
  const what = 'session state';
  const object = parseObject(payload, what);
  return {
    schemaVersion: integerOf(object, 'SchemaVersion', what),
    sessionState: textOf(object, 'SessionState', what),
    sessionId: textOf(object, 'SessionId', what),
  };
}

/** Writes the text of the first frame on a data channel, in the client's or the agent's form. */
export function encodeOpenDataChannel(open: OpenDataChannel): string {
  return JSON.stringify({
    MessageSchemaVersion: '1.0',
    RequestId: open.requestId,
    TokenValue: open.tokenValue,
    ...(open.clientInstanceId === undefined ? {} : { ClientInstanceId: open.clientInstanceId }),
    ClientId: open.clientId,
    ...(open.clientVersion === undefined ? {} : { ClientVersion: open.clientVersion }),
  });
}

/** Reads the text of the first frame on a data channel. The schema version is not looked at. */
export function parseOpenDataChannel(text: Uint8Array | string): OpenDataChannel {
  const what = 'OpenDataChannel message';
  const object = parseObject(text, what);
  return {
    requestId: textOf(object, 'RequestId', what),
    tokenValue: textOf(object, 'TokenValue', what),
    clientId: textOf(object, 'ClientId', what),
    ...('ClientVersion' in object ? { clientVersion: textOf(object, 'ClientVersion', what) } : {}),
    ...('ClientInstanceId' in object ? { clientInstanceId: textOf(object, 'ClientInstanceId', what) } : {}),
  };
}
