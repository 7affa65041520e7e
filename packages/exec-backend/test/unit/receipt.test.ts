import { beforeEach, describe, expect, test } from '@jest/globals';
import type { ExecutionRecord } from '@hawser/exec-client/contract';
import { createSigner, createSigningKey, type Envelope, verifyChain, verifyReceipt } from '@hawser/receipts';
import { findReceipt, issueReceipt, receiptPartition, type ReceiptPorts } from '../../src/core/receipt.js';
import type { Row, Store } from '../../src/index.js';
import { createMemoryStore } from '../../src/stores/memory.js';
import { createHandClock } from '../support/memory-ports.js';

const signer = createSigner(createSigningKey());
const publicKeys = [signer.publicKey];
const idOf = (count: number): string => `exec_20260101000000_${String(count).padStart(10, 'a')}`;

/** A record with everything in it that there is. */
function recordOf(id: string, more: Partial<ExecutionRecord> = {}): ExecutionRecord {
  return {
    execution_id: id,
    status: 'failed',
    phase: 'failed',
    version: 9,
    attempt: 2,
    command: 'terraform apply',
    env: { TF_VAR_b: 'value-of-b', TF_VAR_a: 'value-of-a' },
    secrets: { TOKEN: 'deploy/token' },
    timeout_seconds: 60,
    grace_seconds: 5,
    workdir: 'live',
    labels: { team: 'core' },
    created_at: '2026-01-01T00:00:00.000Z',
    queued_at: '2026-01-01T00:00:01.000Z',
    provisioned_at: '2026-01-01T00:00:02.000Z',
    prepared_at: '2026-01-01T00:00:03.000Z',
    started_at: '2026-01-01T00:00:04.000Z',
    finished_at: '2026-01-01T00:00:05.000Z',
    exit_code: 7,
    reason_code: 'exit_nonzero',
    reason: 'The command ended with 7.',
    created_by: { key_id: 'a'.repeat(16), name: 'ada' },
    source: { cli: '0.1.0', host: 'laptop' },
    repo: { url: 'https://ada:planted-password@git.example/infra.git', ref: 'main', commit: 'c'.repeat(40) },
    image: { ref: 'hashicorp/terraform:1.6', digest: `sha256:${'d'.repeat(64)}` },
    backend: { kind: 'aws', isolation: 'fargate', note: 'not part of the claim' },
    task: { arn: 'arn:aws:ecs:eu-west-1:1:task/c/t', logs: ['exec/runner/t'] },
    lock: { name: 'prod', policy: 'wait', fence: 12 },
    cost_usd: 0.0004,
    log: { lines: 3, bytes: 30, sha256: 'e'.repeat(64), complete: true },
    ...more,
  };
}

