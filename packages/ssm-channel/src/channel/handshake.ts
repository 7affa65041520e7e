import { Buffer } from 'node:buffer';
import {
  ActionStatus,
  ActionType,
  SsmCodecError,
  encodeEncryptionChallenge,
  encodeHandshakeResponse,
  parseEncryptionChallenge,
  parseHandshakeComplete,
  parseHandshakeRequest,
  parseKmsAction,
  parseSessionTypeAction,
} from '../codec/index.js';
import type { KmsAction, KmsResult, ProcessedAction, RequestedAction } from '../codec/index.js';
import { Crypt, DATA_KEY_BYTES } from './crypt.js';
import type { ChannelFailure, SessionFacts } from './types.js';

/** What a session is when its agent says nothing about it. */
const silentSessionType = 'Standard_Stream';
/** No agent asks for more than two things. */
const maxActions = 16;

/** What follows from a step of the handshake. */
export type HandshakeStep =
  /** Send this HandshakeResponse. */
  | { readonly next: 'respond'; readonly payload: Buffer }
  /** Get a data key, then go on with {@link Handshake.dataKey} or {@link Handshake.dataKeyFailed}. */
  | { readonly next: 'data-key'; readonly action: KmsAction }
  /** Send this EncChallengeResponse. */
  | { readonly next: 'answer-challenge'; readonly payload: Buffer }
  | { readonly next: 'ready'; readonly facts: SessionFacts }
  | { readonly next: 'fail'; readonly code: ChannelFailure; readonly message: string }
  | { readonly next: 'nothing' };

/**
 * The client's part of the handshake. The agent starts it, or skips it by simply sending data.
 *
 * The actions of a request are processed in their order; the one for encryption waits for KMS. What cannot be done is
 * said in the response, and the agent then ends the session.
 *
 * @see session-manager-plugin src/datachannel/streaming.go; amazon-ssm-agent agent/session/datachannel/datachannel.go
 */
export class Handshake {
  readonly #clientVersion: string;
  readonly #sessionTypes: readonly string[];
  #state: 'none' | 'requested' | 'responded' | 'complete' = 'none';
  #agentVersion = '';
  #actions: readonly RequestedAction[] = [];
  readonly #processed: ProcessedAction[] = [];
  readonly #errors: string[] = [];
  #awaitedKey: KmsAction | undefined;
  #session: Pick<SessionFacts, 'sessionType' | 'properties'> | undefined;
  #crypt: Crypt | undefined;

  constructor(options: { readonly clientVersion: string; readonly sessionTypes: readonly string[] }) {
    this.#clientVersion = options.clientVersion;
    this.#sessionTypes = options.sessionTypes;
  }

  get isComplete(): boolean {
    return this.#state === 'complete';
  }

  /** Once a data key is agreed. */
  get crypt(): Crypt | undefined {
    return this.#crypt;
  }

  /** The first thing we had to refuse; the agent is about to end the session for it. */
  get refusal(): string | undefined {
    return this.#state === 'responded' ? this.#errors[0] : undefined;
  }

