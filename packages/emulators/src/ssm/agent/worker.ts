import { PayloadType } from '@hawser/ssm-channel/codec';
import { createHash, type Hash } from 'node:crypto';
import type { KeyService } from '../kms.js';
import type { AgentCrypt } from './crypt.js';
import { startHandshake, type Handshake } from './handshake.js';
import { AgentLink, resendPeriodMs, type Verdict } from './link.js';
import {
  failed,
  type AgentBehaviour,
  type Plugin,
  type PluginContext,
  type PluginFactory,
  type PluginResult,
  type SessionRequest,
} from './plugin.js';

/** What connects an agent's worker to the gateway and the control channel. */
export interface WorkerPort {
  send(frame: Buffer): void;
  takesMore(): boolean;
  /** Over the control channel: the session is done; the service closes it with this output. */
  complete(output: string): void;
}

/** How a worker is started. */
export interface WorkerOptions {
  readonly request: SessionRequest;
  readonly behaviour: AgentBehaviour;
  readonly keys: KeyService;
  readonly port: WorkerPort;
  readonly plugin: PluginFactory;
  /** Wall clock, in milliseconds since 1970. */
  readonly date: () => number;
}

/** The agent's worker process of one session, in this process. */
export interface Worker {
  receive(frame: Buffer): void;
  /** The way to the client takes more. */
  drained(): void;
  /** Ends without a word. Resolves when nothing is left of what it started. */
  kill(): Promise<void>;
  /** Data accepted from the client so far. */
  readonly received: { readonly bytes: number; readonly sha256: string };
}

/** Starts a worker: it says `Connected`, shakes hands where its kind of session does, and serves until the end. */
export function startWorker(options: WorkerOptions): Worker {
  const { request, behaviour, keys, port } = options;
  const digest: Hash = createHash('sha256');
  let receivedBytes = 0;
  let resendTimer: NodeJS.Timeout | undefined;
  let handshake: Handshake | undefined;
  let plugin: Plugin | undefined;
  let crypt: AgentCrypt | undefined;
  let over: Promise<void> | undefined;
  let onFlushed: (() => void) | undefined;

  const link = new AgentLink({
    sessionId: request.sessionId,
    checkDigests: behaviour.checkDigests,
    maxInputPayloadBytes: behaviour.maxInputPayloadBytes,
    now: () => performance.now(),
    date: options.date,
    send: (frame) => port.send(frame),
    wireTakesMore: () => port.takesMore(),
    handle: (payloadType, payload) => handle(payloadType, payload),
    onWritable: () => plugin?.writable(),
    onAcknowledged: () => {
      if (link.flushed) onFlushed?.();
    },
    onClosed: () => void kill(),
    wantTick: () => {
      resendTimer ??= setTimeout(tick, resendPeriodMs);
    },
  });

  const tick = (): void => {
    resendTimer = link.tick() ? setTimeout(tick, resendPeriodMs) : undefined;
  };

  const handle = (payloadType: number, payload: Buffer): Verdict => {
    if (plugin === undefined) return handshake?.input(payloadType, payload) ?? 'refused';
    if (payloadType === PayloadType.HandshakeResponse || payloadType === PayloadType.EncChallengeResponse)
      return 'taken';
    if (crypt === undefined || payloadType !== PayloadType.Output) return plugin.input(payloadType, payload);
    let plaintext: Buffer;
    try {
      plaintext = crypt.open(payload);
    } catch {
      return 'refused';
    }
    return plugin.input(payloadType, plaintext);
  };

  const kill = (): Promise<void> => {
    over ??= (async () => {
      clearTimeout(resendTimer);
      handshake?.stop();
      link.close();
      onFlushed?.();
      await plugin?.stop();
    })();
    return over;
  };

  /** PrepareToClose: gives the last messages a chance to be acknowledged, and not more than that. */
  const flush = async (): Promise<void> => {
    if (link.flushed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, behaviour.closeWaitMs);
      onFlushed = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    onFlushed = undefined;
  };

  const serve = async (): Promise<PluginResult> => {
    const encrypted = behaviour.kms !== undefined && request.sessionType !== 'Port';
    let clientVersion = '';
    if (encrypted || request.sessionType === 'Port' || request.sessionType === 'NonInteractiveCommands') {
      handshake = startHandshake({
        request,
        behaviour,
        keys,
        sendData: (type, payload) => link.sendData(type, payload),
      });
      try {
        ({ clientVersion, crypt } = await handshake.done);
      } catch (error) {
        return failed(`Encountered error while initiating handshake. ${(error as Error).message}`);
      }
    }
    const context: PluginContext = {
      request,
      behaviour,
      link,
      clientVersion,
      seal: (payload) => crypt?.seal(payload) ?? payload,
      received: (bytes) => {
        receivedBytes += bytes.length;
        digest.update(bytes);
      },
    };
    plugin = options.plugin(context);
    return plugin.run();
  };

  const live = async (): Promise<void> => {
    link.sendState('Connected');
    const result = await serve();
    if (over) return;
    await flush();
    if (over) return;
    if (result.announces) link.sendState('Terminating');
    void kill();
    port.complete(result.output);
  };

  void live();
  return {
    receive: (frame) => link.receive(frame),
    drained: () => link.drained(),
    kill,
    get received() {
      return { bytes: receivedBytes, sha256: digest.copy().digest('hex') };
    },
  };
}