describe('the receipt of an execution', () => {
  let store: Store;
  let ports: ReceiptPorts;
  beforeEach(() => {
    store = createMemoryStore();
    ports = { store, signer, clock: createHandClock(), version: '1.2.3' };
  });

  const chain = async (): Promise<Envelope[]> =>
    (await store.list<Envelope>(receiptPartition, { limit: 1000 })).map((row: Row<Envelope>) => row.data);

  test('says who, what, where, when and how it ended, with names of variables and secrets and no value', async () => {
    const envelope = await issueReceipt(ports, recordOf(idOf(1)));
    const { ok, claim } = verifyReceipt(envelope, { publicKeys, logSha256: 'e'.repeat(64) });
    expect(ok).toBe(true);
    expect(claim).toEqual({
      kind: 'hawser.execution/1',
      subject: idOf(1),
      issuer: `hawser 1.2.3, aws, key ${signer.keyId}`,
      issued_at: '2026-01-01T00:00:00.000Z',
      number: 1,
      body: {
        who: { key_id: 'a'.repeat(16), name: 'ada' },
        source: { cli: '0.1.0', host: 'laptop' },
        command: 'terraform apply',
        workdir: 'live',
        repo: { url: 'https://git.example/infra.git', ref: 'main', commit: 'c'.repeat(40) },
        image: { ref: 'hashicorp/terraform:1.6', digest: `sha256:${'d'.repeat(64)}` },
        env: ['TF_VAR_a', 'TF_VAR_b'],
        secrets: { TOKEN: 'deploy/token' },
        labels: { team: 'core' },
        lock: { name: 'prod', fence: 12 },
        backend: { kind: 'aws', isolation: 'fargate' },
        task: { arn: 'arn:aws:ecs:eu-west-1:1:task/c/t' },
        attempt: 2,
        timeout_seconds: 60,
        times: {
          created_at: '2026-01-01T00:00:00.000Z',
          queued_at: '2026-01-01T00:00:01.000Z',
          provisioned_at: '2026-01-01T00:00:02.000Z',
          prepared_at: '2026-01-01T00:00:03.000Z',
          started_at: '2026-01-01T00:00:04.000Z',
          finished_at: '2026-01-01T00:00:05.000Z',
        },
        outcome: {
          phase: 'failed',
          exit_code: 7,
          reason_code: 'exit_nonzero',
          reason: 'The command ended with 7.',
        },
        cost_usd: 0.0004,
        log: { lines: 3, bytes: 30, sha256: 'e'.repeat(64), complete: true },
      },
    });
    expect(Buffer.from(envelope.payload, 'base64').toString()).not.toMatch(/value-of|planted-password/);
  });

  test('states the tree where uncommitted work ran, and an exact argument list', async () => {
    const { command, ...rest } = recordOf(idOf(1));
    const repo = { url: 'git@git.example:infra.git', tree: 'f'.repeat(40), dirty: true };
    const envelope = await issueReceipt(ports, { ...rest, argv: [command ?? '', '$(id)'], repo });
    expect(verifyReceipt(envelope, { publicKeys }).claim?.body).toMatchObject({
      argv: ['terraform apply', '$(id)'],
      repo,
    });
    const bare: ExecutionRecord = {
      execution_id: idOf(2),
      status: 'failed',
      phase: 'error',
      version: 1,
      attempt: 1,
      timeout_seconds: 1,
      grace_seconds: 1,
      created_at: '2026-01-01T00:00:00.000Z',
      created_by: {},
      backend: { kind: 'local' },
      repo: { url: 'ssh://git@git.example/infra.git' },
    };
    const body = verifyReceipt(await issueReceipt(ports, bare), { publicKeys }).claim?.body;
    expect(body).toMatchObject({
      env: [],
      repo: { url: 'ssh://git@git.example/infra.git' },
      outcome: { phase: 'error' },
    });
    expect(body).not.toHaveProperty('log');
  });

  test('is signed though a reason was cut in the middle of a character', async () => {
    const cut = recordOf(idOf(1), { reason: 'no room \uD83D', labels: { '\uDE00': 'a\uDE00\uD83Db' } });
    const { ok, claim } = verifyReceipt(await issueReceipt(ports, cut), { publicKeys });
    expect(ok).toBe(true);
    expect(claim?.body).toMatchObject({
      outcome: { reason: 'no room \uFFFD' },
      labels: { '\uFFFD': 'a\uFFFD\uFFFDb' },
    });
  });

  test('is one for each execution, however often it is asked for', async () => {
    expect(await findReceipt(store, idOf(1))).toBeUndefined();
    const first = await issueReceipt(ports, recordOf(idOf(1)));
    await issueReceipt(ports, recordOf(idOf(2)));
    expect(await issueReceipt(ports, recordOf(idOf(1), { exit_code: 0 }))).toEqual(first);
    expect(await findReceipt(store, idOf(1))).toEqual(first);
    expect(await chain()).toHaveLength(2);
  });

  test('is in one unbroken chain, also when all are signed at once and each by several', async () => {
    const asked = Array.from({ length: 60 }, async (_, count) => await issueReceipt(ports, recordOf(idOf(count % 20))));
    const made = await Promise.all(asked);
    const all = await chain();
    expect(all).toHaveLength(20);
    expect(verifyChain(all, { publicKeys })).toMatchObject({ ok: true, flaws: [] });
    for (const [count, envelope] of made.entries())
      expect(envelope).toEqual(await findReceipt(store, idOf(count % 20)));
  });

  test('is neither lost nor doubled when a crash comes at any write', async () => {
    for (let fatal = 1; fatal <= 4; fatal += 1) {
      for (const isWritten of [false, true]) {
        const memory = createMemoryStore();
        let writes = 0;
        const mortal: Store = {
          ...memory,
          put: async (row, expected) => {
            writes += 1;
            if (writes !== fatal) return await memory.put(row, expected);
            if (isWritten) await memory.put(row, expected);
            throw new Error('crash');
          },
        };
        const dying = { ...ports, store: mortal };
        const ends = await Promise.allSettled(
          [1, 2].map(async (count) => await issueReceipt(dying, recordOf(idOf(count)))),
        );
        expect(ends.map(({ status }) => status).toSorted((a, b) => a.localeCompare(b))).toEqual([
          'fulfilled',
          'rejected',
        ]);
        // The next process does what is left, in the other order.
        store = memory;
        for (const count of [2, 1, 3]) await issueReceipt({ ...ports, store }, recordOf(idOf(count)));
        const all = await chain();
        expect({ fatal, isWritten, length: all.length }).toEqual({ fatal, isWritten, length: 3 });
        expect(verifyChain(all, { publicKeys })).toMatchObject({ ok: true });
      }
    }
  });
});
