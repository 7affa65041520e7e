import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openLogWriter } from '../log/index.js';
import type { Assignment, RunnerControl, RunnerExit, RunnerSelf } from './control-types.js';
import { Hub } from './hub.js';
import { createOutbox } from './outbox.js';
import { isRefused, untilDone } from './retry.js';
import type { RunnerOptions } from './run-options.js';
import { serveRunner } from './serve.js';
import { loadTerminals } from './terminal.js';
import { watchClock } from './watch-clock.js';
import { commandText, exitStatus, startWork, type StopReason, type Work } from './work.js';

/** A controller that answers a beat at once is not asked more often than this. */
const beatEveryMs = 1000;
/** Between two looks whether every viewer has heard the end. */
const lingerStepMs = 20;

/**
 * Runs one session from its assignment to its end, and resolves with the status the process should end with: that of the
 * command, 128 + n for signal n, 125 when it never ran, 0 when there was no work. Owns nothing outside `folder`; installs no
 * signal handlers; whatever the controller does, the command goes on.
 *
 * @throws Error when the port cannot be had, or the folder cannot be written at the start.
 */
export async function runRunner(options: RunnerOptions): Promise<number> {
  const { control, session, secret, host, port, nowMs = Date.now } = options;
  const epoch = randomBytes(16).toString('hex');
  const over = new AbortController();
  let current: { readonly hub: Hub; readonly work: Work } | undefined;
  let begin: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const server = await serveRunner({
    begun,
    session,
    epoch,
    secret,
    host,
    port,
    nowMs,
    hub: () => current?.hub,
    folder: () => current?.work.folder,
  });
  try {
    options.onListening?.(server.address);
    const self: RunnerSelf = {
      epoch,
      address: options.address ?? server.address.host,
      port: server.address.port,
      ...(options.podName === undefined ? {} : { podName: options.podName }),
      ...(options.podUid === undefined ? {} : { podUid: options.podUid }),
    };
    const abandoned = new AbortController();
    const stopWatching = options.watchAbandoned?.(() => abandoned.abort());
    const working = work(control, self, AbortSignal.any([options.terminate ?? over.signal, abandoned.signal]));
    // While the assignment is awaited. Where it cannot be loaded, opening a terminal says so.
    void loadTerminals().catch(() => undefined);
    const assignment = await working.finally(() => stopWatching?.());
    if (!assignment) return 0;
    return await runSession(assignment, options, epoch, over, (started) => {
      current = started;
      begin();
    });
  } finally {
    over.abort();
    await server.close();
    current?.hub.close();
  }
}

/** Gets the assignment, and the right to run it: undefined when there is none, or another runner has it. */
async function work(control: RunnerControl, self: RunnerSelf, signal: AbortSignal): Promise<Assignment | undefined> {
  try {
    const assignment = await untilDone(async () => control.assignment(self, { signal }), signal);
    if (!assignment) return undefined;
    return (await untilDone(async () => control.claim(self.epoch), signal)) ? assignment : undefined;
  } catch (error) {
    if (signal.aborted || isRefused(error)) return undefined;
    throw error;
  }
}

