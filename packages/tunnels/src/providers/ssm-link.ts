import type { Duplex } from 'node:stream';
import { type ChannelTuning, type Dialer, type SsmApi, type StartedSession, openDialer } from '@hawser/ssm-channel';
import type { AwsApi } from '@hawser/ssm-channel/aws';
import { LinkError, type LinkFailure } from '../link/failure.js';
import type { HostTarget, Target } from '../spec.js';
import type { Link } from './provider.js';
import type { Bastion } from './ssm-bastion.js';
import { type SsmFailureContext, classifyEnd, classifySsm } from './ssm-failure.js';
import { hostTargetOf, sessionRequest } from './ssm-session.js';

/** What a link through one node is made of. */
export interface SsmLinkOptions extends SsmFailureContext {
  /** Disposed with the link. */
  readonly api: AwsApi;
  readonly bastion: Bastion;
  readonly tuning: ChannelTuning;
  readonly renewAtMs: number;
  /** Sessions that ended sooner than this after they were opened are not opened again by the link. */
  readonly flappingMs: number;
  readonly onDebug: (text: string) => void;
}

/** Sessions to one host and port. */
interface Lanes {
  readonly dialer: Dialer;
  /** Settles when a session is in touch with the agent, or all are over. */
  readonly connected: () => Promise<void>;
  /** Settles once they are over and that is known to the link. */
  readonly over: Promise<void>;
}

