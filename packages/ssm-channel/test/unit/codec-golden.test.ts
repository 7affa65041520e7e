import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import {
  CLIENT_VERSION,
  MessageType,
  SsmCodecError,
  agentNeedsNoKeepAlive,
  agentSpeaksMux,
  agentTakesTerminateFlag,
  compareVersions,
  decodeMessage,
  encodeAcknowledge,
  encodeAgentSessionState,
  encodeChannelClosed,
  encodeEncryptionChallenge,
  encodeExitCode,
  encodeFlag,
  encodeHandshakeComplete,
  encodeHandshakeResponse,
  encodeMessage,
  encodeServiceMessage,
  encodeSize,
  isNewer,
  kmsParameters,
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
  parseSessionTypeAction,
  parseSize,
  readUuid,
  writeUuid,
} from '../../src/codec/index.js';
import { writePadded } from '../../src/codec/message.js';
import { golden } from '../support/golden.js';

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof SsmCodecError) return error.code;
    throw error;
  }
  return 'none';
}

describe('messages', () => {
  test.each(golden.messages)('encodes and decodes $name', ({ fields, hex }) => {
    const payload = Buffer.from(fields.payloadHex, 'hex');
    const frame = encodeMessage({ ...fields, sequenceNumber: BigInt(fields.sequenceNumber), payload });
    expect(frame.toString('hex')).toBe(hex);
    const { payload: read, payloadDigest, ...rest } = decodeMessage(frame);
    expect(read.equals(payload)).toBe(true);
    expect(payloadDigest.toString('hex')).toBe(fields.payloadDigestHex);
    expect(rest).toEqual({
      headerLength: fields.headerLength,
      messageType: fields.messageType,
      schemaVersion: fields.schemaVersion,
      createdDate: fields.createdDate,
      sequenceNumber: BigInt(fields.sequenceNumber),
      flags: fields.flags,
      messageId: fields.messageId,
      payloadType: fields.payloadType,
      payloadLength: fields.payloadLength,
    });
  });

  test('encodes a payload in pieces like a payload in one', () => {
    for (const { fields, hex } of golden.messages) {
      const payload = Buffer.from(fields.payloadHex, 'hex');
      const pieces = [payload.subarray(0, 1), payload.subarray(1, 1), payload.subarray(1)];
      const frame = encodeMessage({ ...fields, sequenceNumber: BigInt(fields.sequenceNumber), payload: pieces });
      expect(frame.toString('hex')).toBe(hex);
    }
  });

  test('takes the sequence number as a number too', () => {
    const { fields, hex } = golden.messages[0]!;
    const payload = Buffer.from(fields.payloadHex, 'hex');
    expect(encodeMessage({ ...fields, sequenceNumber: Number(fields.sequenceNumber), payload }).toString('hex')).toBe(
      hex,
    );
  });

  test('reads the full 64 bits of a sequence number, sign included', () => {
    const frame = Buffer.from(golden.messages[0]!.hex, 'hex');
    const large = [2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n];
    for (const number of [...large, -1n, -(2n ** 63n), 1n - 2n ** 63n]) {
      frame.writeBigInt64BE(number, 48);
      expect(decodeMessage(frame).sequenceNumber).toBe(number);
    }
  });
});

