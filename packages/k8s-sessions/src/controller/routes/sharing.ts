import type { ShareAnswer } from '../../protocol/edge-types.js';
import type { GrantRow } from '../../store/types.js';
import { demand } from '../authenticate.js';
import { readObject } from '../body.js';
import { Problem } from '../problem.js';
import { json, sessionOf } from './context.js';
import type { KeyContext } from './context.js';

/** `POST /api/sessions/{id}/tickets`: one more link that works once. */
export async function mintTicket(context: KeyContext): Promise<Response> {
  const { service, request, principal, base } = context;
  const {
    role = 'view',
    ttl_seconds: ttl = service.settings.ticketTtlMs / 1000,
    ...others
  } = await readObject(request);
  const stranger = Object.keys(others)[0];
  if (stranger !== undefined) throw new Problem('invalid_request', `${stranger} is no field of this request.`);
  if (role !== 'view' && role !== 'control') throw new Problem('invalid_request', 'role must be view or control.');
  if (typeof ttl !== 'number' || !(ttl >= 1 && ttl <= 300)) {
    throw new Problem('invalid_request', 'ttl_seconds must be a number from 1 to 300.');
  }
  if (role === 'control') demand(principal, 'control');
  const row = await sessionOf(context);
  if (row.state === 'expired') throw new Problem('expired', `Session ${row.id} is past its time; its log is gone.`);
  const minted = await service.ports.tickets.mint({
    session: row.id,
    role,
    principal: principal.keyId,
    ttlMs: ttl * 1000,
  });
  service.metrics.tickets.inc({ outcome: 'minted' });
  await service.store.addEvent(row.id, service.nowMs(), {
    actor: principal.keyId,
    kind: 'ticket-minted',
    data: { role, seconds: ttl },
  });
  const answer: ShareAnswer = {
    session: row.id,
    role,
    token: minted.token,
    terminalUrl: `${base}/ws/${row.id}#t=${minted.token}`,
    ticketExpiresAt: new Date(minted.expiresAt).toISOString(),
  };
  return json(answer, 201);
}

/** `GET /api/sessions/{id}/grants`: who may look on, and who was turned away. */
export async function listGrants(context: KeyContext): Promise<Response> {
  const row = await sessionOf(context);
  const nowMs = context.service.nowMs();
  const grants = await context.service.store.listGrants(row.id);
  return json({ grants: grants.map((grant) => grantView(grant, nowMs)) });
}

/** `DELETE /api/sessions/{id}/grants/{grant}`: the viewer is sent away, and does not come in again. */
export async function revokeGrant(context: KeyContext): Promise<Response> {
  const { service, params, principal } = context;
  const row = await sessionOf(context);
  const grant = params['grant'] ?? '';
  if (!(await service.store.revokeGrant(row.id, grant, service.nowMs()))) {
    throw new Problem('not_found', `There is no grant ${grant} of this session that still holds.`);
  }
  await service.store.addEvent(row.id, service.nowMs(), {
    actor: principal.keyId,
    kind: 'grant-revoked',
    data: { grant },
  });
  return new Response(null, { status: 204 });
}

function grantView(grant: GrantRow, nowMs: number): object {
  const iso = (ms: number): string => new Date(ms).toISOString();
  const isOver = grant.expiresAt <= nowMs || grant.idleUntil <= nowMs;
  return {
    id: grant.id,
    role: grant.role,
    viewer: grant.viewer,
    userAgent: grant.userAgent,
    createdAt: iso(grant.createdAt),
    lastSeen: iso(grant.lastSeen),
    expiresAt: iso(Math.min(grant.expiresAt, grant.idleUntil)),
    standing: grant.revokedAt !== null ? 'revoked' : isOver ? 'expired' : 'good',
  };
}
