import {
  ActionStatus,
  ActionType,
  encodeEncryptionChallenge,
  encodeHandshakeComplete,
  encodeHandshakeRequest,
  kmsParameters,
  parseEncryptionChallenge,
  parseHandshakeResponse,
  PayloadType,
  sessionTypeParameters,
  type RequestedAction,
} from '@hawser/ssm-channel/codec';
import { randomBytes } from 'node:crypto';
import type { EncryptionContext, KeyService } from '../kms.js';
import { createAgentCrypt, type AgentCrypt } from './crypt.js';
import type { Verdict } from './link.js';
import type { AgentBehaviour, SessionRequest } from './plugin.js';
import { asksForUpdate, challenges, separatesOutput } from './versions.js';

/** What a handshake needs. */
export interface HandshakeOptions {
  readonly request: SessionRequest;
  readonly behaviour: AgentBehaviour;
  readonly keys: KeyService;
  readonly sendData: (payloadType: number, payload: Buffer) => void;
}

/** What a handshake agreed on. */
export interface Agreement {
  readonly clientVersion: string;
  readonly crypt: AgentCrypt | undefined;
}

/** A handshake in progress. */
export interface Handshake {
  /** Rejects with the agent's words. */
  readonly done: Promise<Agreement>;
  input(payloadType: number, payload: Buffer): Verdict;
  stop(): void;
}

const sessionContext = (request: SessionRequest): EncryptionContext => ({
  'aws:ssm:SessionId': request.sessionId,
  'aws:ssm:TargetId': request.target,
});

/**
 * Asks the client what it can do, and proves that both hold the same key when the session is encrypted.
 *
 * @see amazon-ssm-agent agent/session/datachannel/datachannel.go (PerformHandshake)
 */
export function startHandshake(options: HandshakeOptions): Handshake {
  const { request, behaviour, sendData } = options;
  const began = process.hrtime.bigint();
  const kms = request.sessionType === 'Port' ? undefined : behaviour.kms;
  const challenge =
    kms && kms.challenge !== 'none' && challenges(behaviour.version) ? randomBytes(16).toString('base64') : undefined;
  const secret = randomBytes(64);
  let expecting: 'response' | 'challenge' | 'nothing' = 'response';
  let agreed: Agreement | undefined;
  let timer: NodeJS.Timeout;
  let resolveDone: (agreement: Agreement) => void;
  let rejectDone: (error: Error) => void;
  const done = new Promise<Agreement>((resolve, reject) => {
    resolveDone = resolve;
    rejectDone = reject;
  });
  const expect = (what: 'response' | 'challenge', late: string): void => {
    clearTimeout(timer);
    expecting = what;
    timer = setTimeout(() => fail(new Error(late)), behaviour.handshakeTimeoutMs);
  };
  const fail = (error: Error): void => {
    clearTimeout(timer);
    expecting = 'nothing';
    rejectDone(error);
  };
  const complete = (agreement: Agreement): void => {
    clearTimeout(timer);
    expecting = 'nothing';
    sendData(
      PayloadType.HandshakeComplete,
      encodeHandshakeComplete({
        handshakeTimeToComplete: Number(process.hrtime.bigint() - began),
        customerMessage: customerMessage(options, agreement),
      }),
    );
    resolveDone(agreement);
  };
  const receiveResponse = (payload: Buffer): void => {
    agreed = agree(options, payload, challenge);
    if (agreed.crypt === undefined) {
      complete(agreed);
      return;
    }
    sendData(PayloadType.EncChallengeRequest, encodeEncryptionChallenge(agreed.crypt.seal(secret)));
    expect('challenge', 'Timed out waiting for encryption challenge.');
  };
  const receiveChallenge = (payload: Buffer, { crypt }: Agreement): void => {
    const answer = crypt!.open(parseEncryptionChallenge(payload));
    if (!answer.equals(secret)) throw new Error('Encryption challenge does not match!');
    complete(agreed!);
  };

  sendData(PayloadType.HandshakeRequest, handshakeRequest(options, challenge));
  expect(
    'response',
    'Handshake timed out. Please ensure that you have the latest version of the session manager plugin.',
  );
  return {
    done,
    input: (payloadType, payload) => {
      try {
        if (expecting === 'response' && payloadType === PayloadType.HandshakeResponse) receiveResponse(payload);
        else if (expecting === 'challenge' && payloadType === PayloadType.EncChallengeResponse) {
          receiveChallenge(payload, agreed!);
        }
      } catch (error) {
        fail(error as Error);
      }
      // Anything else before the end of the handshake is acknowledged and thrown away.
      return 'taken';
    },
    stop: () => clearTimeout(timer),
  };
}