/** A link through one managed node: for each host and port its own sessions, opened when first dialled. */
export class SsmLink implements Link {
  readonly pids: readonly number[] = [];
  readonly renewAtMs: number;
  readonly ended: Promise<LinkFailure | undefined>;
  readonly #options: SsmLinkOptions;
  readonly #sessionApi: SsmApi;
  readonly #sets = new Map<string, Promise<Lanes>>();
  readonly #closing = new AbortController();
  #settle: (failure: LinkFailure | undefined) => void = () => {};
  #failure: LinkFailure | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: SsmLinkOptions) {
    this.#options = options;
    const { api } = options;
    this.renewAtMs = options.renewAtMs;
    this.#sessionApi = {
      ...(api.upgrade === undefined ? {} : { upgrade: api.upgrade }),
      generateDataKey: (request, call) => api.generateDataKey(request, call),
      terminateSession: (sessionId, call) => api.terminateSession(sessionId, call),
      resumeSession: (sessionId, call) => this.#resume(sessionId, call),
    };
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** Opens the sessions to these targets now. */
  async prepare(targets: readonly Target[]): Promise<void> {
    await Promise.all(targets.map((target) => this.#lanesTo(hostTargetOf(target))));
  }

  async dial(target: Target, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Duplex> {
    const to = hostTargetOf(target);
    return await orAbort(this.#dial(to, signal), signal);
  }

  async #dial(to: HostTarget, signal: AbortSignal | undefined): Promise<Duplex> {
    for (;;) {
      const { dialer, connected, over } = await this.#lanesTo(to);
      await connected();
      signal?.throwIfAborted();
      if (dialer.open) {
        const stream = dialer.dial();
        // It may break before its user listens; a destroyed stream tells the same.
        stream.on('error', () => {});
        return stream;
      }
      await over;
    }
  }

  async check({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const { api, bastion } = this.#options;
    const opened = await Promise.allSettled(this.#sets.values());
    const dialers = opened.flatMap((set) => (set.status === 'fulfilled' ? [set.value.dialer] : []));
    try {
      if (dialers.length > 0) await Promise.all(dialers.map((dialer) => dialer.check({ signal })));
      else if ((await api.connectionStatus(bastion.target, { signal })) !== 'connected') {
        throw new LinkError({
          cause: 'not-connected',
          message: `The agent of ${bastion.label} is not connected to Session Manager.`,
          hint: 'Check that the node runs and that its agent can reach AWS.',
          permanent: false,
        });
      }
    } catch (error) {
      if (!signal.aborted) throw await this.#asLinkError(error);
      throw new LinkError(
        {
          cause: 'timeout',
          message: `The agent of ${bastion.label} gave no sign of life.`,
          hint: 'The link is made anew by itself.',
          permanent: false,
        },
        { cause: error },
      );
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#settle(undefined);
    const sets = [...this.#sets.values()];
    this.#closing.abort(new Error('the link was closed'));
    await Promise.allSettled(sets.map(async (set) => await (await set).dialer.close()));
    this.#options.api[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #fail(failure: LinkFailure): void {
    this.#failure ??= failure;
    this.#settle(failure);
  }

  async #lanesTo(to: HostTarget): Promise<Lanes> {
    if (this.#failure) throw new LinkError(this.#failure);
    const key = `${to.host}:${to.port}`;
    let set = this.#sets.get(key);
    if (set === undefined) {
      set = this.#open(key, to);
      this.#sets.set(key, set);
      set.catch(() => this.#sets.delete(key));
    }
    return await set;
  }

  async #open(key: string, to: HostTarget): Promise<Lanes> {
    const { bastion, tuning, flappingMs, onDebug } = this.#options;
    const signal = this.#closing.signal;
    try {
      signal.throwIfAborted();
      const [start, ...others] = await this.#start(to);
      const dialer = await openDialer({
        ...tuning,
        api: this.#sessionApi,
        signal,
        start,
        lanes: others,
        target: bastion.target,
      });
      onDebug(`sessions to ${key} through ${bastion.label}: ${dialer.sessionIds.join(', ')}`);
      const openedAtMs = performance.now();
      const over = dialer.ended.then(async (end) => {
        if (signal.aborted) return;
        const failure = await classifyEnd(end, this.#options);
        onDebug(`the sessions to ${key} are over: ${failure.message}`);
        this.#sets.delete(key);
        if (performance.now() - openedAtMs < flappingMs) this.#fail(failure);
        else void this.#reopen(to);
      });
      return { dialer, over, connected: watchLanes(dialer, onDebug) };
    } catch (error) {
      throw await this.#asLinkError(error);
    }
  }

  /** A session would ask for a quarter of an hour; a person who has to log in should know at once. */
  async #resume(...[sessionId, call]: Parameters<SsmApi['resumeSession']>): Promise<StartedSession | undefined> {
    try {
      return await this.#options.api.resumeSession(sessionId, call);
    } catch (error) {
      const failure = await classifySsm(error, this.#options);
      if (failure.cause === 'credentials') this.#fail(failure);
      throw error;
    }
  }

  /** What was in use is opened again at once; only when that fails is it the link that failed. */
  async #reopen(to: HostTarget): Promise<void> {
    try {
      await this.#lanesTo(to);
    } catch (error) {
      if (!this.#closing.signal.aborted) this.#fail((await this.#asLinkError(error)).failure);
    }
  }

  /** Starts all lanes, or none. */
  async #start(to: HostTarget): Promise<readonly [StartedSession, ...StartedSession[]]> {
    const { api, bastion, via } = this.#options;
    const signal = this.#closing.signal;
    const request = sessionRequest(bastion.target, to);
    const started = await Promise.allSettled(
      Array.from({ length: via.lanes ?? 1 }, () => api.startSession(request, { signal })),
    );
    const lanes = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const failed = started.find((one) => one.status === 'rejected');
    const [first, ...others] = lanes;
    if (failed === undefined && first !== undefined) return [first, ...others];
    await Promise.allSettled(lanes.map(({ sessionId }) => api.terminateSession(sessionId, {})));
    throw failed?.reason;
  }

  async #asLinkError(error: unknown): Promise<LinkError> {
    if (error instanceof LinkError) return error;
    return new LinkError(await classifySsm(error, this.#options), { cause: error });
  }
}

/** New connections wait while no lane is in touch with the agent: the session may come back, and they with it. */
function watchLanes(dialer: Dialer, onDebug: (text: string) => void): () => Promise<void> {
  const away = new Set<string>();
  const waiting: (() => void)[] = [];
  const release = (): void => {
    for (const go of waiting.splice(0)) go();
  };
  dialer.on('state', ({ sessionId, state, cause }) => {
    onDebug(`session ${sessionId}: ${state}${cause === undefined ? '' : ` (${cause})`}`);
    if (state !== 'connected') {
      away.add(sessionId);
      return;
    }
    away.delete(sessionId);
    release();
  });
  dialer.on('debug', onDebug);
  void dialer.ended.then(() => {
    away.clear();
    release();
  });
  return async () => {
    if (away.size === dialer.sessionIds.length) await new Promise<void>((resolve) => void waiting.push(resolve));
  };
}

/** Rejects with the reason of the signal as soon as it aborts; what comes later is dropped. */
async function orAbort(dialled: Promise<Duplex>, signal: AbortSignal | undefined): Promise<Duplex> {
  if (signal === undefined) return await dialled;
  return await new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason);
      dialled.then((stream) => stream.destroy()).catch(() => {});
    };
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    dialled.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
