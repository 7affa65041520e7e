import { Buffer } from 'node:buffer';
import { createDecipheriv, createCipheriv } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { Crypt } from '../../src/channel/crypt.js';
import { CLIENT_VERSION, PayloadType } from '../../src/codec/index.js';
import { golden } from '../support/golden.js';
import { Wire } from '../support/wire.js';

const complete = '{"HandshakeTimeToComplete":1,"CustomerMessage":"hello"}';
const portAction = {
  ActionType: 'SessionType',
  ActionParameters: { SessionType: 'Port', Properties: { portNumber: '22' } },
};
const shellAction = {
  ActionType: 'SessionType',
  ActionParameters: { SessionType: 'Standard_Stream', Properties: null },
};
const kmsAction = { ActionType: 'KMSEncryption', ActionParameters: { KMSKeyId: 'arn:key', Challenge: 'q83vEjRWeJA=' } };
const dataKey = Buffer.from(golden.encryption.dataKeyHex, 'hex');

function requestOf(...actions: readonly unknown[]): string {
  return JSON.stringify({ AgentVersion: '3.3.4851.0', RequestedClientActions: actions });
}

function seal(plain: string, key: Buffer = dataKey.subarray(0, 32)): Buffer {
  const nonce = Buffer.alloc(12, 5);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function unseal(sealed: Buffer): string {
  const decipher = createDecipheriv('aes-256-gcm', dataKey.subarray(32), sealed.subarray(0, 12));
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]).toString();
}

function asked(...actions: readonly unknown[]): Wire {
  const wire = new Wire();
  wire.channel.connected(wire.nowMs);
  wire.agent(PayloadType.HandshakeRequest, requestOf(...actions));
  return wire;
}

function responseOf(wire: Wire): unknown {
  const [response] = wire.takeData();
  expect(response).toMatchObject({ payloadType: PayloadType.HandshakeResponse, sequenceNumber: 0n, flags: 0 });
  return JSON.parse(response!.payload.toString());
}

