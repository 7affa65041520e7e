import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import {
  SsmCodecError,
  encodeAcknowledge,
  encodeFlag,
  encodeHandshakeRequest,
  encodeOpenDataChannel,
  encodeSize,
  parseAcknowledge,
  parseAgentSessionState,
  parseChannelClosed,
  parseEncryptionChallenge,
  parseExitCode,
  parseFlag,
  parseHandshakeComplete,
  parseHandshakeRequest,
  parseHandshakeResponse,
  parseKmsAction,
  parseOpenDataChannel,
  parseSessionTypeAction,
  parseSize,
  sessionTypeParameters,
  ssmCodecErrors,
} from '../../src/codec/index.js';

const bytes = (text: string): Buffer => Buffer.from(text);

describe('payloads of the wrong shape', () => {
  test.each<[string, () => unknown]>([
    ['an acknowledgement that is not JSON', () => parseAcknowledge(bytes('{'))],
    ['an acknowledgement that is a list', () => parseAcknowledge(bytes('[]'))],
    ['an acknowledgement that is null', () => parseAcknowledge(bytes('null'))],
    ['an acknowledgement without a number', () => parseAcknowledge(bytes('{}'))],
    [
      'an acknowledgement of a negative number',
      () => parseAcknowledge(bytes('{"AcknowledgedMessageSequenceNumber":-1}')),
    ],
    ['an acknowledgement of half a number', () => parseAcknowledge(bytes('{"AcknowledgedMessageSequenceNumber":0.5}'))],
    [
      'an acknowledgement of a number as text',
      () => parseAcknowledge(bytes('{"AcknowledgedMessageSequenceNumber":"1"}')),
    ],
    [
      'an acknowledgement beyond 2^53',
      () =>
        parseAcknowledge(
          encodeAcknowledge({ messageType: 'x', messageId: 'y', sequenceNumber: 2n ** 53n, isSequential: true }),
        ),
    ],
    ['a channel_closed with a number as output', () => parseChannelClosed(bytes('{"Output":1}'))],
    ['a channel_closed with a text as schema version', () => parseChannelClosed(bytes('{"SchemaVersion":"1"}'))],
    ['a negative size', () => parseSize(bytes('{"cols":-1,"rows":1}'))],
    ['a size beyond 32 bits', () => parseSize(bytes('{"cols":4294967296,"rows":1}'))],
    ['a flag of 3 bytes', () => parseFlag(Buffer.alloc(3))],
    ['a session state that is no text', () => parseAgentSessionState(bytes('{"SessionState":{}}'))],
    ['an OpenDataChannel without JSON', () => parseOpenDataChannel('hello')],
    [
      'a handshake request whose actions are no list',
      () => parseHandshakeRequest(bytes('{"RequestedClientActions":{}}')),
    ],
    [
      'a handshake request whose action is a number',
      () => parseHandshakeRequest(bytes('{"RequestedClientActions":[1]}')),
    ],
    ['session type parameters that are missing', () => parseSessionTypeAction(null)],
    ['properties that are a list', () => parseSessionTypeAction({ SessionType: 'Port', Properties: [] })],
    ['a KMS action without a key id', () => parseKmsAction({})],
    [
      'a handshake response whose status is a text',
      () => parseHandshakeResponse(bytes('{"ProcessedClientActions":[{"ActionStatus":"1"}]}')),
    ],
    [
      'a handshake response whose key is not base64',
      () => parseHandshakeResponse(bytes('{"ProcessedClientActions":[{"ActionResult":{"KMSCipherTextKey":"%"}}]}')),
    ],
    [
      'a challenge acknowledged with a text',
      () =>
        parseHandshakeResponse(
          bytes(
            '{"ProcessedClientActions":[{"ActionResult":{"KMSCipherTextKey":"","ChallengeAcknowledgement":"yes"}}]}',
          ),
        ),
    ],
    ['a completion with a number as message', () => parseHandshakeComplete(bytes('{"CustomerMessage":1}'))],
    ['a challenge that is not base64', () => parseEncryptionChallenge(bytes('{"Challenge":"AQI"}'))],
  ])('%s is refused', (_what, parse) => {
    let thrown: unknown;
    try {
      parse();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(SsmCodecError);
    expect(thrown).toMatchObject({ name: 'SsmCodecError', code: 'HAWSER_SSM_PAYLOAD', exitCode: 1 });
  });

  test('an exit code that is none is undefined', () => {
    for (const text of ['', 'EXIT_CODE: ', 'EXIT_CODE: x', 'exit 1', 'EXIT_CODE: 99999999999', '\nEXIT_CODE: 1']) {
      expect(parseExitCode(bytes(text))).toBeUndefined();
    }
    expect(parseExitCode(bytes('EXIT_CODE: -1\n'))).toBe(-1);
  });
});

test('what is not JSON is told from what is JSON of another kind', () => {
  let thrown: unknown;
  try {
    parseAcknowledge(bytes('{'));
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ message: 'The acknowledgement is not JSON.', cause: { name: 'SyntaxError' } });
  expect(() => parseAcknowledge(bytes('7'))).toThrow('The acknowledgement is not an object.');
});

