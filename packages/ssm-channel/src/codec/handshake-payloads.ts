import { Buffer } from 'node:buffer';
import { asObject, base64Of, booleanOf, encodeJson, integerOf, listOf, parseObject, textOf, wrong } from './json.js';
import type { JsonObject } from './json.js';

/** Names of the actions an agent may request. Others are to be answered as unsupported. */
export const ActionType = { SessionType: 'SessionType', KmsEncryption: 'KMSEncryption' } as const;

/** One thing the agent asks of the client. */
export interface RequestedAction {
  /** One of {@link ActionType}, or a name we do not know. */
  readonly actionType: string;
  /** As parsed; see {@link parseSessionTypeAction} and {@link parseKmsAction}. */
  readonly actionParameters: unknown;
}

/** Payload of type HandshakeRequest. */
export interface HandshakeRequest {
  readonly agentVersion: string;
  /** To be processed in this order. */
  readonly requestedClientActions: readonly RequestedAction[];
}

/** Parameters of the action `SessionType`. */
export interface SessionTypeAction {
  readonly sessionType: string;
  /** The session document's properties; empty for shells. */
  readonly properties: JsonObject;
}

/** Parameters of the action `KMSEncryption`. */
export interface KmsAction {
  readonly kmsKeyId: string;
  /** Base64, to be put into the encryption context as it is. Agents send it since 3.3.808. */
  readonly challenge?: string;
}

/** What the client did about one requested action. */
export interface ProcessedAction {
  readonly actionType: string;
  /** One of {@link ActionStatus}. */
  readonly actionStatus: number;
  readonly actionResult: KmsResult | null;
  /** Empty on success. */
  readonly error: string;
}

/** Result of the action `KMSEncryption`. */
export interface KmsResult {
  /** The data key, as KMS encrypted it. */
  readonly cipherTextKey: Uint8Array;
  /** Whether the agent's random challenge is part of the encryption context. */
  readonly challengeAcknowledged?: boolean;
}

/** Payload of type HandshakeResponse. */
export interface HandshakeResponse {
  readonly clientVersion: string;
  readonly processedClientActions: readonly ProcessedAction[];
  /** `null` where the original client has none. */
  readonly errors: readonly string[] | null;
}

/** Payload of type HandshakeComplete. */
export interface HandshakeComplete {
  /** Nanoseconds. */
  readonly handshakeTimeToComplete: number;
  /** To be shown to the person when not empty. */
  readonly customerMessage: string;
}

/** Writes the payload of a HandshakeRequest. */
export function encodeHandshakeRequest(request: HandshakeRequest): Buffer {
  return encodeJson({
    AgentVersion: request.agentVersion,
    RequestedClientActions: request.requestedClientActions.map((action) => ({
      ActionType: action.actionType,
      ActionParameters: action.actionParameters,
    })),
  });
}

/**
 * Reads the payload of a HandshakeRequest.
 *
 * @throws {@link SsmCodecError} `HAWSER_SSM_PAYLOAD`, like every `parse…` here.
 */
export function parseHandshakeRequest(payload: Uint8Array): HandshakeRequest {
  const what = 'handshake request';
  const object = parseObject(payload, what);
  return {
    agentVersion: textOf(object, 'AgentVersion', what),
    requestedClientActions: listOf(object, 'RequestedClientActions', what).map((item) => {
      const action = asObject(item, `${what}'s action`);
      return {
        actionType: textOf(action, 'ActionType', what),
        actionParameters: action['ActionParameters'] ?? null,
      };
    }),
  };
}

/** What {@link parseSessionTypeAction} reads. */
export function sessionTypeParameters(action: SessionTypeAction): unknown {
  const hasProperties = Object.keys(action.properties).length > 0;
  return { SessionType: action.sessionType, Properties: hasProperties ? action.properties : null };
}

/** Reads the parameters of the action `SessionType`. */
export function parseSessionTypeAction(parameters: unknown): SessionTypeAction {
  const what = 'session type action';
  const object = asObject(parameters, what);
  return {
    sessionType: textOf(object, 'SessionType', what),
    properties: asObject(object['Properties'] ?? {}, `${what}'s Properties`),
  };
}