describe('the handshake', () => {
  test('goes as the originals were seen to do it (port session)', () => {
    const wire = new Wire({ clientVersion: '1.2.0.0' });
    wire.channel.connected(wire.nowMs);
    const sent = golden.traces.portMux.filter(([from]) => from === 'client');
    const [request, done] = golden.traces.portMux.filter(
      ([from, type]) => from === 'agent' && type === 'output_stream_data',
    );
    wire.channel.write(Buffer.from(sent[1]![5].slice('hex:'.length), 'hex'), wire.nowMs);
    wire.agent(request![4], request![5]);
    const [ack, response, ...early] = wire.takeMessages();
    expect(ack).toMatchObject({ messageType: 'acknowledge', sequenceNumber: 0n, flags: 3, payloadType: 0 });
    expect(early).toEqual([]);
    wire.agent(done![4], done![5]);
    const wishes = wire.take();
    expect(wishes).toContainEqual({
      do: 'ready',
      facts: {
        sessionType: 'Port',
        properties: { localPortNumber: '0', portNumber: '9501', type: 'LocalPortForwarding' },
        agentVersion: '3.3.0.0',
        customerMessage: '',
        encrypted: false,
      },
    });
    const data = wire.frames.at(-1)!;
    const asTrace = (type: string, sequence: number, flags: number, payloadType: number, payload: string): unknown => [
      'client',
      type,
      sequence,
      flags,
      payloadType,
      payload,
    ];
    expect(
      asTrace(
        response!.messageType,
        Number(response!.sequenceNumber),
        response!.flags,
        response!.payloadType,
        response!.payload.toString(),
      ),
    ).toEqual(sent[0]);
    expect(
      asTrace(
        'input_stream_data',
        data.readUInt32BE(52),
        data.readUInt32BE(60),
        data.readUInt32BE(112),
        `hex:${data.toString('hex', 120)}`,
      ),
    ).toEqual(sent[1]);
  });

  test('is skipped when the agent begins with data: a shell', () => {
    const wire = new Wire();
    wire.channel.connected(wire.nowMs);
    const [prompt] = golden.traces.shell.filter(([, type]) => type === 'output_stream_data');
    wire.agent(prompt![4], prompt![5]);
    expect(wire.take()).toEqual([
      {
        do: 'ready',
        facts: {
          sessionType: 'Standard_Stream',
          properties: {},
          agentVersion: '',
          customerMessage: '',
          encrypted: false,
        },
      },
      { do: 'deliver', kind: 'output', bytes: Buffer.from('# ') },
      { do: 'send', frame: expect.any(Buffer) as unknown },
    ]);
  });

  test('answers with the golden text, and reports the version we stand for', () => {
    const wire = asked(shellAction);
    const [response] = wire.takeData();
    expect(response!.payload.toString()).toBe(golden.json.handshakeResponse);
    expect(golden.json.handshakeResponse).toContain(CLIENT_VERSION);
  });

  test('tells the customer message and keeps data back until it is over', () => {
    const wire = asked(portAction);
    wire.channel.write(Buffer.from('early'), wire.nowMs);
    wire.channel.control(PayloadType.Size, Buffer.from('{}'), wire.nowMs);
    wire.channel.write(Buffer.from('late'), wire.nowMs);
    expect(wire.takeData()).toHaveLength(1);
    wire.agent(PayloadType.HandshakeComplete, complete);
    const wishes = wire.take();
    expect(wishes.find((wish) => wish.do === 'ready')).toMatchObject({
      facts: { customerMessage: 'hello', agentVersion: '3.3.4851.0' },
    });
    const payloads = wire.frames.slice(-3).map((frame) => frame.toString('latin1', 120));
    expect(payloads).toEqual(['early', '{}', 'late']);
  });

  test('messages that came early go the same way as others', () => {
    const wire = new Wire();
    wire.channel.connected(wire.nowMs);
    wire.agent(PayloadType.Output, 'data', 2);
    wire.agent(PayloadType.HandshakeComplete, complete, 1);
    expect(wire.takeAcks()).toEqual([2, 1]);
    wire.agent(PayloadType.HandshakeRequest, requestOf(portAction), 0);
    const wishes = wire.take().map((wish) => wish.do);
    expect(wishes).toEqual(['send', 'ready', 'deliver', 'send', 'wake']);
  });

  test('an unknown session type is refused in its words, and the agent ends the session', () => {
    const wire = asked({ ActionType: 'SessionType', ActionParameters: { SessionType: 'Dance' } });
    expect(responseOf(wire)).toEqual({
      ClientVersion: CLIENT_VERSION,
      ProcessedClientActions: [
        {
          ActionType: 'SessionType',
          ActionStatus: 2,
          ActionResult: null,
          Error: 'Failed to process action SessionType: Unknown session type Dance',
        },
      ],
      Errors: ['Unknown session type Dance'],
    });
    wire.service('channel_closed', JSON.stringify({ Output: 'SessionType failed on client' }));
    expect(wire.takeOnly('end', 'fail')).toEqual([{ do: 'end', output: 'SessionType failed on client' }]);
  });

  test('an unknown action is answered as unsupported; all actions are answered in their order', () => {
    const wire = asked({ ActionType: 'Dance', ActionParameters: {} }, shellAction, { ActionType: 'Sing' });
    expect(responseOf(wire)).toEqual({
      ClientVersion: CLIENT_VERSION,
      ProcessedClientActions: [
        { ActionType: 'Dance', ActionStatus: 3, ActionResult: null, Error: 'Unsupported action Dance' },
        { ActionType: 'SessionType', ActionStatus: 1, ActionResult: null, Error: '' },
        { ActionType: 'Sing', ActionStatus: 3, ActionResult: null, Error: 'Unsupported action Sing' },
      ],
      Errors: ['Unsupported action Dance', 'Unsupported action Sing'],
    });
  });

  test('a refused agent that says nothing is given up after 5 s', () => {
    const wire = asked({ ActionType: 'Dance' }, shellAction);
    expect(wire.takeOnly('wake').length).toBe(1);
    wire.ack(0);
    expect(wire.takeOnly('wake')).toEqual([{ do: 'wake', atMs: wire.nowMs + 5000 }]);
    wire.tick(5000);
    expect(wire.takeOnly('fail')).toEqual([
      { do: 'fail', code: 'handshake-refused', message: 'Unsupported action Dance' },
    ]);
  });

  test.each([
    ['goes on in spite of a refusal', [{ ActionType: 'Dance' }, shellAction], 'Unsupported action Dance'],
    ['never says of what type the session is', [], 'The agent did not say of what type the session is.'],
  ])('an agent that %s is left', (_what, actions, message) => {
    const wire = asked(...actions);
    wire.agent(PayloadType.HandshakeComplete, complete);
    expect(wire.takeOnly('fail', 'ready')).toEqual([{ do: 'fail', code: 'handshake-refused', message }]);
  });

  test('a shell is refused where no shell is wanted', () => {
    const wire = new Wire({ sessionTypes: ['Port'] });
    wire.channel.connected(wire.nowMs);
    wire.agent(PayloadType.Output, '# ');
    expect(wire.takeOnly('fail', 'ready')).toMatchObject([{ do: 'fail', code: 'handshake-refused' }]);
  });

  test.each<[string, (wire: Wire) => void]>([
    ['a request that is not JSON', (wire) => wire.agent(PayloadType.HandshakeRequest, '{')],
    [
      'a request of 17 actions',
      (wire) => wire.agent(PayloadType.HandshakeRequest, requestOf(...Array.from({ length: 17 }, () => shellAction))),
    ],
    [
      'session type parameters of the wrong shape',
      (wire) => wire.agent(PayloadType.HandshakeRequest, requestOf({ ActionType: 'SessionType', ActionParameters: 7 })),
    ],
    ['a completion without a request', (wire) => wire.agent(PayloadType.HandshakeComplete, complete)],
    ['a completion that is not JSON', (wire) => wire.agent(PayloadType.HandshakeComplete, 'x')],
    ['a challenge without a key', (wire) => wire.agent(PayloadType.EncChallengeRequest, '{"Challenge":""}')],
    [
      'data in the middle of the handshake',
      (wire) => {
        wire.agent(PayloadType.HandshakeRequest, requestOf(portAction));
        wire.agent(PayloadType.Output, 'x');
      },
    ],
  ])('%s is a protocol failure', (_what, act) => {
    const wire = new Wire();
    wire.channel.connected(wire.nowMs);
    act(wire);
    expect(wire.takeOnly('fail', 'ready', 'deliver')).toMatchObject([{ do: 'fail', code: 'protocol' }]);
    wire.agent(PayloadType.Output, 'x');
    expect(wire.take()).toEqual([]);
  });

  test('repeated handshake messages are acknowledged and ignored', () => {
    const wire = asked(portAction);
    wire.agent(PayloadType.HandshakeRequest, requestOf(shellAction));
    wire.agent(PayloadType.HandshakeComplete, complete);
    wire.agent(PayloadType.HandshakeComplete, complete);
    const wishes = wire.take();
    expect(wishes.filter((wish) => wish.do === 'ready')).toMatchObject([{ facts: { sessionType: 'Port' } }]);
    expect(wishes.filter((wish) => wish.do === 'send')).toHaveLength(5);
  });
});

