import { once } from 'node:events';
import { type ChannelTuning, type Dialer, openDialer } from '@hawser/ssm-channel';
import type { AwsApi } from '@hawser/ssm-channel/aws';
import type { SsmVia, Target } from '../spec.js';
import type { Hop } from './provider.js';
import { findBastions } from './ssm-bastion.js';
import { classifySsm } from './ssm-failure.js';
import { type Environment, findLogin } from './ssm-login.js';
import { hostTargetOf, sessionRequest } from './ssm-session.js';

/** The agent tells when it could not connect, never when it could: silence for this long is a good sign, in milliseconds. */
const REFUSED_WITHIN_MS = 1_500;

/** What is looked at, and by which means. */
export interface SsmDiagnosis {
  readonly via: SsmVia;
  readonly target: Target;
  readonly env: Environment;
  readonly tuning: ChannelTuning;
  readonly signal: AbortSignal;
  /** Disposed afterwards. */
  readonly api: AwsApi;
}

/**
 * Goes the way by Session Manager: credentials, the node, its agent, a session, the destination. Each hop is told as
 * soon as it is known; the first that fails is the last.
 */
export async function* diagnoseSsm(diagnosis: SsmDiagnosis): AsyncGenerator<Hop> {
  const { api, via, signal } = diagnosis;
  const way = new Way(diagnosis);
  try {
    for (const step of way.steps) {
      signal.throwIfAborted();
      const startedMs = performance.now();
      let hop: Hop;
      try {
        hop = await step();
      } catch (error) {
        signal.throwIfAborted();
        const { cause, message, hint } = await classifySsm(error, { via, env: diagnosis.env });
        const name = cause === 'credentials' ? 'credentials' : cause === 'target-refused' ? 'target' : way.hop;
        hop = { hop: name, verdict: 'fail', detail: message, hint };
      }
      yield { ...hop, ms: Math.round(performance.now() - startedMs) };
      if (hop.verdict === 'fail') return;
    }
  } finally {
    await way.leave();
    api[Symbol.dispose]();
  }
}

class Way {
  /** The hop that is being made. */
  hop: Hop['hop'] = 'credentials';
  readonly steps: readonly (() => Promise<Hop>)[] = [
    () => this.#credentials(),
    () => this.#findNode(),
    () => this.#agent(),
    () => this.#session(),
    () => this.#destination(),
  ];
  readonly #diagnosis: SsmDiagnosis;
  #node = '';
  #label = '';
  #dialer: Dialer | undefined;

  constructor(diagnosis: SsmDiagnosis) {
    this.#diagnosis = diagnosis;
  }

  async #credentials(): Promise<Hop> {
    const { api, via, env, signal } = this.#diagnosis;
    const profile = via.profile ?? env['AWS_PROFILE'];
    const whose = profile === undefined ? '' : ` of the profile ${profile}`;
    if ((await api.credentials({ signal })) !== undefined) {
      return { hop: this.hop, verdict: 'pass', detail: `There are AWS credentials${whose}.` };
    }
    const { hint } = await findLogin(via.profile, env);
    return { hop: this.hop, verdict: 'fail', detail: `There are no AWS credentials${whose}.`, hint };
  }

  async #findNode(): Promise<Hop> {
    this.hop = 'config';
    const { api, via, signal } = this.#diagnosis;
    const [first, ...others] = await findBastions(via.target, api, signal);
    this.#node = first.target;
    this.#label = first.label;
    const more = others.length === 0 ? '' : `, the first of ${others.length + 1} by name`;
    const detail =
      first.label === via.target ? `The node is ${first.target}` : `${via.target} is ${first.label}${more}`;
    return { hop: this.hop, verdict: 'pass', detail: `${detail}.` };
  }

  async #agent(): Promise<Hop> {
    this.hop = 'auth';
    const { api, signal } = this.#diagnosis;
    if ((await api.connectionStatus(this.#node, { signal })) === 'connected') {
      return { hop: this.hop, verdict: 'pass', detail: `The agent of ${this.#label} is connected to Session Manager.` };
    }
    return {
      hop: this.hop,
      verdict: 'fail',
      detail: `The agent of ${this.#label} is not connected to Session Manager.`,
      hint: 'Check that the node runs, that its agent is up and can reach AWS, and that its role allows Session Manager.',
    };
  }

  async #session(): Promise<Hop> {
    this.hop = 'session';
    const { api, target, tuning, signal } = this.#diagnosis;
    const request = sessionRequest(this.#node, hostTargetOf(target));
    const start = await api.startSession(request, { signal });
    this.#dialer = await openDialer({ ...tuning, api, signal, start, target: this.#node });
    return { hop: this.hop, verdict: 'pass', detail: `A session with ${request.document} was opened.` };
  }

  async #destination(): Promise<Hop> {
    this.hop = 'target';
    const { target, signal } = this.#diagnosis;
    const { host, port } = hostTargetOf(target);
    const stream = this.#dialer?.dial();
    if (stream === undefined) throw new Error('a session was opened before');
    const patience = AbortSignal.any([signal, AbortSignal.timeout(REFUSED_WITHIN_MS)]);
    try {
      stream.resume();
      // Anything that ends well within that time was a connection: only a refusal is an error.
      await once(stream, 'end', { signal: patience });
    } catch (error) {
      if (!patience.aborted) throw error;
    } finally {
      stream.destroy();
    }
    return { hop: this.hop, verdict: 'pass', detail: `The node does not refuse ${host}:${port}.` };
  }

  async leave(): Promise<void> {
    await this.#dialer?.close();
  }
}
