import { unpackKeyframe, unpackSegment } from '../../log/index.js';
import { mayFollow, isOver, sessionEdges, sessionStates } from '../../protocol/states.js';
import type { RunnerWishes } from '../../runner/control-types.js';
import type { SessionRow } from '../../store/types.js';
import { readBytes, readObject } from '../body.js';
import { liveStates } from '../lifecycle.js';
import { Problem } from '../problem.js';
import type { RunnerCall } from './runner-call.js';

const mostPackedBytes = 4 * 1024 * 1024;
/** How long a beat waits for a wish. */
const beatMs = 25_000;

/** @throws Problem `attempt_over` unless the call is of the runner that won the claim. */
export function demandClaim({ row, epoch }: Pick<RunnerCall, 'row' | 'epoch'>): void {
  if (row.runnerEpoch !== null && row.runnerEpoch === epoch) return;
  throw new Problem('attempt_over', 'Another runner has claimed this session, or none has.');
}

/** `POST phase`: forwards only; what was said late or twice changes nothing. */
export async function takePhase(call: RunnerCall): Promise<Response> {
  demandClaim(call);
  const { service, row } = call;
  const { state, detail, revision } = await readObject(call.request);
  const phase = (['fetching', 'installing', 'running', 'draining'] as const).find((one) => one === state);
  if (!phase) throw new Problem('invalid_request', 'state must be fetching, installing, running or draining.');
  const said = typeof detail === 'string' ? detail.slice(0, 1000) : null;
  const facts = { detail: said, ...(typeof revision === 'string' && { sourceRevision: revision.slice(0, 256) }) };
  const guard = { attempt: row.attempt, runnerEpoch: call.epoch };
  if (row.state === phase) {
    await service.store.updateSession(row.id, { ...guard, from: [phase] }, facts);
    return new Response(null, { status: 204 });
  }
  if (isOver(row.state)) throw new Problem('attempt_over', `Session ${row.id} is over.`);
  if (!mayFollow(row.state, phase)) return new Response(null, { status: 204 });
  const nowMs = service.nowMs();
  const moved = await service.store.updateSession(
    row.id,
    { ...guard, from: liveStates.filter((from) => sessionEdges[from].includes(phase)) },
    { ...facts, state: phase, ...(phase === 'running' && { startedAt: nowMs }) },
    { actor: 'runner', kind: phase, data: { detail: said } },
  );
  if (moved) service.metrics.startSeconds.observe({ phase }, (nowMs - row.createdAt) / 1000);
  return new Response(null, { status: 204 });
}

/** `PUT segments/{n}` */
export async function takeSegment(call: RunnerCall): Promise<Response> {
  demandClaim(call);
  const { service, row, rest } = call;
  demandOpen(row);
  const packed = await readBytes(call.request, mostPackedBytes);
  const segment = readable(() => unpackSegment(packed));
  if (segment.head.n !== Number(rest)) throw new Problem('invalid_request', `This is segment ${segment.head.n}.`);
  const outcome = await service.store.putSegment(row.id, segment);
  if (outcome === 'conflict') {
    throw new Problem('attempt_over', `Another segment ${rest} of this session is kept already.`);
  }
  if (outcome === 'stored') service.metrics.segmentBytes.inc(packed.byteLength);
  return new Response(null, { status: 204 });
}

/** `PUT keyframes` */
export async function takeKeyframe(call: RunnerCall): Promise<Response> {
  demandClaim(call);
  const { service, row } = call;
  demandOpen(row);
  const packed = await readBytes(call.request, mostPackedBytes);
  await service.store.putKeyframe(row.id, await readable(() => unpackKeyframe(packed)));
  return new Response(null, { status: 204 });
}

/** `POST beat`: takes a sign of life, and answers when there is a wish that the runner has not seen, or when the time is over. */
export async function takeBeat(call: RunnerCall): Promise<Response> {
  demandClaim(call);
  const { service, row, request } = call;
  const { store } = service;
  const { head, lines, viewers, seen } = await readObject(request);
  const count = (value: unknown): number => (Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : 0);
  const nowMs = service.nowMs();
  if (row.logHead === 0 && count(head) > 0) service.metrics.firstByteSeconds.observe((nowMs - row.createdAt) / 1000);
  const patch = {
    beatAt: nowMs,
    logHead: Math.max(row.logHead, count(head)),
    logLines: Math.max(row.logLines, count(lines)),
    // Told to whoever waits for a change only where it is one.
    ...(row.viewers !== count(viewers) && { viewers: count(viewers) }),
  };
  const guard = { from: sessionStates, attempt: row.attempt, runnerEpoch: call.epoch };
  await store.updateSession(row.id, guard, patch);
  const over = new AbortController();
  const signal = AbortSignal.any([call.signal, over.signal]);
  const timer = setTimeout(() => over.abort(), beatMs);
  try {
    for (;;) {
      // Waiting begins before looking: what changes in between ends the wait.
      const changed = store.changed(row.id, { timeoutMs: beatMs, signal });
      const wishes = wishesOf((await store.session(row.id)) ?? row, await store.revokedViewers(row.id));
      if (wishes.seen > count(seen) || signal.aborted) return Response.json(wishes);
      await changed;
    }
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}

/** All that is wished of a runner. `seen` counts them, and only grows. */
function wishesOf(row: SessionRow, revoked: readonly string[]): RunnerWishes {
  return {
    seen: revoked.length + (row.stopRequested ? 1 : 0),
    ...(row.stopRequested && { stop: row.stopRequested }),
    ...(revoked.length > 0 && { revoked }),
  };
}

/** After the end is kept, nothing more is taken: what the receipt says must stay true. */
function demandOpen(row: SessionRow): void {
  if (row.exit || isOver(row.state)) throw new Problem('attempt_over', `Session ${row.id} is over.`);
}

function readable<Value>(read: () => Value): Value {
  const refuse = (error: unknown): never => {
    throw new Problem('invalid_request', `This cannot be read: ${(error as Error).message}`, { cause: error });
  };
  try {
    const value = read();
    return value instanceof Promise ? (value.catch(refuse) as Value) : value;
  } catch (error) {
    return refuse(error);
  }
}