describe('decoding', () => {
  const rejections: Record<string, string> = {
    'payload Hash is not valid': 'HAWSER_SSM_FRAME_DIGEST',
    'CreatedDate is missing': 'HAWSER_SSM_FRAME_DATE',
    'MessageType is missing': 'HAWSER_SSM_FRAME_TYPE',
    'HeaderLength cannot be zero': 'HAWSER_SSM_FRAME_HEADER',
    // The original crashes.
    panic: 'HAWSER_SSM_FRAME_SHORT',
    // The original drops a valid service frame.
    'decode-error': 'none',
    ok: 'none',
  };

  test.each(golden.decode)('$name', ({ hex, expect: expected, goPluginValidate, goPluginObserved: seen }) => {
    const frame = Buffer.from(hex, 'hex');
    const code = codeOf(() => decodeMessage(frame));
    expect(code).toBe(rejections[goPluginValidate]);
    if (code !== 'none') return;
    const message = decodeMessage(frame);
    expect(message).toMatchObject(Object.fromEntries(Object.entries(expected).filter(([key]) => key in message)));
    if (expected.payloadHex !== undefined) expect(message.payload.toString('hex')).toBe(expected.payloadHex);
    if (expected.payloadLengthCorrect !== undefined) expect(message.payloadLength).toBe(expected.payloadLengthCorrect);
    if (seen.err !== undefined) return;
    expect(message.payload.toString('hex')).toBe(seen.payloadHex);
    expect(message).toMatchObject({
      headerLength: seen.hl,
      messageType: seen.type,
      schemaVersion: seen.schema,
      createdDate: seen.created,
      sequenceNumber: BigInt(seen.seq),
      flags: seen.flags,
      // The original reads these two at fixed offsets, in service frames too.
      ...(seen.hl === 116 ? { payloadType: seen.pt, payloadLength: seen.pl } : {}),
    });
  });

  test('skips the digest only when told to', () => {
    const frame = Buffer.from(golden.decode.find(({ name }) => name === 'bad-digest')!.hex, 'hex');
    expect(codeOf(() => decodeMessage(frame))).toBe('HAWSER_SSM_FRAME_DIGEST');
    expect(decodeMessage(frame, { checkDigest: false }).payload.toString()).toBe('payload');
  });

  test('rejects header lengths between the two forms', () => {
    const frame = Buffer.from(golden.messages[0]!.hex, 'hex');
    for (const headerLength of [1, 111, 113, 114, 115]) {
      frame.writeUInt32BE(headerLength);
      expect(codeOf(() => decodeMessage(frame))).toBe('HAWSER_SSM_FRAME_HEADER');
    }
  });

  test('rejects every frame that ends inside its header', () => {
    const frame = Buffer.from(golden.messages[0]!.hex, 'hex');
    for (let length = 0; length < 120; length += 1) {
      expect(codeOf(() => decodeMessage(frame.subarray(0, length)))).toBe('HAWSER_SSM_FRAME_SHORT');
    }
  });

  test('hands out views, not copies', () => {
    const frame = Buffer.from(golden.messages[0]!.hex, 'hex');
    const message = decodeMessage(new Uint8Array(frame.buffer, frame.byteOffset, frame.length));
    expect(message.payload.buffer).toBe(frame.buffer);
  });
});

describe('encoding', () => {
  const codes: Record<string, string> = {
    'empty-payload': 'HAWSER_SSM_ENCODE_EMPTY',
    'type-too-long': 'HAWSER_SSM_ENCODE_FIELD',
    'nil-message-id': 'HAWSER_SSM_ENCODE_FIELD',
  };

  test.each(golden.encodeErrors)('refuses $name', ({ name, fields }) => {
    const { messageType, messageId = golden.primitives.uuid.text, payloadHex } = fields;
    const payload = Buffer.from(payloadHex, 'hex');
    const encode = (): Buffer =>
      encodeMessage({ messageType, messageId, payload, createdDate: 1, sequenceNumber: 0, payloadType: 1 });
    expect(codeOf(encode)).toBe(codes[name]);
  });

  test.each([
    ['a message id that is no UUID', { messageId: 'dd01e56b' }],
    ['a message id with something before it', { messageId: `x${golden.primitives.uuid.text}` }],
    ['a message id with something behind it', { messageId: `${golden.primitives.uuid.text}x` }],
    ['a negative sequence number', { sequenceNumber: -1 }],
    ['a sequence number that is no integer', { sequenceNumber: 0.5 }],
    ['a creation date that is no number', { createdDate: Number.NaN }],
    ['flags beyond what a double holds', { flags: 2 ** 60 }],
  ])('refuses %s', (_what, wrong) => {
    const fields = {
      messageType: 'x',
      messageId: golden.primitives.uuid.text,
      payload: Buffer.from('x'),
      createdDate: 1,
      sequenceNumber: 0,
      payloadType: 1,
      ...wrong,
    };
    expect(codeOf(() => encodeMessage(fields))).toBe('HAWSER_SSM_ENCODE_FIELD');
  });

  test('writes the service form: header length 112, NUL padding, no payload type', () => {
    const golden112 = golden.decode.find(({ name }) => name === 'service-channel-closed-hl112')!;
    const message = decodeMessage(Buffer.from(golden112.hex, 'hex'));
    expect(message).toMatchObject({ headerLength: 112, payloadType: 0 });
    expect(encodeServiceMessage(message).toString('hex')).toBe(golden112.hex);
    const empty = golden.decode.find(({ name }) => name === 'start-publication-hl112-empty-116-bytes')!;
    expect(encodeServiceMessage(decodeMessage(Buffer.from(empty.hex, 'hex'))).toString('hex')).toBe(empty.hex);
  });

  test('has room for a type of 32 bytes, and for no more', () => {
    const { fields } = golden.messages[0]!;
    const encode = (messageType: string): Buffer =>
      encodeMessage({ ...fields, messageType, sequenceNumber: 1, payload: Buffer.from('x') });
    expect(decodeMessage(encode('t'.repeat(32))).messageType).toBe('t'.repeat(32));
    expect(() => encode('t'.repeat(33))).toThrow(`"${'t'.repeat(33)}" is longer than 32 bytes.`);
  });

  test('writes a given digest instead of the true one', () => {
    const payloadDigest = Buffer.alloc(32, 7);
    const { fields } = golden.messages[0]!;
    const frame = encodeMessage({ ...fields, sequenceNumber: 1, payload: Buffer.from('x'), payloadDigest });
    expect(codeOf(() => decodeMessage(frame))).toBe('HAWSER_SSM_FRAME_DIGEST');
    expect(decodeMessage(frame, { checkDigest: false }).payloadDigest.equals(payloadDigest)).toBe(true);
  });
});

