import { backoffMs } from './backoff.js';
import type { LinkFailure } from './failure.js';
import type { LinkState } from '../status.js';

/** After this long in good state, earlier failures no longer count, in milliseconds. */
const GOOD_MS = 60_000;

/** What a link machine is told. `attempt` is the number that came with the wish to open. */
export type LinkMachineEvent =
  /** Somebody needs the link. */
  | { readonly type: 'want' }
  /** An attempt came up; `renewAtMs` is when another should take over. */
  | { readonly type: 'opened'; readonly attempt: number; readonly renewAtMs?: number | undefined }
  | { readonly type: 'open-failed'; readonly attempt: number; readonly failure: LinkFailure }
  /** What an attempt made is gone. */
  | { readonly type: 'ended'; readonly attempt: number; readonly failure?: LinkFailure | undefined }
  /** There is a reason to doubt the link: it is being asked. */
  | { readonly type: 'suspect' }
  /** It answered. */
  | { readonly type: 'cleared' }
  /** There is a reason to try now, such as fresh credentials. */
  | { readonly type: 'retry' }
  /** Somebody wants it made anew. */
  | { readonly type: 'restart' }
  | { readonly type: 'stop' };

/** What a link machine wants done. */
export type LinkWish =
  | { readonly do: 'open'; readonly attempt: number }
  /** New connections go over this one. */
  | { readonly do: 'adopt'; readonly attempt: number }
  /** No new connections go over this one; it ends when those it has end. */
  | { readonly do: 'retire'; readonly attempt: number }
  /** Ends this one now. */
  | { readonly do: 'drop'; readonly attempt: number };

/** What is known of a link. Times are those the machine was fed with. */
export interface LinkView {
  readonly state: LinkState;
  readonly sinceMs: number;
  readonly failure?: LinkFailure;
  readonly nextTryAtMs?: number;
  /** Attempts that came up. */
  readonly connects: number;
}

/** Decides when a link is made, made anew, replaced and given up. Opens nothing and reads no clock. */
export interface LinkMachine {
  readonly view: LinkView;
  /** When {@link tick} has something to do, if ever. */
  readonly wakeAtMs: number | undefined;
  feed(event: LinkMachineEvent, nowMs: number): void;
  tick(nowMs: number): void;
  /** The wishes since the last call, in order. */
  take(): readonly LinkWish[];
}

/** Makes a machine that is `idle`. */
export function createLinkMachine(options: { readonly random: () => number; readonly nowMs: number }): LinkMachine {
  const { random } = options;
  let wishes: LinkWish[] = [];
  let state: LinkState = 'idle';
  let sinceMs = options.nowMs;
  let failure: LinkFailure | undefined;
  let nextTryAtMs: number | undefined;
  let renewAtMs: number | undefined;
  let goodSinceMs = 0;
  let connects = 0;
  let failures = 0;
  let attempts = 0;
  let opening: number | undefined;
  let current: number | undefined;

  function become(next: LinkState, nowMs: number): void {
    if (state === next) return;
    state = next;
    sinceMs = nowMs;
  }

  function open(): void {
    nextTryAtMs = undefined;
    attempts += 1;
    opening = attempts;
    wishes.push({ do: 'open', attempt: opening });
  }

  /** There is neither a link nor an attempt: what follows from the failure. */
  function settle(why: LinkFailure, nowMs: number, mayHurry: boolean): void {
    failure = why;
    if (why.authCommand !== undefined) {
      become('needs-auth', nowMs);
    } else if (why.permanent) {
      become('failed', nowMs);
    } else {
      become('reconnecting', nowMs);
      // A link that was good and broke is tried again at once: mostly its process died, and nothing else.
      nextTryAtMs = mayHurry && failures === 0 ? nowMs : nowMs + backoffMs(Math.max(1, failures), random);
      failures += 1;
    }
  }

  function opened(attempt: number, renewAt: number | undefined, nowMs: number): void {
    if (attempt !== opening) {
      wishes.push({ do: 'drop', attempt });
      return;
    }
    opening = undefined;
    const old = current;
    current = attempt;
    connects += 1;
    failure = undefined;
    goodSinceMs = nowMs;
    renewAtMs = renewAt;
    wishes.push({ do: 'adopt', attempt });
    if (old !== undefined) wishes.push({ do: 'retire', attempt: old });
    become('ready', nowMs);
  }

  function openFailed(why: LinkFailure, nowMs: number): void {
    opening = undefined;
    if (current === undefined) {
      settle(why, nowMs, false);
      return;
    }
    // It was to replace a link that still works: that goes on, and the replacement is tried again later.
    failures += 1;
    renewAtMs = nowMs + Math.max(1_000, backoffMs(failures, random));
  }

  function ended(why: LinkFailure | undefined, nowMs: number): void {
    current = undefined;
    renewAtMs = undefined;
    if (nowMs - goodSinceMs >= GOOD_MS) failures = 0;
    if (opening === undefined) {
      settle(why ?? CLOSED, nowMs, true);
    } else {
      failure = why ?? CLOSED;
      become('reconnecting', nowMs);
    }
  }

  function dropAll(): void {
    if (current !== undefined) wishes.push({ do: 'drop', attempt: current });
    if (opening !== undefined) wishes.push({ do: 'drop', attempt: opening });
    current = undefined;
    opening = undefined;
    nextTryAtMs = undefined;
    renewAtMs = undefined;
  }

  function feed(event: LinkMachineEvent, nowMs: number): void {
    if (state === 'stopped') {
      if (event.type === 'opened') wishes.push({ do: 'drop', attempt: event.attempt });
      return;
    }
    switch (event.type) {
      case 'want':
        if (state !== 'idle') return;
        become('connecting', nowMs);
        return open();
      case 'opened':
        return opened(event.attempt, event.renewAtMs, nowMs);
      case 'open-failed':
        return event.attempt === opening ? openFailed(event.failure, nowMs) : undefined;
      case 'ended':
        return event.attempt === current ? ended(event.failure, nowMs) : undefined;
      case 'suspect':
        return state === 'ready' ? become('degraded', nowMs) : undefined;
      case 'cleared':
        return state === 'degraded' ? become('ready', nowMs) : undefined;
      case 'retry':
        if (opening !== undefined || !['reconnecting', 'needs-auth', 'failed'].includes(state)) return;
        become('reconnecting', nowMs);
        return open();
      case 'restart':
        if (state === 'idle') return;
        dropAll();
        failures = 0;
        failure = undefined;
        become('connecting', nowMs);
        return open();
      case 'stop':
        dropAll();
        return become('stopped', nowMs);
    }
  }

  function tick(nowMs: number): void {
    if (opening !== undefined) return;
    if (nextTryAtMs !== undefined && nextTryAtMs <= nowMs) open();
    else if (renewAtMs !== undefined && renewAtMs <= nowMs && current !== undefined) {
      renewAtMs = undefined;
      open();
    }
  }

  return {
    get view() {
      return {
        state,
        sinceMs,
        connects,
        ...(failure === undefined ? {} : { failure }),
        ...(nextTryAtMs === undefined ? {} : { nextTryAtMs }),
      };
    },
    get wakeAtMs() {
      return opening === undefined ? (nextTryAtMs ?? renewAtMs) : undefined;
    },
    feed,
    tick,
    take() {
      const taken = wishes;
      wishes = [];
      return taken;
    },
  };
}

const CLOSED: LinkFailure = {
  cause: 'closed',
  message: 'The link was closed by the far end.',
  hint: 'It is made anew by itself.',
  permanent: false,
};
