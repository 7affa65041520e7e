import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { GenerateDataKeyCommand } from '@aws-sdk/client-kms';
import {
  encodeEncryptionChallenge,
  encodeHandshakeResponse,
  parseChannelClosed,
  parseEncryptionChallenge,
  parseHandshakeComplete,
  parseKmsAction,
  PayloadType,
} from '@hawser/ssm-channel/codec';
import { startBench } from '../support/emulator.js';
import type { RawClient } from '../support/raw-client.js';

const keyId = 'arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef';
const target = 'i-0123456789abcdef0';

interface Keys {
  readonly open: (wire: Buffer) => Buffer;
  readonly seal: (plaintext: string | Buffer) => Buffer;
}

function keysOf(dataKey: Uint8Array): Keys {
  return {
    open: (wire) => {
      const decipher = createDecipheriv('aes-256-gcm', dataKey.subarray(0, 32), wire.subarray(0, 12));
      decipher.setAuthTag(wire.subarray(-16));
      return Buffer.concat([decipher.update(wire.subarray(12, -16)), decipher.final()]);
    },
    seal: (plaintext) => {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', dataKey.subarray(32), nonce);
      return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
    },
  };
}

async function open(
  challenge: 'none' | 'offered' | 'required',
  options: { readonly acknowledge?: boolean; readonly wrongContext?: boolean; readonly document?: string } = {},
) {
  const bench = await startBench({ agent: { kms: { keyId, challenge } } });
  const grant = await bench.start(options.document, options.document ? { command: 'echo plain-$((40+2))' } : {});
  const client = await bench.connect(grant);
  let keys: Keys | undefined;
  let offered: string | undefined;
  await client.shakeHands(undefined, async (actionType, parameters) => {
    if (actionType !== 'KMSEncryption') return {};
    const action = parseKmsAction(parameters);
    offered = action.challenge;
    const acknowledge = offered !== undefined && options.acknowledge !== false;
    const key = await bench.kms.send(
      new GenerateDataKeyCommand({
        KeyId: action.kmsKeyId,
        NumberOfBytes: 64,
        EncryptionContext: {
          'aws:ssm:SessionId': grant.SessionId!,
          'aws:ssm:TargetId': options.wrongContext ? 'i-1' : target,
          ...(acknowledge ? { 'aws:ssm:RandomChallenge': offered! } : {}),
        },
      }),
    );
    keys = keysOf(key.Plaintext!);
    return {
      actionResult: { cipherTextKey: key.CiphertextBlob!, ...(acknowledge ? { challengeAcknowledged: true } : {}) },
    };
  });
  return { bench, client, keys: keys!, offered };
}

async function answerChallenge(
  client: RawClient,
  keys: Keys,
  change: (challenge: Buffer) => Buffer = (same) => same,
): Promise<void> {
  const message = await client.until(() =>
    client.data.find(({ payloadType }) => payloadType === PayloadType.EncChallengeRequest),
  );
  const challenge = keys.open(parseEncryptionChallenge(message.payload));
  expect(challenge).toHaveLength(64);
  client.send(PayloadType.EncChallengeResponse, encodeEncryptionChallenge(keys.seal(change(challenge))));
}

const output = async (client: RawClient): Promise<string> =>
  parseChannelClosed((await client.frame('channel_closed')).payload).output;
const plaintext = (client: RawClient, keys: Keys): string =>
  Buffer.concat(
    client.data
      .filter(({ payloadType }) => payloadType === PayloadType.Output)
      .map(({ payload }) => keys.open(payload)),
  ).toString();