describe('encryption', () => {
  test.each(golden.encryption.vectors)('$direction $plaintext', ({ direction, nonceHex, plaintext, wireHex }) => {
    const crypt = new Crypt(dataKey);
    const wire = Buffer.from(wireHex, 'hex');
    const isOurs = direction === 'client->agent';
    const encrypted = Buffer.concat(crypt.encrypt([Buffer.from(plaintext)], Buffer.from(nonceHex, 'hex')));
    expect(encrypted.equals(wire)).toBe(isOurs);
    // The agent's texts open with the other half of the key.
    expect(crypt.decrypt(wire)?.toString()).toBe(isOurs ? undefined : plaintext);
  });

  test('asks for a data key, proves that it has it, and encrypts data both ways', () => {
    const wire = asked(shellAction, kmsAction);
    expect(wire.takeOnly('data-key')).toEqual([{ do: 'data-key', kmsKeyId: 'arn:key', challenge: 'q83vEjRWeJA=' }]);
    wire.channel.dataKey({ plaintext: dataKey, ciphertext: Buffer.from('cipherTextKey') }, wire.nowMs);
    expect(responseOf(wire)).toEqual({
      ClientVersion: CLIENT_VERSION,
      ProcessedClientActions: [
        { ActionType: 'SessionType', ActionStatus: 1, ActionResult: null, Error: '' },
        {
          ActionType: 'KMSEncryption',
          ActionStatus: 1,
          ActionResult: {
            KMSCipherTextKey: 'Y2lwaGVyVGV4dEtleQ==',
            KMSCipherTextHash: null,
            ChallengeAcknowledgement: true,
          },
          Error: '',
        },
      ],
      Errors: null,
    });
    wire.agent(PayloadType.EncChallengeRequest, JSON.stringify({ Challenge: seal('prove it').toString('base64') }));
    const [answer] = wire.takeData();
    expect(answer).toMatchObject({ payloadType: PayloadType.EncChallengeResponse });
    const { Challenge } = JSON.parse(answer!.payload.toString()) as { Challenge: string };
    expect(unseal(Buffer.from(Challenge, 'base64'))).toBe('prove it');
    wire.agent(PayloadType.HandshakeComplete, complete);
    wire.agent(PayloadType.Output, seal('out'));
    wire.agent(PayloadType.StdErr, seal('err'));
    wire.agent(PayloadType.ExitCode, seal('EXIT_CODE: 3'));
    wire.agent(PayloadType.Flag, Buffer.from([0, 0, 0, 3]));
    wire.channel.write(Buffer.from('secret'), wire.nowMs);
    wire.channel.control(PayloadType.Size, Buffer.from('{"cols":1,"rows":1}'), wire.nowMs);
    const wishes = wire.take();
    expect(wishes.find((wish) => wish.do === 'ready')).toMatchObject({ facts: { encrypted: true } });
    expect(
      wishes.filter((wish) => wish.do === 'deliver').map(({ kind, bytes }) => [kind, bytes.toString('latin1')]),
    ).toEqual([
      ['output', 'out'],
      ['stderr', 'err'],
      ['exit-code', 'EXIT_CODE: 3'],
      ['flag', '\0\0\0\u0003'],
    ]);
    const [data, size] = wire.frames.slice(-2);
    expect(unseal(data!.subarray(120))).toBe('secret');
    expect(size!.toString('latin1', 120)).toBe('{"cols":1,"rows":1}');
  });

  test('acknowledges no challenge where none was sent', () => {
    const wire = asked(shellAction, { ActionType: 'KMSEncryption', ActionParameters: { KMSKeyId: 'k' } });
    expect(wire.takeOnly('data-key')).toEqual([{ do: 'data-key', kmsKeyId: 'k' }]);
    wire.channel.dataKey({ plaintext: dataKey, ciphertext: Buffer.from('c') }, wire.nowMs);
    expect(JSON.stringify(responseOf(wire))).not.toContain('ChallengeAcknowledgement');
  });

  test.each<[string, (wire: Wire) => void, string]>([
    [
      'KMS refuses',
      (wire) => wire.channel.dataKeyFailed('AccessDenied', wire.nowMs),
      'Fetching data key failed: AccessDenied',
    ],
    [
      'KMS answers with half a key',
      (wire) => wire.channel.dataKey({ plaintext: Buffer.alloc(32), ciphertext: Buffer.alloc(1) }, wire.nowMs),
      'Fetching data key failed: KMS answered with a key of 32 bytes',
    ],
  ])('tells the agent when %s', (_what, act, error) => {
    const wire = asked(shellAction, kmsAction);
    wire.take();
    act(wire);
    expect(responseOf(wire)).toMatchObject({
      ProcessedClientActions: [
        { ActionStatus: 1 },
        { ActionStatus: 2, ActionResult: null, Error: `Failed to process action KMSEncryption: ${error}` },
      ],
      Errors: [error],
    });
  });

  test('one key is enough, and keys nobody asked for are ignored', () => {
    const wire = asked(kmsAction, kmsAction, shellAction);
    wire.take();
    wire.channel.dataKey({ plaintext: dataKey, ciphertext: Buffer.from('c') }, wire.nowMs);
    wire.channel.dataKey({ plaintext: dataKey, ciphertext: Buffer.from('d') }, wire.nowMs);
    wire.channel.dataKeyFailed('late', wire.nowMs);
    expect(responseOf(wire)).toMatchObject({
      ProcessedClientActions: [{ ActionStatus: 1 }, { ActionStatus: 2 }, { ActionStatus: 1 }],
      Errors: ['A data key is agreed already'],
    });
    expect(wire.take()).toEqual([]);
  });

  test('an action of the wrong shape behind the key is a protocol failure, not an exception', () => {
    const wire = asked(kmsAction, { ActionType: 'SessionType', ActionParameters: 'x' });
    wire.take();
    wire.channel.dataKey({ plaintext: dataKey, ciphertext: Buffer.from('c') }, wire.nowMs);
    expect(wire.takeOnly('fail')).toMatchObject([{ code: 'protocol' }]);
  });

  test.each<[string, (wire: Wire) => void]>([
    [
      'a challenge under another key',
      (wire) =>
        wire.agent(
          PayloadType.EncChallengeRequest,
          JSON.stringify({ Challenge: seal('x', Buffer.alloc(32)).toString('base64') }),
        ),
    ],
    [
      'output under another key',
      (wire) => {
        wire.agent(PayloadType.HandshakeComplete, complete);
        wire.agent(PayloadType.Output, seal('x', Buffer.alloc(32)));
      },
    ],
    [
      'output that is not encrypted',
      (wire) => {
        wire.agent(PayloadType.HandshakeComplete, complete);
        wire.agent(PayloadType.Output, 'plain');
      },
    ],
  ])('%s ends the session', (_what, act) => {
    const wire = asked(shellAction, kmsAction);
    wire.take();
    wire.channel.dataKey({ plaintext: dataKey, ciphertext: Buffer.from('c') }, wire.nowMs);
    act(wire);
    expect(wire.takeOnly('fail', 'deliver')).toMatchObject([{ do: 'fail', code: 'decrypt-failed' }]);
  });
});
