import { createHash, randomUUID } from 'node:crypto';
import { checkSource } from '../../fetch/index.js';
import type { CreatedSession } from '../../protocol/types.js';
import type { SessionRow } from '../../store/types.js';
import { readObject } from '../body.js';
import { readCreateRequest } from '../create-request.js';
import type { WantedSession } from '../create-request.js';
import { liveStates } from '../lifecycle.js';
import { Problem } from '../problem.js';
import type { Service } from '../service.js';
import { takeFromRate } from '../rate-limit.js';
import { viewOf } from '../session-view.js';
import { waitFor } from '../wait.js';
import { json } from './context.js';
import type { KeyContext } from './context.js';

/** `POST /api/sessions`: the row first, and the answer; whatever runs comes after. */
export async function createSession(context: KeyContext): Promise<Response> {
  const { service, request, principal, client, rates } = context;
  const idempotencyKey = keyOf(request);
  const body = await readObject(request);
  const wanted = readCreateRequest(body, service.settings);
  // For a quick answer; the runner's fetcher enforces it.
  if (wanted.source) checkSource(wanted.source.url, service.settings.sourceRules);
  demandCluster(context);
  const rateHeaders = await takeFromRate(service, rates, principal, client.bucket);
  await demandArchiveRoom(context);
  const outcome = await withinQuota(context, () => insert(context, wanted, idempotencyKey, hashOf(body)));
  if (outcome.isNew) service.metrics.created.inc();
  service.touch(outcome.row.id);
  const row = wanted.wait ? await waitFor(service, outcome.row, wanted.wait, context.signal) : outcome.row;
  const created = await withLink(context, row);
  return json(created, 201, { location: created.links.self, etag: `"${row.version}"`, ...rateHeaders });
}

async function insert(
  { service, principal, client }: KeyContext,
  wanted: WantedSession,
  idempotencyKey: string | undefined,
  requestHash: string,
): Promise<{ readonly row: SessionRow; readonly isNew: boolean }> {
  const nowMs = service.nowMs();
  const warm = wanted.egress === service.settings.egress ? service.takeWarm() : undefined;
  const row = newRow(service, wanted, { id: warm?.id ?? randomUUID(), owner: principal.keyId, nowMs });
  const session: SessionRow = warm
    ? { ...row, state: 'starting', jobName: warm.jobName, deadlineAt: nowMs + service.settings.startTimeoutMs }
    : row;
  const result = await service.store.createSession({
    session,
    payload: service.sealer.seal(row.id, { prompt: wanted.prompt, env: wanted.env }),
    payloadExpiresAt: nowMs + wanted.deadlineMs + service.settings.maxDeadlineMs,
    event: { actor: principal.keyId, kind: 'created', data: { address: client.bucket, warm: warm !== undefined } },
    ...(idempotencyKey !== undefined && {
      idempotency: { key: idempotencyKey, requestHash, expiresAt: nowMs + service.settings.idempotencyMs },
    }),
  });
  if (result.outcome === 'created') return { row: session, isNew: true };
  if (warm) service.giveBackWarm(warm);
  if (result.outcome === 'existing') return { row: result.session, isNew: false };
  throw new Problem('idempotency_mismatch', 'This Idempotency-Key was sent with another request before.', {
    hint: 'Use a new key for every new request, and the same one only to repeat a request.',
  });
}

function newRow(
  { sealer, replica }: KeyContext['service'],
  wanted: WantedSession,
  { id, owner, nowMs }: { readonly id: string; readonly owner: string; readonly nowMs: number },
): SessionRow {
  const { hash, dialKey } = sealer.secrets(id, 1);
  return {
    id,
    owner,
    state: 'requested',
    reason: null,
    detail: null,
    exit: null,
    command: wanted.command,
    argv: wanted.argv,
    source: wanted.source,
    sourceRevision: null,
    installCommand: wanted.installCommand,
    labels: wanted.labels,
    size: wanted.size,
    sizeMode: wanted.sizeMode,
    egress: wanted.egress,
    exitOnJob: wanted.exitOnJob,
    deadlineMs: wanted.deadlineMs,
    idleMs: wanted.idleMs,
    attempt: 1,
    runnerEpoch: null,
    runnerSecretHash: hash,
    dialKey,
    jobName: null,
    podName: null,
    podUid: null,
    address: null,
    port: null,
    image: null,
    stopRequested: null,
    logHead: 0,
    logLines: 0,
    logChain: null,
    viewers: 0,
    keyboard: [],
    receipt: null,
    createdAt: nowMs,
    startedAt: null,
    exitedAt: null,
    deadlineAt: null,
    retainUntil: null,
    beatAt: null,
    leaseOwner: replica,
    leaseUntil: nowMs,
    version: 1,
  };
}