function handshakeRequest({ request, behaviour }: HandshakeOptions, challenge: string | undefined): Buffer {
  const sessionType: RequestedAction = {
    actionType: ActionType.SessionType,
    actionParameters: sessionTypeParameters({
      sessionType: request.sessionType,
      properties: request.sessionType === 'Port' ? request.properties : {},
    }),
  };
  const actions = [sessionType];
  if (behaviour.kms !== undefined && request.sessionType !== 'Port') {
    const parameters = { kmsKeyId: behaviour.kms.keyId, ...(challenge === undefined ? {} : { challenge }) };
    actions.push({ actionType: ActionType.KmsEncryption, actionParameters: kmsParameters(parameters) });
  }
  return encodeHandshakeRequest({ agentVersion: behaviour.version, requestedClientActions: actions });
}

/** @throws Error with the agent's words when the client could not do what was asked */
function agree(options: HandshakeOptions, payload: Buffer, challenge: string | undefined): Agreement {
  const { request, behaviour, keys } = options;
  const response = parseHandshakeResponse(payload);
  let crypt: AgentCrypt | undefined;
  for (const action of response.processedClientActions) {
    if (action.actionStatus !== ActionStatus.Success) {
      throw new Error(
        `${action.actionType} failed on client with status ${action.actionStatus} error: ${action.error}`,
      );
    }
    if (action.actionType !== ActionType.KmsEncryption || behaviour.kms === undefined) continue;
    const result = action.actionResult;
    if (result === null) throw new Error('Fetching data key failed: the client sent none');
    const acknowledged = result.challengeAcknowledged === true;
    if (behaviour.kms.challenge === 'required' && !acknowledged) {
      throw new Error('KMS challenge response is required but the client did not acknowledge the challenge');
    }
    const context = {
      ...sessionContext(request),
      ...(acknowledged && challenge !== undefined ? { 'aws:ssm:RandomChallenge': challenge } : {}),
    };
    crypt = createAgentCrypt(decryptDataKey(keys, result.cipherTextKey, context, behaviour.kms.keyId));
  }
  if (behaviour.kms !== undefined && request.sessionType !== 'Port' && crypt === undefined) {
    throw new Error('Fetching data key failed: the client sent none');
  }
  return { clientVersion: response.clientVersion, crypt };
}

function decryptDataKey(
  keys: KeyService,
  ciphertext: Uint8Array,
  context: EncryptionContext,
  keyId: string,
): Uint8Array {
  try {
    return keys.decrypt(ciphertext, context, keyId).plaintext;
  } catch (error) {
    throw new Error(
      `Fetching data key failed: Unable to retrieve data key, Error when decrypting data key ${(error as Error).name}`,
      {
        cause: error,
      },
    );
  }
}

function customerMessage({ request, behaviour }: HandshakeOptions, agreement: Agreement): string {
  const messages: string[] = [];
  if (agreement.crypt !== undefined) messages.push('This session is encrypted using AWS KMS.');
  if (
    request.sessionType === 'NonInteractiveCommands' &&
    /^true$/iu.test(request.properties['separateOutputStream'] ?? '') &&
    separatesOutput(behaviour.version) &&
    asksForUpdate(agreement.clientVersion)
  ) {
    messages.push(
      'Please update session manager plugin version (minimum required version 1.2.312.0) for fully support of ' +
        'separate StdOut/StdErr output.\r\n',
    );
  }
  return messages.join('\n');
}
