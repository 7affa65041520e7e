import { readExitRecord } from '../../protocol/records.js';
import { isOver } from '../../protocol/states.js';
import type { ExitRecord } from '../../protocol/types.js';
import type { KeyboardTurn } from '../../runner/control-types.js';
import type { SessionPatch } from '../../store/types.js';
import { readObject } from '../body.js';
import { endSession, liveStates } from '../lifecycle.js';
import { Problem } from '../problem.js';
import { isEndFromOutside, isPodOver, verdictOf } from '../verdict.js';
import type { RunnerCall } from './runner-call.js';
import { demandClaim } from './progress.js';

/**
 * `POST exit`: keeps how the command ended. The first end that is kept stays; the same one again is no error. Where the
 * record may be half of the truth (a SIGKILL whose sender only the kubelet knows) it is kept, and the session drains
 * until the cluster has spoken or had its time.
 */
export async function takeExit(call: RunnerCall): Promise<Response> {
  demandClaim(call);
  const { service, row, epoch } = call;
  const body = await readObject(call.request);
  const record = recordOf(body);
  if (row.exit && sameRecord(row.exit, record)) return new Response(null, { status: 204 });
  if (row.exit || isOver(row.state)) {
    const data = { reason: record.reason, code: record.code, signal: record.signal };
    await service.store.addEvent(row.id, service.nowMs(), { actor: 'runner', kind: 'late-exit', data });
    throw new Problem('attempt_over', `Session ${row.id} has ended with ${row.reason ?? row.exit?.reason} already.`);
  }
  const { fact } = service.facts.of(row.id);
  const ownFact = fact?.attempt === row.attempt ? fact : undefined;
  // A short command is over before its first sign of life told how much it wrote.
  const stored = await service.store.logInfo(row.id);
  const patch: SessionPatch = {
    logLines: Math.max(row.logLines, stored?.lines ?? 0),
    keyboard: keyboardOf(body['keyboard']),
    logChain: typeof body['chain'] === 'string' ? body['chain'] : null,
    ...(Number.isSafeInteger(body['startedAtMs']) && row.startedAt === null && { startedAt: service.nowMs() }),
  };
  const mustSettle = isEndFromOutside(record) && !isPodOver(ownFact) && service.ports.cluster.kind === 'kubernetes';
  const kept = mustSettle
    ? await service.store.updateSession(
        row.id,
        { from: liveStates, attempt: row.attempt, runnerEpoch: epoch },
        {
          ...patch,
          state: 'draining',
          exit: record,
          exitedAt: service.nowMs(),
          logHead: Math.max(row.logHead, record.offset),
        },
      )
    : await endSession(
        service,
        row,
        verdictOf({ record, fact: ownFact, head: record.offset, stopReason: null }) ?? record,
        { actor: 'runner', why: 'the runner said so', patch },
      );
  if (!kept) throw new Problem('attempt_over', `Session ${row.id} is over.`);
  service.touch(row.id);
  return new Response(null, { status: 204 });
}

function recordOf(body: Readonly<Record<string, unknown>>): ExitRecord {
  try {
    return readExitRecord(body);
  } catch (error) {
    throw new Problem('invalid_request', `This is no exit record: ${(error as Error).message}`, { cause: error });
  }
}

/** The reason may have been made more exact since. */
function sameRecord(kept: ExitRecord, record: ExitRecord): boolean {
  return (
    kept.code === record.code &&
    kept.signal === record.signal &&
    kept.offset === record.offset &&
    kept.digest === record.digest
  );
}

function keyboardOf(value: unknown): readonly KeyboardTurn[] {
  const turns = Array.isArray(value) ? (value as readonly Partial<KeyboardTurn>[]).slice(0, 10_000) : [];
  return turns.map(({ viewer, fromMs, toMs, bytes, sha256 }) => {
    const isGood = [fromMs, toMs, bytes].every((number) => Number.isSafeInteger(number));
    if (!isGood || typeof viewer !== 'string' || typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) {
      throw new Problem('invalid_request', 'keyboard holds a turn that cannot be read.');
    }
    return { viewer, fromMs: Number(fromMs), toMs: Number(toMs), bytes: Number(bytes), sha256 };
  });
}