/** What {@link parseKmsAction} reads. */
export function kmsParameters(action: KmsAction): unknown {
  return {
    KMSKeyId: action.kmsKeyId,
    ...(action.challenge === undefined ? {} : { Challenge: action.challenge }),
  };
}

/** Reads the parameters of the action `KMSEncryption`; an empty challenge is none. */
export function parseKmsAction(parameters: unknown): KmsAction {
  const what = 'KMS action';
  const object = asObject(parameters, what);
  const kmsKeyId = textOf(object, 'KMSKeyId', what);
  if (kmsKeyId === '') throw wrong(`${what}'s KMSKeyId`, 'there');
  const challenge = textOf(object, 'Challenge', what);
  return { kmsKeyId, ...(challenge === '' ? {} : { challenge }) };
}

/** Writes the payload of a HandshakeResponse, byte for byte as the original client does. */
export function encodeHandshakeResponse(response: HandshakeResponse): Buffer {
  return encodeJson({
    ClientVersion: response.clientVersion,
    ProcessedClientActions: response.processedClientActions.map((action) => ({
      ActionType: action.actionType,
      ActionStatus: action.actionStatus,
      ActionResult: action.actionResult && {
        KMSCipherTextKey: Buffer.from(action.actionResult.cipherTextKey).toString('base64'),
        KMSCipherTextHash: null,
        ...(action.actionResult.challengeAcknowledged ? { ChallengeAcknowledgement: true } : {}),
      },
      Error: action.error,
    })),
    Errors: response.errors,
  });
}

/** Reads the payload of a HandshakeResponse. */
export function parseHandshakeResponse(payload: Uint8Array): HandshakeResponse {
  const what = 'handshake response';
  const object = parseObject(payload, what);
  return {
    clientVersion: textOf(object, 'ClientVersion', what),
    processedClientActions: listOf(object, 'ProcessedClientActions', what).map((item) => {
      const action = asObject(item, `${what}'s action`);
      return {
        actionType: textOf(action, 'ActionType', what),
        actionStatus: integerOf(action, 'ActionStatus', what),
        actionResult: parseKmsResult(action['ActionResult'], what),
        error: textOf(action, 'Error', what),
      };
    }),
    errors: object['Errors'] === null ? null : listOf(object, 'Errors', what).map(String),
  };
}

/** Writes the payload of a HandshakeComplete. */
export function encodeHandshakeComplete(complete: HandshakeComplete): Buffer {
  return encodeJson({
    HandshakeTimeToComplete: complete.handshakeTimeToComplete,
    CustomerMessage: complete.customerMessage,
  });
}

/** Reads the payload of a HandshakeComplete. */
export function parseHandshakeComplete(payload: Uint8Array): HandshakeComplete {
  const what = 'handshake completion';
  const object = parseObject(payload, what);
  return {
    handshakeTimeToComplete: integerOf(object, 'HandshakeTimeToComplete', what),
    customerMessage: textOf(object, 'CustomerMessage', what),
  };
}

/** Writes the payload of an EncChallengeRequest or EncChallengeResponse. */
export function encodeEncryptionChallenge(challenge: Uint8Array): Buffer {
  return encodeJson({ Challenge: Buffer.from(challenge).toString('base64') });
}

/** Reads the payload of an EncChallengeRequest or EncChallengeResponse. */
export function parseEncryptionChallenge(payload: Uint8Array): Buffer {
  const what = 'encryption challenge';
  return base64Of(parseObject(payload, what), 'Challenge', what);
}

/** Results of other actions than KMS are nobody's business here. */
function parseKmsResult(value: unknown, what: string): KmsResult | null {
  if (typeof value !== 'object' || value === null || !('KMSCipherTextKey' in value)) return null;
  const result = asObject(value, what);
  return {
    cipherTextKey: base64Of(result, 'KMSCipherTextKey', what),
    ...(booleanOf(result, 'ChallengeAcknowledgement', what) ? { challengeAcknowledged: true } : {}),
  };
}
