import { audit } from '../../core/audit.js';
import { json, readJson } from '../http.js';
import type { Call, Endpoints } from '../route.js';
import { nameOf } from '../who.js';

/** API keys: a key is shown once, when it is made. */
export const keyEndpoints: Endpoints<'keys' | 'createKey' | 'rotateKey' | 'revokeKey'> = {
  keys,
  createKey,
  rotateKey,
  revokeKey,
};

async function keys({ service }: Call): Promise<Response> {
  return json({ keys: await service.keys.list() });
}

async function createKey(call: Call): Promise<Response> {
  const created = await call.service.keys.create(await readJson(call.request), call.caller);
  await noted(call, 'key.created', created.key_id);
  return json(created, 201);
}

async function rotateKey(call: Call): Promise<Response> {
  const created = await call.service.keys.rotate(call.id, await readJson(call.request), call.caller);
  await noted(call, 'key.rotated', call.id);
  return json(created, 201);
}

async function revokeKey(call: Call): Promise<Response> {
  const revoked = await call.service.keys.revoke(call.id, call.caller);
  await noted(call, 'key.revoked', call.id);
  return json(revoked);
}

function noted({ service, caller }: Call, action: string, subject: string): Promise<void> {
  return audit(service.ports, { action, subject, who: nameOf(caller) });
}