describe('primitives', () => {
  test('UUIDs are written with their halves swapped', () => {
    const { text, wireHex } = golden.primitives.uuid;
    const wire = Buffer.alloc(16);
    writeUuid(wire, 0, text);
    expect(wire.toString('hex')).toBe(wireHex);
    expect(readUuid(wire, 0)).toBe(text);
  });

  test.each(golden.primitives.putString)(
    'text $text into $start…$end',
    ({ bufferLength, start, end, text, ...rest }) => {
      const target = Buffer.alloc(bufferLength);
      // The vectors name the last byte, we the one behind it.
      const write = (): void => writePadded(target, start, end + 1, text);
      expect(codeOf(write)).toBe(rest.error ? 'HAWSER_SSM_ENCODE_FIELD' : 'none');
      if (rest.bufferHex !== undefined) expect(target.toString('hex')).toBe(rest.bufferHex);
    },
  );

  test('integers are big-endian', () => {
    const { fields } = golden.messages[0]!;
    for (const [value, hex] of golden.primitives.int32) {
      const frame = encodeMessage({ ...fields, sequenceNumber: 0, payload: Buffer.from('x'), schemaVersion: value });
      expect(frame.toString('hex', 36, 40)).toBe(hex);
      expect(decodeMessage(frame).schemaVersion).toBe(value);
    }
    for (const [value, hex] of golden.primitives.int64) {
      const frame = encodeMessage({
        ...fields,
        payload: Buffer.from('x'),
        sequenceNumber: BigInt(value),
        createdDate: Number(value),
        flags: Number(value),
      });
      for (const offset of [40, 48, 56]) expect(frame.toString('hex', offset, offset + 8)).toBe(hex);
      expect(decodeMessage(frame)).toMatchObject({
        sequenceNumber: BigInt(value),
        createdDate: Number(value),
        flags: Number(value),
      });
    }
  });
});