/**
 * Creates within the key's quota of sessions that run. Counting and creating are two steps, so whoever has a quota does
 * them one at a time: in line within this replica, and under a lease by name among replicas.
 */
async function withinQuota<Result>(context: KeyContext, create: () => Promise<Result>): Promise<Result> {
  const { service, principal, lines } = context;
  const most = principal.quota.running;
  if (most === undefined) return create();
  const before = lines.get(principal.keyId) ?? Promise.resolve();
  const turn = before.then(() => underLease(service, principal.keyId, () => createIfFewer(context, most, create)));
  const done = turn.then(
    () => undefined,
    () => undefined,
  );
  lines.set(principal.keyId, done);
  void done.then(() => lines.get(principal.keyId) === done && lines.delete(principal.keyId));
  return turn;
}

async function underLease<Result>(service: Service, keyId: string, work: () => Promise<Result>): Promise<Result> {
  const { store, ports } = service;
  const name = `create:${keyId}`;
  const owner = randomUUID();
  for (let tries = 0; !(await store.leaseName(name, owner, service.nowMs(), service.nowMs() + 5000)); tries += 1) {
    if (tries === 100) throw new Problem('busy', 'This key is creating too much at once.', { retryAfter: 1 });
    await ports.clock.wait(20);
  }
  try {
    return await work();
  } finally {
    await store.leaseName(name, owner, service.nowMs(), service.nowMs());
  }
}

async function createIfFewer<Result>(
  { service, principal }: KeyContext,
  most: number,
  create: () => Promise<Result>,
): Promise<Result> {
  if ((await service.store.countSessions({ owner: principal.keyId, states: liveStates })) < most) return create();
  throw new Problem('quota_exceeded', `This key may have ${most} sessions at a time, and has.`, {
    hint: 'Stop one, or wait for one to end.',
    details: { limit: most },
    retryAfter: 10,
  });
}

function demandCluster({ service }: KeyContext): void {
  const { refusals } = service.standing;
  if (refusals.length === 0) return;
  throw new Problem('cluster_unavailable', `No session is taken: ${refusals.join('; ')}.`, {
    hint: 'Whoever runs the service finds the same under /readyz.',
    details: { problems: refusals },
    retryAfter: 30,
  });
}

async function demandArchiveRoom({ service }: KeyContext): Promise<void> {
  const budget = service.settings.archiveBudgetBytes;
  if (budget === null || (await service.store.storedBytes()) < budget) return;
  throw new Problem('quota_exceeded', 'The service keeps as many logs as it may.', {
    hint: 'Whoever runs the service can shorten the retention or raise the budget.',
    details: { limit: budget },
    retryAfter: 60,
  });
}

/** The session, and a link to it that works once. A request that is repeated gets a fresh one. */
async function withLink({ service, principal, base }: KeyContext, row: SessionRow): Promise<CreatedSession> {
  const { token, expiresAt } = await service.ports.tickets.mint({
    session: row.id,
    role: 'control',
    principal: principal.keyId,
    ttlMs: service.settings.ticketTtlMs,
  });
  service.metrics.tickets.inc({ outcome: 'minted' });
  return {
    ...viewOf(row, base),
    wsUrl: `/ws/${row.id}`,
    token,
    terminalUrl: `${base}/ws/${row.id}#t=${token}`,
    ticketExpiresAt: new Date(expiresAt).toISOString(),
  };
}

function keyOf(request: Request): string | undefined {
  const key = request.headers.get('idempotency-key');
  if (key === null) return undefined;
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new Problem('invalid_request', 'Idempotency-Key must be 1 to 255 printable characters.');
}

/** The same for the same fields, in whatever order they came. */
function hashOf(body: Readonly<Record<string, unknown>>): string {
  const sorted = JSON.stringify(body, (_name, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return createHash('sha256').update(sorted).digest('hex');
}