describe('an encrypted session', () => {
  test.each([
    ['without a random challenge', 'none', true],
    ['with a random challenge acknowledged', 'required', true],
    ['with a random challenge that an older client ignores', 'offered', false],
  ] as const)('proves the key and seals both ways, %s', async (_, challenge, acknowledge) => {
    const { client, keys, offered } = await open(challenge, { acknowledge });
    expect(offered === undefined).toBe(challenge === 'none');
    await answerChallenge(client, keys);
    expect(parseHandshakeComplete((await client.complete()).payload).customerMessage).toBe(
      'This session is encrypted using AWS KMS.',
    );
    await client.until(() => plaintext(client, keys).includes('# '));
    client.send(PayloadType.Output, keys.seal('echo sealed-$((1+1))\n'));
    client.send(PayloadType.Size, '{"cols":90,"rows":20}');
    await client.until(() => plaintext(client, keys).includes('sealed-2\r\n'));
    const wire = client.data.filter(({ payloadType }) => payloadType === PayloadType.Output);
    expect(wire.some(({ payload }) => payload.includes('sealed-2'))).toBe(false);
  });

  test('seals the outputs and the exit code of a command', async () => {
    const bench = await startBench({ agent: { kms: { keyId, challenge: 'none' } } });
    const grant = await bench.start('AWS-StartNonInteractiveCommand', {
      command: `sh -c 'echo out; echo err >&2; exit 9'`,
      separateOutputStream: 'true',
    });
    const client = await bench.connect(grant);
    let keys: Keys | undefined;
    await client.shakeHands(undefined, async (actionType) => {
      if (actionType !== 'KMSEncryption') return {};
      const EncryptionContext = { 'aws:ssm:SessionId': grant.SessionId!, 'aws:ssm:TargetId': target };
      const key = await bench.kms.send(
        new GenerateDataKeyCommand({ KeyId: keyId, NumberOfBytes: 64, EncryptionContext }),
      );
      keys = keysOf(key.Plaintext!);
      return { actionResult: { cipherTextKey: key.CiphertextBlob! } };
    });
    await answerChallenge(client, keys!);
    await client.frame('channel_closed');
    const opened = client.data
      .filter(({ payloadType }) => [1, 11, 12].includes(payloadType))
      .map(({ payloadType, payload }) => `${payloadType}:${keys!.open(payload).toString()}`);
    expect(opened.toSorted()).toEqual(['11:err\n', '12:EXIT_CODE: 9', '1:out\n'].toSorted());
  });

  test('fails when the client lost its key', async () => {
    const { client, keys } = await open('none');
    await answerChallenge(client, keys, (challenge) => Buffer.from(challenge.toReversed()));
    expect(await output(client)).toBe(
      '\n----------ERROR-------\nEncountered error while initiating handshake. Encryption challenge does not match!',
    );
  });

  test('fails when the data key was made for another target', async () => {
    const { client } = await open('none', { wrongContext: true });
    expect(await output(client)).toContain('Fetching data key failed');
  });

  test('fails when the acknowledgement of the random challenge is required and does not come', async () => {
    const { client } = await open('required', { acknowledge: false });
    expect(await output(client)).toContain('KMS challenge response is required');
  });

  test('fails with the words of a client whom KMS refused', async () => {
    const bench = await startBench({ agent: { kms: { keyId } } });
    const client = await bench.open();
    await client.shakeHands(undefined, (actionType) =>
      actionType === 'KMSEncryption'
        ? { actionStatus: 2, error: 'Failed to process action KMSEncryption: Fetching data key failed: denied' }
        : {},
    );
    expect(await output(client)).toBe(
      '\n----------ERROR-------\nEncountered error while initiating handshake. KMSEncryption failed on client with ' +
        'status 2 error: Failed to process action KMSEncryption: Fetching data key failed: denied',
    );
  });

  test('leaves port sessions in the clear', async () => {
    const bench = await startBench({ agent: { kms: { keyId } } });
    const client = await bench.open('AWS-StartPortForwardingSession', { portNumber: '9' });
    const request = await client.shakeHands();
    expect(request.requestedClientActions.map(({ actionType }) => actionType)).toEqual(['SessionType']);
    await client.complete();
  });
});

describe('a handshake', () => {
  test('times out, with the words the agent has for it', async () => {
    const bench = await startBench({ agent: { handshakeTimeoutMs: 30 } });
    const client = await bench.open('AWS-StartPortForwardingSession', { portNumber: '9' });
    expect(await output(client)).toBe(
      '\n----------ERROR-------\nEncountered error while initiating handshake. Handshake timed out. Please ensure ' +
        'that you have the latest version of the session manager plugin.',
    );
  });

  test('acknowledges and throws away data that comes before its end', async () => {
    const bench = await startBench({ agent: { kms: { keyId, challenge: 'none' } } });
    const client = await bench.open();
    await client.message(0);
    client.send(PayloadType.Output, 'too early\n');
    await client.acknowledged(0);
    expect(bench.emulator.sessions[0]!.received.bytes).toBe(0);
  });

  test('asks older clients of commands with separate output to update', async () => {
    const bench = await startBench();
    const client = await bench.open('AWS-StartNonInteractiveCommand', {
      command: 'true',
      separateOutputStream: 'True',
    });
    await client.shakeHands('1.2.295.0');
    expect(parseHandshakeComplete((await client.complete()).payload).customerMessage).toBe(
      'Please update session manager plugin version (minimum required version 1.2.312.0) for fully support of ' +
        'separate StdOut/StdErr output.\r\n',
    );
  });

  test('ends the session when the client cannot do what was asked', async () => {
    const bench = await startBench();
    const client = await bench.open('AWS-StartPortForwardingSession', { portNumber: '9' });
    await client.message(0);
    client.send(
      PayloadType.HandshakeResponse,
      encodeHandshakeResponse({
        clientVersion: '1.0',
        processedClientActions: [
          { actionType: 'SessionType', actionStatus: 3, actionResult: null, error: 'Unknown session type Port' },
        ],
        errors: [],
      }),
    );
    expect(await output(client)).toContain(
      'SessionType failed on client with status 3 error: Unknown session type Port',
    );
  });
});