async function runSession(
  assignment: Assignment,
  options: RunnerOptions,
  epoch: string,
  over: AbortController,
  onStarted: (started: { readonly hub: Hub; readonly work: Work }) => void,
): Promise<number> {
  const { control, nowMs = Date.now, graceMs = 10_000, terminate, keepTryingMs = 600_000 } = options;
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  let stop: (reason: StopReason, graceMs: number) => void = () => undefined;
  let tell: Hub['note'] = () => undefined;
  const gaveUp = new AbortController();
  const outbox = createOutbox({
    control,
    source: () => log.source,
    signal: gaveUp.signal,
    onRefused: () => stop('lost', graceMs),
  });
  const log = await openLogWriter({
    folder: join(options.folder, 'log'),
    epoch,
    size: assignment.size,
    capBytes: assignment.logCapBytes,
    guaranteedLines: assignment.guaranteedLines,
    nowMs,
    onSegment: (segment) => outbox.segment(segment),
    onKeyframe: (keyframe) => outbox.keyframe(keyframe),
    onTrouble: ({ kind, message }) => tell(kind === 'over' ? 'info' : 'warning', `log_${kind}`, message),
  });
  const hub = new Hub({
    session: assignment.session,
    epoch,
    command: commandText(assignment),
    sizeMode: assignment.sizeMode,
    log,
    nowMs,
  });
  tell = hub.note.bind(hub);
  const running = startWork({
    assignment,
    hub,
    folder: options.folder,
    env: options.env,
    leftBehindMs: options.leftBehindMs ?? 2000,
    fetchers: options.fetchers,
    onPhase: (phase) => outbox.phase(phase),
  });
  stop = (reason, withinMs) => running.stop(reason, withinMs);
  onStarted({ hub, work: running });
  const terminated = (): void => running.stop(options.terminateReason ?? 'cancelled', graceMs);
  terminate?.addEventListener('abort', terminated, { once: true });
  if (terminate?.aborted) terminated();
  const clock = watchClock({
    hub,
    deadlineMs: assignment.deadlineMs,
    idleMs: assignment.idleMs,
    cutEveryMs: options.cutEveryMs ?? 10_000,
    onStop: (reason) => running.stop(reason, graceMs),
  });
  const beats = keepBeating({ control, hub, signal: over.signal, onStop: stop, graceMs });

  const end = await running.ended;
  clock.close();
  hub.phase('draining', null);
  outbox.phase({ state: 'draining', detail: null });
  const { offset, digest, chain, segments } = await log.close();
  const exit: RunnerExit = {
    ...end,
    offset,
    digest,
    chain,
    segments,
    startedAtMs: hub.startedAtMs,
    exitedAtMs: nowMs(),
    keyboard: hub.turns,
  };
  hub.finish({ ...end, offset, digest });

  const abandoned = new AbortController();
  const stopWatching = options.watchAbandoned?.(() => {
    abandoned.abort();
    gaveUp.abort();
  });
  const giveUp = setTimeout(() => gaveUp.abort(), keepTryingMs);
  await outbox.flushed();
  await untilDone(async () => control.exit(exit), gaveUp.signal).catch(() => undefined);
  clearTimeout(giveUp);
  if (!assignment.exitOnJob) await aborted(AbortSignal.any([...(terminate ? [terminate] : []), abandoned.signal]));
  stopWatching?.();
  await linger(hub, options.lingerMs ?? 5000);
  over.abort();
  await beats;
  return exitStatus(end);
}

/** Tells the controller that the runner lives, and hears what it wishes. */
async function keepBeating(options: {
  readonly control: RunnerControl;
  readonly hub: Hub;
  readonly signal: AbortSignal;
  readonly onStop: (reason: StopReason, graceMs: number) => void;
  readonly graceMs: number;
}): Promise<void> {
  const { control, hub, signal, onStop, graceMs } = options;
  let seen = 0;
  try {
    for (;;) {
      const askedAtMs = performance.now();
      const wishes = await untilDone(async () => {
        const { state, viewers, log } = hub;
        const idleMs = viewers > 0 ? 0 : Math.max(0, hub.nowMs() - hub.activeAtMs);
        return control.beat({ state, head: log.head, lines: log.lines, viewers, idleMs, seen }, { signal });
      }, signal);
      const isNew = wishes.seen !== seen;
      ({ seen } = wishes);
      if (wishes.stop) onStop(wishes.stop.reason, wishes.stop.graceMs);
      if (wishes.revoked) hub.dismiss(4003, 'this link was revoked', wishes.revoked);
      const leftMs = askedAtMs + beatEveryMs - performance.now();
      if (!isNew && leftMs > 0) await delay(leftMs, undefined, { signal });
    }
  } catch (error) {
    if (signal.aborted) return;
    if (!isRefused(error)) throw error;
    // The service has given this attempt up: whatever it does now would be nobody's.
    if (!hub.exit) onStop('lost', graceMs);
  }
}

/** Lets viewers hear the end, but not for ever. */
async function linger(hub: Hub, lingerMs: number): Promise<void> {
  const untilMs = performance.now() + lingerMs;
  while (!hub.allTold && performance.now() < untilMs) await delay(lingerStepMs);
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
