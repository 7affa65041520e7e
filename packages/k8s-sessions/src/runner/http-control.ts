import { SessionsError } from '../errors.js';
import type { Assignment, RunnerControl, RunnerSelf, RunnerWishes } from './control-types.js';

/** Where the controller's internal API is, and as whom it is spoken to. */
export interface HttpControlOptions {
  /** Such as `http://controller.hawser.svc:7070`; a function is asked each time, where the controller may move. */
  readonly url: string | (() => string);
  readonly session: string;
  readonly attempt: number;
  readonly secret: string;
  /** Told of every answer that is the controller's, a refusal too. */
  readonly onAnswer?: () => void;
}

/** The longest wait for an answer that is given at once. */
const answerMs = 30_000;
/** The longest wait for one that the controller holds back up to 25 s. */
const heldAnswerMs = 35_000;

/**
 * Speaks to the controller over its internal API; see the table at {@link RunnerControl}. Each method makes one attempt and
 * throws `HAWSER_SESSIONS_SERVICE_UNREACHABLE` when another may work, `HAWSER_SESSIONS_REFUSED` when none will.
 */
export function httpControl(options: HttpControlOptions): RunnerControl {
  const base = (): string => {
    const url = typeof options.url === 'string' ? options.url : options.url();
    return `${url.replace(/\/$/u, '')}/internal/runner/${options.session}/${options.attempt}`;
  };
  let epoch = '';
  let self: object = {};

  const ask = async (
    method: string,
    path: string,
    body: object | Uint8Array,
    wait: { readonly signal?: AbortSignal; readonly timeoutMs?: number } = {},
  ): Promise<Response> => {
    const isBytes = body instanceof Uint8Array;
    const timeout = AbortSignal.timeout(wait.timeoutMs ?? answerMs);
    let response: Response;
    try {
      response = await fetch(`${base()}/${path}`, {
        method,
        headers: {
          authorization: `Bearer ${options.secret}`,
          'x-hawser-epoch': epoch,
          'content-type': isBytes ? 'application/octet-stream' : 'application/json',
        },
        body: isBytes ? Uint8Array.from(body) : JSON.stringify(body),
        redirect: 'error',
        signal: wait.signal ? AbortSignal.any([wait.signal, timeout]) : timeout,
      });
    } catch (cause) {
      throw new SessionsError('HAWSER_SESSIONS_SERVICE_UNREACHABLE', 'The controller does not answer its runner.', {
        cause,
      });
    }
    // A refusal in other words than the controller's is of whatever stands at its address or before it meanwhile.
    const isOurs =
      response.ok || (response.headers.get('content-type')?.startsWith('application/problem+json') ?? false);
    if (isOurs) options.onAnswer?.();
    if (response.ok) return response;
    await response.body?.cancel();
    const { status } = response;
    const isLater = !isOurs || status === 408 || status === 429 || status >= 500;
    throw new SessionsError(
      isLater ? 'HAWSER_SESSIONS_SERVICE_UNREACHABLE' : 'HAWSER_SESSIONS_REFUSED',
      `The controller answered its runner with ${status} on ${path}.`,
      { details: { status } },
    );
  };
  const done = async (response: Promise<Response>): Promise<void> => {
    await (await response).body?.cancel();
  };

  return {
    async assignment(asking: RunnerSelf, { signal }) {
      self = asking;
      ({ epoch } = asking);
      for (;;) {
        const response = await ask('POST', 'assignment', asking, { signal, timeoutMs: heldAnswerMs });
        if (response.status === 200) return (await response.json()) as Assignment;
        await response.body?.cancel();
        if (response.status === 204) return undefined;
      }
    },
    async claim(claimed) {
      epoch = claimed;
      const { won } = (await (await ask('POST', 'claim', { ...self, epoch })).json()) as { won: boolean };
      return won;
    },
    phase: (phase) => done(ask('POST', 'phase', phase)),
    segment: (n, packed) => done(ask('PUT', `segments/${n}`, packed)),
    keyframe: (packed) => done(ask('PUT', 'keyframes', packed)),
    exit: (exit) => done(ask('POST', 'exit', exit)),
    async beat(beat, { signal }) {
      return (await (await ask('POST', 'beat', beat, { signal, timeoutMs: heldAnswerMs })).json()) as RunnerWishes;
    },
  };
}
