import type { Assignment, RunnerSelf } from '../../runner/control-types.js';
import { isOver } from '../../protocol/states.js';
import type { SessionRow } from '../../store/types.js';
import { readObject } from '../body.js';
import { earlyStates } from '../lifecycle.js';
import { Problem } from '../problem.js';
import type { Service } from '../service.js';
import { isSecretOf } from './runner-call.js';
import type { RunnerCall } from './runner-call.js';

/** Below the 30 s of the strictest proxy in use. */
const pollMs = 25_000;
const epochShape = /^[0-9a-f]{32}$/;

/**
 * `POST assignment`: gives a runner its work. One that is there before its session (a warm one) waits; its secret follows
 * from the service's key, so every replica knows it although no row does.
 */
export async function assign(
  service: Service,
  request: Request,
  leaving: AbortSignal,
  asked: { readonly session: string; readonly attempt: number; readonly secret: string },
): Promise<Response> {
  const { session, attempt, secret } = asked;
  const self = readSelf(await readObject(request));
  const waiting = new AbortController();
  const signal = AbortSignal.any([leaving, waiting.signal]);
  const changed = service.store.changed(session, { timeoutMs: pollMs, signal });
  try {
    let row = await service.store.session(session);
    if (!row) {
      if (!isSecretOf(service.sealer.secrets(session, attempt).hash, secret)) {
        throw new Problem('unauthenticated', 'The secret is not that of this attempt.');
      }
      await changed;
      row = await service.store.session(session);
      if (!row) return new Response(null, { status: 202 });
    }
    return await give(service, row, asked, self);
  } finally {
    waiting.abort();
  }
}

async function give(
  service: Service,
  row: SessionRow,
  { attempt, secret }: { readonly attempt: number; readonly secret: string },
  self: RunnerSelf,
): Promise<Response> {
  if (row.attempt > attempt || isOver(row.state)) return new Response(null, { status: 204 });
  if (row.attempt !== attempt || !isSecretOf(row.runnerSecretHash, secret)) {
    throw new Problem('unauthenticated', 'The secret is not that of this attempt.');
  }
  if (row.runnerEpoch !== null && row.runnerEpoch !== self.epoch) return new Response(null, { status: 204 });
  const sealed = await service.store.payload(row.id);
  if (!sealed) return new Response(null, { status: 204 });
  const { prompt, env } = service.sealer.open(row.id, sealed);
  const { settings } = service;
  const principal = await service.store.principal(row.owner);
  const assignment: Assignment = {
    session: row.id,
    attempt,
    command: row.command,
    argv: row.argv,
    prompt,
    promptNames: ['HAWSER_PROMPT', ...settings.promptAliases],
    env,
    source: row.source,
    ...(row.installCommand !== null && { installCommand: row.installCommand }),
    sourceRules: settings.sourceRules,
    size: row.size,
    sizeMode: row.sizeMode,
    deadlineMs: row.deadlineMs,
    idleMs: row.idleMs,
    exitOnJob: row.exitOnJob,
    egress: row.egress,
    logCapBytes: Math.min(settings.logCapBytes, principal?.quota.logBytes ?? Number.POSITIVE_INFINITY),
    guaranteedLines: settings.guaranteedLines,
  };
  return Response.json(assignment);
}

/**
 * `POST claim`: the compare-and-set before anything is executed. The row keeps who won; whoever asks again hears the same.
 * The address comes with it, so that nobody is sent to a runner that did not win.
 */
export async function claim({ service, request, row }: RunnerCall): Promise<Response> {
  const body = await readObject(request);
  const self = readSelf(body);
  const { epoch } = self;
  if (row.runnerEpoch !== null || isOver(row.state)) {
    return Response.json({ won: row.runnerEpoch === epoch && !isOver(row.state) });
  }
  const nowMs = service.nowMs();
  const won = await service.store.updateSession(
    row.id,
    { from: earlyStates, attempt: row.attempt, runnerEpoch: null },
    {
      state: 'starting',
      runnerEpoch: epoch,
      address: self.address,
      port: self.port,
      ...(self.podName !== undefined && { podName: self.podName }),
      ...(self.podUid !== undefined && { podUid: self.podUid }),
      deadlineAt: nowMs + row.deadlineMs,
      beatAt: nowMs,
      detail: null,
    },
    { actor: 'runner', kind: 'claimed', data: { attempt: row.attempt, epoch } },
  );
  if (won) {
    service.metrics.startSeconds.observe({ phase: 'claimed' }, (nowMs - row.createdAt) / 1000);
    return Response.json({ won: true });
  }
  const now = await service.store.session(row.id);
  return Response.json({ won: now !== undefined && now.runnerEpoch === epoch && !isOver(now.state) });
}

function readSelf(body: Readonly<Record<string, unknown>>): RunnerSelf {
  const { epoch, address, port, podName, podUid } = body;
  if (typeof epoch !== 'string' || !epochShape.test(epoch)) {
    throw new Problem('invalid_request', 'epoch must be 32 hexadecimal digits.');
  }
  if (typeof address !== 'string' || address.length > 255 || !Number.isInteger(port)) {
    throw new Problem('invalid_request', 'address and port must say where the runner serves.');
  }
  return {
    epoch,
    address,
    port: Number(port),
    ...(typeof podName === 'string' && { podName }),
    ...(typeof podUid === 'string' && { podUid }),
  };
}
