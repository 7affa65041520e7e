import { isSecretName } from '@hawser/exec-client/contract';
import { ApiError } from '../../core/api-error.js';
import { audit } from '../../core/audit.js';
import { invalid, json, readObject, requiredText } from '../http.js';
import type { Call, Endpoints } from '../route.js';
import { nameOf } from '../who.js';

/** Secrets: their values go in, and come out in payloads alone. */
export const secretEndpoints: Endpoints<'secrets' | 'putSecret' | 'removeSecret'> = {
  secrets,
  putSecret,
  removeSecret,
};

/** Of an advanced parameter of AWS Systems Manager, in bytes of UTF-8 (PutParameter, "Value"). */
const mostBytes = 8192;

async function secrets({ service }: Call): Promise<Response> {
  return json({ secrets: await service.ports.secrets.list() });
}

async function putSecret({ service, request, caller }: Call): Promise<Response> {
  const body = await readObject(request);
  const name = nameIn(body);
  const { value } = body;
  if (typeof value !== 'string' || value === '') throw invalid('value', 'must be text');
  if (Buffer.byteLength(value) > mostBytes) throw invalid('value', `must have at most ${mostBytes} bytes`);
  const record = await service.ports.secrets.put(name, value, nameOf(caller));
  await audit(service.ports, { action: 'secret.set', subject: name, who: nameOf(caller) });
  return json(record);
}

async function removeSecret({ service, query, caller }: Call): Promise<Response> {
  const name = nameIn(Object.fromEntries(query));
  if (!(await service.ports.secrets.remove(name))) throw new ApiError('not_found', `There is no secret named ${name}.`);
  await audit(service.ports, { action: 'secret.removed', subject: name, who: nameOf(caller) });
  return json({ name });
}

function nameIn(source: Readonly<Record<string, unknown>>): string {
  const name = requiredText(source, 'name', 256);
  if (isSecretName(name)) return name;
  throw invalid('name', 'must be letters, digits, _ . and -, or git/ and the name of a host');
}