describe('payloads', () => {
  const id = golden.primitives.uuid.text;
  const payloadOf = (name: string): Buffer =>
    decodeMessage(Buffer.from(golden.messages.find((message) => message.name === name)!.hex, 'hex')).payload;

  test('acknowledgements', () => {
    const ack = { messageType: MessageType.OutputStreamData, messageId: id, sequenceNumber: 2, isSequential: true };
    expect(encodeAcknowledge(ack).toString()).toBe(golden.json.acknowledge);
    expect(parseAcknowledge(Buffer.from(golden.json.acknowledge))).toEqual(ack);
    expect(encodeAcknowledge({ ...ack, sequenceNumber: 2n ** 63n - 1n }).toString()).toContain(
      '":9223372036854775807,',
    );
  });

  test('channel_closed', () => {
    const closed = parseChannelClosed(Buffer.from(golden.json.channelClosed));
    expect(closed).toEqual({
      messageId: id,
      createdDate: '2018-01-01',
      destinationId: 'destination-id',
      sessionId: 'sessionId_01234567890abcedf',
      messageType: 'channel_closed',
      schemaVersion: 1,
      output: '',
    });
    expect(encodeChannelClosed(closed).toString()).toBe(golden.json.channelClosed);
    const captured = Buffer.from(golden.decode.find(({ name }) => name === 'service-channel-closed-hl112')!.hex, 'hex');
    expect(parseChannelClosed(decodeMessage(captured).payload).output).toMatch(/^\n-{10}ERROR-{7}\nEncountered error/);
  });

  test('handshake responses', () => {
    const accepted = { actionType: 'SessionType', actionStatus: 1, actionResult: null, error: '' };
    const plain = { clientVersion: CLIENT_VERSION, processedClientActions: [accepted], errors: null };
    expect(encodeHandshakeResponse(plain).toString()).toBe(golden.json.handshakeResponse);
    expect(parseHandshakeResponse(Buffer.from(golden.json.handshakeResponse))).toEqual(plain);
    const actionResult = { cipherTextKey: Buffer.from('cipherTextKey') };
    const encrypted = { actionType: 'KMSEncryption', actionStatus: 1, actionResult, error: '' };
    const kms = { clientVersion: CLIENT_VERSION, processedClientActions: [accepted, encrypted], errors: [] };
    expect(encodeHandshakeResponse(kms).toString()).toBe(golden.json.handshakeResponseKms);
    expect(parseHandshakeResponse(Buffer.from(golden.json.handshakeResponseKms))).toEqual(kms);
  });

  test('the acknowledged challenge stands behind the key', () => {
    const actionResult = { cipherTextKey: Buffer.from('k'), challengeAcknowledged: true };
    const action = { actionType: 'KMSEncryption', actionStatus: 1, actionResult, error: '' };
    const response = { clientVersion: '1', processedClientActions: [action], errors: null };
    const encoded = encodeHandshakeResponse(response);
    expect(encoded.toString()).toContain(
      '{"KMSCipherTextKey":"aw==","KMSCipherTextHash":null,"ChallengeAcknowledgement":true}',
    );
    expect(parseHandshakeResponse(encoded)).toEqual(response);
  });

  test('handshake requests', () => {
    const { text, agentVersion, actionType } = golden.json.handshakeRequestDecode;
    expect(parseHandshakeRequest(Buffer.from(text))).toEqual({
      agentVersion,
      requestedClientActions: [{ actionType, actionParameters: { name: 'richard' } }],
    });
    const port = parseHandshakeRequest(payloadOf('agent-handshake-request-port'));
    expect(parseSessionTypeAction(port.requestedClientActions[0]!.actionParameters)).toEqual({
      sessionType: 'Port',
      properties: { localPortNumber: '0', portNumber: '22', type: 'LocalPortForwarding' },
    });
    const shell = parseHandshakeRequest(payloadOf('agent-handshake-request-kms-shell'));
    expect(parseSessionTypeAction(shell.requestedClientActions[0]!.actionParameters)).toEqual({
      sessionType: 'Standard_Stream',
      properties: {},
    });
    const kms = parseKmsAction(shell.requestedClientActions[1]!.actionParameters);
    expect(kms.kmsKeyId).toMatch(/^arn:aws:kms:/);
    for (const action of [{ kmsKeyId: 'k', challenge: 'AQID' }, { kmsKeyId: 'k' }]) {
      expect(parseKmsAction(kmsParameters(action))).toStrictEqual(action);
    }
    expect(kmsParameters({ kmsKeyId: 'k' })).toStrictEqual({ KMSKeyId: 'k' });
    expect(parseKmsAction({ KMSKeyId: 'k', Challenge: '' })).toStrictEqual({ kmsKeyId: 'k' });
  });

  test('the rest of the handshake', () => {
    const complete = parseHandshakeComplete(payloadOf('agent-handshake-complete'));
    expect(complete).toEqual({ handshakeTimeToComplete: 1_000_000, customerMessage: 'Handshake Complete' });
    expect(encodeHandshakeComplete(complete).equals(payloadOf('agent-handshake-complete'))).toBe(true);
    const challenge = parseEncryptionChallenge(Buffer.from(golden.json.encryptionChallenge));
    expect([...challenge]).toEqual([1, 2, 3]);
    expect(encodeEncryptionChallenge(challenge).toString()).toBe(golden.json.encryptionChallenge);
  });

  test('sizes, flags, exit codes and session states', () => {
    expect(encodeSize({ columns: 120, rows: 40 }).toString()).toBe(golden.json.size);
    expect(parseSize(payloadOf('client-size'))).toEqual({ columns: 120, rows: 40 });
    expect(parseFlag(payloadOf('flag-connect-to-port-error'))).toBe(golden.enums.flagPayload.ConnectToPortError);
    expect(encodeFlag(golden.enums.flagPayload.TerminateSession).equals(payloadOf('flag-terminate-session'))).toBe(
      true,
    );
    expect(parseExitCode(payloadOf('agent-exit-code'))).toBe(42);
    expect(encodeExitCode(42).equals(payloadOf('agent-exit-code'))).toBe(true);
    const state = parseAgentSessionState(payloadOf('agent-session-state'));
    expect(state).toEqual({ schemaVersion: 1, sessionState: 'Connected', sessionId: 'user-012345' });
    expect(encodeAgentSessionState(state).equals(payloadOf('agent-session-state'))).toBe(true);
  });
});

