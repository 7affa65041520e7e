import { Changes } from '../changes.js';
import type { TunnelEvent } from '../status.js';
import { TunnelsError } from '../errors.js';
import type { Conversation } from './conversation.js';
import type { SupervisorClient } from './seam.js';

/** How long an answer may take that waits for nothing, in milliseconds. */
const ANSWER_MS = 10_000;
/** How long closing may take: connections end, links are closed, processes are ended. In milliseconds. */
const CLOSING_MS = 30_000;
/** How far `up` and `wait` wait unless told, in milliseconds. */
const READY_MS = 60_000;

/**
 * A client over a conversation.
 *
 * @param again begins another conversation, for an `up` that met a supervisor about to leave
 */
export function clientOf(first: Conversation, again?: () => Promise<Conversation>): SupervisorClient {
  let conversation = first;

  const client: SupervisorClient = {
    get pid() {
      return conversation.folder.owner.identity.pid;
    },
    status: () => conversation.ask('status', {}, { withinMs: ANSWER_MS }),
    async up(specs, { wait = 'healthy', timeoutMs = READY_MS, onEvent, signal } = {}) {
      for (;;) {
        try {
          const bounds = { withinMs: timeoutMs + CLOSING_MS, onEvent, signal };
          return await conversation.ask('up', { specs, wait, timeoutMs }, bounds);
        } catch (error) {
          if (!again || !isLeaving(error)) throw error;
          conversation.close();
          conversation = await again();
        }
      }
    },
    async down(selector) {
      const { stopped, unknown, leaves } = await conversation.ask('down', { selector }, { withinMs: CLOSING_MS });
      if (leaves) await departure(conversation);
      return { stopped, unknown };
    },
    restart: (selector) => conversation.ask('restart', { selector }, { withinMs: ANSWER_MS }),
    wait: (selector, { until, timeoutMs = READY_MS, signal }) =>
      conversation.ask('wait', { selector, until, timeoutMs }, { withinMs: timeoutMs + ANSWER_MS, signal }),
    events: (options) => follow(conversation, options?.signal),
    close: async () => conversation.close(),
    [Symbol.asyncDispose]: async () => conversation.close(),
  };
  return client;
}

/** Whether the supervisor has gone, or goes, in good order: then it has not done what it was asked. */
function isLeaving(error: unknown): boolean {
  return error instanceof TunnelsError && error.code === 'HAWSER_NET_NOT_RUNNING' && error.details?.['left'] === true;
}

/** Settles when the supervisor, having closed the last tunnel, is gone; one that does not go is ended. */
async function departure(conversation: Conversation): Promise<void> {
  const { endProcess, hasGone } = await import('./end-process.js');
  const { identity } = conversation.folder.owner;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), CLOSING_MS);
  });
  const outcome = await Promise.race([conversation.over, late]);
  clearTimeout(timer);
  if (identity.pid === process.pid) return;
  if (outcome === 'late') await endProcess(identity, 3_000);
  // Its process may go on for other reasons where it was run in the foreground.
  else await hasGone(identity, 2_000);
}

async function* follow(conversation: Conversation, signal: AbortSignal | undefined): AsyncIterable<TunnelEvent> {
  const queue: TunnelEvent[] = [];
  const changes = new Changes();
  let isOver = false;
  const stop = new AbortController();
  const end = (): void => stop.abort();
  signal?.addEventListener('abort', end, { once: true });
  if (signal?.aborted === true) end();
  void conversation
    .ask(
      'events',
      {},
      {
        signal: stop.signal,
        onEvent: (event) => {
          queue.push(event);
          changes.happened();
        },
      },
    )
    // Called off, or the supervisor is gone: either way there are no more.
    .catch(() => null)
    .finally(() => {
      isOver = true;
      changes.happened();
    });
  try {
    for (;;) {
      while (queue.length > 0) yield queue.shift()!;
      if (isOver || stop.signal.aborted) return;
      await changes.next(stop.signal);
    }
  } finally {
    end();
    signal?.removeEventListener('abort', end);
  }
}