  /** HandshakeRequest arrived. A second one is ignored. */
  request(payload: Uint8Array): HandshakeStep {
    if (this.#state !== 'none') return { next: 'nothing' };
    return orFail(() => {
      const request = parseHandshakeRequest(payload);
      if (request.requestedClientActions.length > maxActions) return protocolFailure('The agent asks for too much.');
      this.#state = 'requested';
      this.#agentVersion = request.agentVersion;
      this.#actions = request.requestedClientActions;
      return this.#process();
    });
  }

  /** The data key that was asked for. */
  dataKey(key: { readonly plaintext: Uint8Array; readonly ciphertext: Uint8Array }): HandshakeStep {
    if (this.#awaitedKey === undefined) return { next: 'nothing' };
    if (key.plaintext.length !== DATA_KEY_BYTES) {
      return this.dataKeyFailed(`KMS answered with a key of ${key.plaintext.length} bytes`);
    }
    this.#crypt = new Crypt(key.plaintext);
    const result: KmsResult = {
      cipherTextKey: key.ciphertext,
      challengeAcknowledged: this.#awaitedKey.challenge !== undefined,
    };
    this.#awaitedKey = undefined;
    this.#succeed(ActionType.KmsEncryption, result);
    return orFail(() => this.#process());
  }

  /** The data key that was asked for cannot be had. */
  dataKeyFailed(message: string): HandshakeStep {
    if (this.#awaitedKey === undefined) return { next: 'nothing' };
    this.#awaitedKey = undefined;
    this.#refuse(ActionType.KmsEncryption, `Fetching data key failed: ${message}`);
    return orFail(() => this.#process());
  }

  /** EncChallengeRequest arrived: prove that we hold the key. */
  challenge(payload: Uint8Array): HandshakeStep {
    const crypt = this.#crypt;
    if (crypt === undefined) return protocolFailure('The agent sent an encryption challenge without a key.');
    return orFail(() => {
      const challenge = crypt.decrypt(parseEncryptionChallenge(payload));
      if (challenge === undefined) {
        return {
          next: 'fail',
          code: 'decrypt-failed',
          message: "The agent's encryption challenge cannot be decrypted.",
        };
      }
      const answer = Buffer.concat(crypt.encrypt([challenge]));
      return { next: 'answer-challenge', payload: encodeEncryptionChallenge(answer) };
    });
  }

  /** HandshakeComplete arrived. A second one is ignored. */
  complete(payload: Uint8Array): HandshakeStep {
    if (this.#state === 'complete') return { next: 'nothing' };
    return orFail(() => {
      const { customerMessage } = parseHandshakeComplete(payload);
      if (this.#state !== 'responded') return protocolFailure('The agent ended a handshake that it had not begun.');
      if (this.#session === undefined || this.#errors.length > 0) {
        return refused(this.#errors[0] ?? 'The agent did not say of what type the session is.');
      }
      this.#state = 'complete';
      return {
        next: 'ready',
        facts: {
          ...this.#session,
          agentVersion: this.#agentVersion,
          customerMessage,
          encrypted: this.#crypt !== undefined,
        },
      };
    });
  }

  /** Data arrived. Unless the handshake is over, this is only right where none began. */
  data(): HandshakeStep {
    if (this.#state === 'complete') return { next: 'nothing' };
    if (this.#state !== 'none') return protocolFailure('The agent sent data in the middle of its handshake.');
    if (!this.#sessionTypes.includes(silentSessionType)) {
      return refused('The agent began without a handshake, as only a shell may, and no shell is wanted here.');
    }
    this.#state = 'complete';
    return {
      next: 'ready',
      facts: {
        sessionType: silentSessionType,
        properties: {},
        agentVersion: '',
        customerMessage: '',
        encrypted: false,
      },
    };
  }

  /** Goes on with the actions until all are done or one has to wait. */
  #process(): HandshakeStep {
    for (;;) {
      const action = this.#actions[this.#processed.length];
      if (action === undefined) return this.#respond();
      switch (action.actionType) {
        case ActionType.SessionType:
          this.#acceptSessionType(action);
          break;
        case ActionType.KmsEncryption: {
          const asked = parseKmsAction(action.actionParameters);
          if (this.#crypt === undefined) {
            this.#awaitedKey = asked;
            return { next: 'data-key', action: asked };
          }
          this.#refuse(action.actionType, 'A data key is agreed already');
          break;
        }
        default: {
          const error = `Unsupported action ${action.actionType}`;
          this.#errors.push(error);
          this.#processed.push({
            actionType: action.actionType,
            actionStatus: ActionStatus.Unsupported,
            actionResult: null,
            error,
          });
        }
      }
    }
  }

  #acceptSessionType(action: RequestedAction): void {
    const asked = parseSessionTypeAction(action.actionParameters);
    if (this.#sessionTypes.includes(asked.sessionType)) {
      this.#session = asked;
      this.#succeed(action.actionType, null);
    } else {
      this.#refuse(action.actionType, `Unknown session type ${asked.sessionType}`);
    }
  }

  #succeed(actionType: string, actionResult: KmsResult | null): void {
    this.#processed.push({ actionType, actionStatus: ActionStatus.Success, actionResult, error: '' });
  }

  #refuse(actionType: string, reason: string): void {
    this.#errors.push(reason);
    const error = `Failed to process action ${actionType}: ${reason}`;
    this.#processed.push({ actionType, actionStatus: ActionStatus.Failed, actionResult: null, error });
  }

  #respond(): HandshakeStep {
    this.#state = 'responded';
    const payload = encodeHandshakeResponse({
      clientVersion: this.#clientVersion,
      processedClientActions: this.#processed,
      errors: this.#errors.length > 0 ? this.#errors : null,
    });
    return { next: 'respond', payload };
  }
}

function orFail(step: () => HandshakeStep): HandshakeStep {
  try {
    return step();
  } catch (error) {
    if (error instanceof SsmCodecError) return protocolFailure(error.message);
    throw error;
  }
}

function protocolFailure(message: string): HandshakeStep {
  return { next: 'fail', code: 'protocol', message };
}

function refused(message: string): HandshakeStep {
  return { next: 'fail', code: 'handshake-refused', message };
}