describe('versions', () => {
  test.each(golden.version.clientGates.rows)('agent %j', (version, mux, noKeepAlive, terminateFlag) => {
    expect(agentSpeaksMux(version)).toBe(mux);
    expect(agentNeedsNoKeepAlive(version)).toBe(noKeepAlive);
    expect(agentTakesTerminateFlag(version)).toBe(terminateFlag);
  });

  test.each(golden.version.clientPairs)('%j newer than %j: %j', (version, than, expected) => {
    expect(isNewer(version, than)).toBe(expected);
  });

  test.each(golden.version.agentCompare.rows)('the agent compares %j with %j', (version, other, lenient, strict) => {
    expect(Math.sign(compareVersions(version, other, { lenient: true }))).toBe(lenient);
    expect(Math.sign(compareVersions(version, other))).toBe(strict);
  });

  test('a version with a part that is no number is not newer than any', () => {
    for (const version of ['2.x', 'x.2', '2.1x', '2.x1']) {
      expect(isNewer(version, '1.0')).toBe(false);
      expect(isNewer('9.9', version)).toBe(false);
    }
  });

  // The order of Semantic Versioning 2.0.0 §11, with numbers of more than one digit.
  const releases = ['9.9.9', '10.20.30-alpha', '10.20.30-alpha.1', '10.20.30-alpha.beta', '10.20.30-beta'];
  releases.push('10.20.30-beta.2', '10.20.30-beta.11', '10.20.30-rc.1', '10.20.30', '10.20.31-0', '10.21.0', '11.0.0');

  test.each(releases.map((version, index) => ({ version, index })))(
    'the agent has $version in its place among releases and what comes before them',
    ({ version, index }) => {
      for (const [at, other] of releases.entries()) {
        expect(Math.sign(compareVersions(version, other))).toBe(Math.sign(index - at));
      }
      expect(compareVersions(`${version}+build.7`, version)).toBe(0);
    },
  );

  test.each<[string, string, number]>([
    ['1.a', '1.2', 1],
    ['1.2', '1.a', -1],
    ['1.a.3', '1.a.4', -1],
    ['1.b', '1.a', 1],
    ['1.x1.0.0', '1.y1.0.0', -1],
    ['1.1x', '1.2x', -1],
    ['1.2.3.4', '1.2.3', 1],
    ['1.2', '1.2.0.0', -1],
  ])('the agent compares part by part what is no semantic version: %s with %s', (version, other, order) => {
    expect(Math.sign(compareVersions(version, other))).toBe(order);
  });

  test.each<[string, string]>([
    ['1.0.0', '1'],
    ['1.00', '1'],
    ['1.', '1'],
    ['0.0', '0'],
    ['1.2.0.00.', '1.2'],
  ])('leniently %s is %s, and strictly it is not', (version, other) => {
    expect(compareVersions(version, other, { lenient: true })).toBe(0);
    expect(compareVersions(version, other)).toBeGreaterThan(0);
  });

  test('the version we report is new enough for callers and agents', () => {
    expect(isNewer(CLIENT_VERSION, '1.2.764.0')).toBe(true);
    expect(compareVersions(CLIENT_VERSION, '1.2.331.0')).toBeGreaterThan(0);
  });
});