test('numbers are taken up to their limits', () => {
  const ack = { messageType: 'x', messageId: 'y', isSequential: false };
  for (const sequenceNumber of [0, Number.MAX_SAFE_INTEGER]) {
    expect(parseAcknowledge(encodeAcknowledge({ ...ack, sequenceNumber }))).toEqual({ ...ack, sequenceNumber });
  }
  const [least, most] = [0, 0xffff_ffff];
  for (const size of [
    { columns: least, rows: most },
    { columns: most, rows: least },
  ]) {
    expect(parseSize(encodeSize(size))).toEqual(size);
  }
});

test('payloads may be any view of bytes', () => {
  const within = new TextEncoder().encode('..{"cols":80,"rows":24}..');
  expect(parseSize(within.subarray(2, -2))).toEqual({ columns: 80, rows: 24 });
});

describe('payloads of a newer or older shape', () => {
  test('unknown members are ignored, missing and null ones have their zero value', () => {
    expect(parseChannelClosed(bytes('{"Output":null,"More":1}'))).toEqual({
      messageId: '',
      createdDate: '',
      destinationId: '',
      sessionId: '',
      messageType: '',
      schemaVersion: 0,
      output: '',
    });
    expect(parseHandshakeRequest(bytes('{"RequestedClientActions":null}'))).toEqual({
      agentVersion: '',
      requestedClientActions: [],
    });
    expect(parseSize(bytes('{"cols":80,"rows":24}     '))).toEqual({ columns: 80, rows: 24 });
    expect(parseHandshakeResponse(bytes('{"ProcessedClientActions":[{"ActionResult":"fine"}]}')).errors).toEqual([]);
  });

  test('only the first four bytes of a flag count', () => {
    expect(parseFlag(Buffer.concat([encodeFlag(2), Buffer.from('more')]))).toBe(2);
  });
});

describe('OpenDataChannel', () => {
  test('the form of the client', () => {
    const open = { requestId: 'r', tokenValue: 't', clientId: 'c', clientVersion: '1.2.896.0' };
    const text = encodeOpenDataChannel(open);
    expect(text).toBe(
      '{"MessageSchemaVersion":"1.0","RequestId":"r","TokenValue":"t","ClientId":"c","ClientVersion":"1.2.896.0"}',
    );
    expect(parseOpenDataChannel(text)).toEqual(open);
    expect(parseOpenDataChannel(bytes(text))).toEqual(open);
  });

  test('the form of the agent', () => {
    const open = { requestId: 'r', tokenValue: 't', clientInstanceId: 'i-1', clientId: 'c' };
    const text = encodeOpenDataChannel(open);
    expect(text).toBe(
      '{"MessageSchemaVersion":"1.0","RequestId":"r","TokenValue":"t","ClientInstanceId":"i-1","ClientId":"c"}',
    );
    expect(parseOpenDataChannel(text)).toEqual(open);
  });
});

test('a handshake request reads back as it was written', () => {
  const action = { sessionType: 'Port', properties: { portNumber: '22' } };
  const request = {
    agentVersion: '3.3.4851.0',
    requestedClientActions: [{ actionType: 'SessionType', actionParameters: sessionTypeParameters(action) }],
  };
  const read = parseHandshakeRequest(encodeHandshakeRequest(request));
  expect(read).toEqual(request);
  expect(parseSessionTypeAction(read.requestedClientActions[0]!.actionParameters)).toEqual(action);
  expect(sessionTypeParameters({ sessionType: 'Standard_Stream', properties: {} })).toEqual({
    SessionType: 'Standard_Stream',
    Properties: null,
  });
});

test('every code has an exit code and a hint', () => {
  for (const [code, row] of Object.entries(ssmCodecErrors)) {
    expect(code).toMatch(/^HAWSER_SSM_/);
    expect(row.hint.length).toBeGreaterThan(20);
    expect([1, 2]).toContain(row.exitCode);
  }
});
