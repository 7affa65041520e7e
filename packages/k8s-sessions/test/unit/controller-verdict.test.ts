import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { exitReasons } from '../../src/protocol/index.js';
import type { ExitRecord } from '../../src/protocol/index.js';
import { verdictOf } from '../../src/controller/verdict.js';
import { podFact } from '../support/controller-world.js';

const kubeletReasons = ['OOMKilled', 'Evicted', 'DeadlineExceeded', 'NodeLost', 'Error', 'Completed', null] as const;
const named = { OOMKilled: 'oom', Evicted: 'evicted', DeadlineExceeded: 'deadline', NodeLost: 'node_lost' } as const;

const records = fc.record({
  reason: fc.constantFrom(...exitReasons),
  code: fc.option(fc.constantFrom(0, 1, 5, 137, 143, 255)),
  signal: fc.option(fc.constantFrom('SIGKILL', 'SIGTERM', 'SIGSEGV')),
  offset: fc.nat(),
  digest: fc.constant(null),
});
const facts = fc
  .record({
    phase: fc.constantFrom('pending', 'running', 'succeeded', 'failed', 'gone'),
    reason: fc.constantFrom(...kubeletReasons),
    exitCode: fc.option(fc.nat(255)),
  })
  .map(({ phase, reason, exitCode }) =>
    podFact({
      session: 's',
      phase,
      terminated: phase === 'pending' || phase === 'running' ? null : { exitCode, signal: null, reason, message: null },
    }),
  );

describe('the verdict on how a session ended', () => {
  test('keeps code and signal of the record under every combination with what the cluster says', () => {
    fc.assert(
      fc.property(records, fc.option(facts, { nil: undefined }), (record: ExitRecord, fact) => {
        const verdict = verdictOf({ record, fact, head: 7, stopReason: null });
        expect({ ...verdict, reason: null }).toEqual({ ...record, reason: null });
        const isFromOutside =
          (record.reason === 'signal' && (record.signal === 'SIGKILL' || record.signal === 'SIGTERM')) ||
          (record.reason === 'nonzero' && (record.code === 137 || record.code === 143));
        const said = named[fact?.terminated?.reason as keyof typeof named] as string | undefined;
        expect(verdict?.reason).toBe(isFromOutside && said !== undefined ? said : record.reason);
      }),
    );
  });

  test('claims no exit code where no record came, and says nothing while the pod may still run', () => {
    fc.assert(
      fc.property(
        fc.option(facts, { nil: undefined }),
        fc.constantFrom(null, 'cancelled', 'idle'),
        (fact, stopReason) => {
          const verdict = verdictOf({ record: null, fact, head: 7, stopReason });
          if (!fact || fact.phase === 'pending' || fact.phase === 'running') return expect(verdict).toBeUndefined();
          const said = named[fact.terminated?.reason as keyof typeof named] as string | undefined;
          expect(verdict).toMatchObject({ code: null, digest: null, offset: 7, reason: said ?? stopReason ?? 'lost' });
          expect(verdict?.signal).toBe(said === 'oom' ? 'SIGKILL' : null);
        },
      ),
    );
  });
});
