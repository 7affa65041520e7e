import { checkScopes, createKey, revokeKey, standingOf } from '@hawser/api-keys';
import type { PrincipalRow } from '../../store/types.js';
import { scopes } from '../authenticate.js';
import { readObject } from '../body.js';
import { Problem } from '../problem.js';
import { json } from './context.js';
import type { KeyContext } from './context.js';

/** `GET /api/keys` */
export async function listKeys({ service }: KeyContext): Promise<Response> {
  const rows = await service.store.listPrincipals();
  return json({ keys: rows.map((row) => keyView(row, service.nowMs())) });
}

/** `POST /api/keys`: the key is shown this once. */
export async function createApiKey({ service, request }: KeyContext): Promise<Response> {
  const { name, scopes: wanted, expires_at: expiresAt, quota, ...others } = await readObject(request);
  const stranger = Object.keys(others)[0];
  if (stranger !== undefined) throw new Problem('invalid_request', `${stranger} is no field of this request.`);
  if (typeof name !== 'string' || !/^[\w.@ -]{1,64}$/.test(name)) {
    throw new Problem('invalid_request', 'name must be 1 to 64 letters, digits, spaces, dots, dashes or @.');
  }
  if (!Array.isArray(wanted)) throw new Problem('invalid_request', `scopes must be a list of ${scopes.join(', ')}.`);
  const { key, stored } = await createKey({
    name,
    scopes: checkScopes(wanted.map(String), scopes),
    nowMs: service.nowMs(),
    ...(expiresAt !== undefined && { expiresAtMs: timeOf(expiresAt, service.nowMs()) }),
  });
  const row: PrincipalRow = { ...stored, quota: quotaOf(quota) };
  await service.store.putPrincipal(row);
  return json({ ...keyView(row, service.nowMs()), key }, 201);
}

/** `DELETE /api/keys/{key}`: good for nothing from now on. */
export async function revokeApiKey({ service, params }: KeyContext): Promise<Response> {
  const id = params['key'] ?? '';
  const row = await service.store.principal(id);
  if (!row) throw new Problem('not_found', `There is no key ${id}.`);
  await service.store.putPrincipal({ ...revokeKey(row, service.nowMs()), quota: row.quota });
  service.keys.forget(id);
  return new Response(null, { status: 204 });
}

/** `GET /api/whoami` */
export async function whoami({ service, principal }: KeyContext): Promise<Response> {
  return json(keyView(principal, service.nowMs()));
}

function keyView(row: PrincipalRow, nowMs: number): object {
  const iso = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString());
  return {
    id: row.keyId,
    name: row.name,
    scopes: row.scopes,
    quota: row.quota,
    standing: standingOf(row, nowMs),
    createdAt: iso(row.createdAtMs),
    expiresAt: iso(row.expiresAtMs),
    revokedAt: iso(row.revokedAtMs),
  };
}

function timeOf(value: unknown, nowMs: number): number {
  const ms = typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : Number.NaN;
  if (ms > nowMs) return ms;
  throw new Problem('invalid_request', 'expires_at must be a time to come, such as 2030-01-31T12:00:00Z.');
}

function quotaOf(value: unknown): PrincipalRow['quota'] {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Problem('invalid_request', 'quota must be an object.');
  }
  const names = { running: 'running', per_minute: 'perMinute', log_bytes: 'logBytes' } as const;
  const read = Object.entries(value).map(([name, most]) => {
    if (!Object.hasOwn(names, name) || !Number.isSafeInteger(most) || Number(most) < 0) {
      throw new Problem(
        'invalid_request',
        `quota.${name} must be a whole number; there are ${Object.keys(names).join(', ')}.`,
      );
    }
    return [names[name as keyof typeof names], Number(most)] as const;
  });
  return Object.fromEntries(read);
}
