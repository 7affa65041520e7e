import type { Health, WhoAmI } from '@hawser/exec-client/contract';
import { compact } from '../../core/execution.js';
import { openApiDocument } from '../../openapi/document.js';
import { json } from '../http.js';
import type { Call, Endpoints } from '../route.js';

/** What can be asked of the service itself. */
export const serviceEndpoints: Endpoints<'whoami' | 'health' | 'openapi'> = {
  whoami: whoAmI,
  health,
  openapi: openApi,
};

function whoAmI({ caller, service }: Call): Promise<Response> {
  const body: WhoAmI = compact({
    key_id: caller.keyId,
    name: caller.name,
    arn: caller.arn,
    scopes: caller.scopes,
    receipt_key: service.ports.signer.publicKey,
  });
  return Promise.resolve(json(body));
}

async function health({ service }: Call): Promise<Response> {
  const { runner, version, limits } = service.ports;
  const body: Health = {
    ok: true,
    backend: await runner.describe({}),
    version,
    max_timeout_seconds: limits.maxTimeoutSeconds,
  };
  return json(body);
}

function openApi({ service }: Call): Promise<Response> {
  return Promise.resolve(json(openApiDocument(service.ports.version)));
}
