import { digestOf } from '@hawser/receipts';
import type { Envelope, Json, ReceiptClaim } from '@hawser/receipts';
import type { ExecutionRecord } from '@hawser/exec-client/contract';
import type { Clock, ReceiptSigner, Store } from '../ports.js';
import { compact } from './execution.js';

/** Kind and version of what is claimed of an execution. */
export const executionKind = 'hawser.execution/1';

/** The chain: envelopes by their number, twelve digits, in one partition for the whole service. */
export const receiptPartition = 'RECEIPT';

/** Which number an execution's receipt has, or was about to get when a crash came between. */
const placePartition = 'RECEIPTOF';

/** What the service leans on for receipts. */
export interface ReceiptPorts {
  readonly store: Store;
  readonly signer: ReceiptSigner;
  readonly clock: Clock;
  /** Of our package: part of the issuer. */
  readonly version: string;
}

/** The receipt of an execution, where there is one. */
export async function findReceipt(store: Store, executionId: string): Promise<Envelope | undefined> {
  const place = await store.get<{ readonly number: number }>(placePartition, executionId);
  return place && (await receiptAt(store, place.data.number, executionId));
}

/**
 * Signs what became of an execution that ended, and puts it at the end of the chain. Every execution has one receipt,
 * however often and from wherever this is called: who comes again gets the one that is there. There are no transactions,
 * so the number is written down first; whoever finds the number taken by another execution takes the next.
 */
export async function issueReceipt(ports: ReceiptPorts, record: ExecutionRecord): Promise<Envelope> {
  const { store } = ports;
  const id = record.execution_id;
  for (;;) {
    const place = await store.get<{ readonly number: number }>(placePartition, id);
    const there = place && (await receiptAt(store, place.data.number, id));
    if (there) return there;
    const previous = await lastReceipt(store);
    const number = (previous?.number ?? 0) + 1;
    const data = { number };
    if ((await store.put({ partition: placePartition, key: id, data }, place?.version ?? 0)) === undefined) continue;
    const envelope = await ports.signer.sign(claimOf(record, ports, number, previous?.envelope));
    if ((await store.put({ partition: receiptPartition, key: keyOf(number), data: envelope }, 0)) !== undefined) {
      return envelope;
    }
  }
}

/** What is claimed of an execution: names of variables and secrets, never a value. */
export function claimOf(
  record: ExecutionRecord,
  { signer, clock, version }: Pick<ReceiptPorts, 'signer' | 'clock' | 'version'>,
  number: number,
  previous: Envelope | undefined,
): ReceiptClaim {
  const { backend, repo, task, lock } = record;
  const body = {
    who: { ...record.created_by },
    source: record.source && { ...record.source },
    command: record.command,
    argv: record.argv,
    workdir: record.workdir,
    repo: repo && { ...repo, url: withoutPassword(repo.url) },
    image: record.image && { ...record.image },
    env: Object.keys(record.env ?? {}).toSorted(),
    secrets: record.secrets && { ...record.secrets },
    labels: record.labels && { ...record.labels },
    lock: lock && compact({ name: lock.name, fence: lock.fence }),
    backend: compact({ kind: backend.kind, isolation: backend.isolation }),
    task: task && compact({ arn: task.arn, definition: task.definition }),
    attempt: record.attempt,
    timeout_seconds: record.timeout_seconds,
    times: compact({
      created_at: record.created_at,
      queued_at: record.queued_at,
      provisioned_at: record.provisioned_at,
      prepared_at: record.prepared_at,
      started_at: record.started_at,
      finished_at: record.finished_at,
    }),
    outcome: compact({
      phase: record.phase,
      exit_code: record.exit_code,
      signal: record.signal,
      reason_code: record.reason_code,
      reason: record.reason,
      cancel_requested: record.cancel_requested,
      cancel_reason: record.cancel_reason,
    }),
    cost_usd: record.cost_usd,
    log: record.log && { ...record.log },
  } satisfies { readonly [key: string]: Json | undefined };
  return {
    kind: executionKind,
    subject: record.execution_id,
    issuer: `hawser ${version}, ${backend.kind}, key ${signer.keyId}`,
    issued_at: new Date(clock.nowMs()).toISOString(),
    body: wellFormed(body),
    number,
    ...(previous && { previous: { sha256: digestOf(previous), number: number - 1 } }),
  };
}

/**
 * The same with U+FFFD for halves of surrogate pairs, which canonical JSON has no form for: a reason that was cut in the
 * middle of a character must not be why a run has no receipt.
 */
function wellFormed(value: { readonly [key: string]: Json | undefined }): { readonly [key: string]: Json } {
  const whole = (text: string): string => text.replaceAll(/\p{Surrogate}/gu, '\u{FFFD}');
  const text = JSON.stringify(value, (_key, field: unknown) => {
    if (typeof field === 'string') return whole(field);
    if (typeof field !== 'object' || field === null || Array.isArray(field)) return field;
    return Object.fromEntries(Object.entries(field).map(([name, item]) => [whole(name), item]));
  });
  return JSON.parse(text) as { readonly [key: string]: Json };
}

/** The envelope with this number, if it is about this execution. */
async function receiptAt(store: Store, number: number, executionId: string): Promise<Envelope | undefined> {
  const row = await store.get<Envelope>(receiptPartition, keyOf(number));
  return row && subjectOf(row.data) === executionId ? row.data : undefined;
}

async function lastReceipt(
  store: Store,
): Promise<{ readonly number: number; readonly envelope: Envelope } | undefined> {
  const [row] = await store.list<Envelope>(receiptPartition, { limit: 1, backwards: true });
  return row && { number: Number(row.key), envelope: row.data };
}

function subjectOf(envelope: Envelope): string {
  return (JSON.parse(Buffer.from(envelope.payload, 'base64').toString()) as ReceiptClaim).subject;
}

function keyOf(number: number): string {
  return String(number).padStart(12, '0');
}

/** An address without what stands before its `@`; what is no URL (`git@host:path`) holds no password. */
function withoutPassword(url: string): string {
  if (!URL.canParse(url)) return url;
  const parsed = new URL(url);
  if (parsed.password === '' && (parsed.username === '' || parsed.protocol === 'ssh:')) return url;
  parsed.username = '';
  parsed.password = '';
  return parsed.href;
}
