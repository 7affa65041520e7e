import type { Health, WhoAmI } from '@hawser/exec-client/contract';
import { compact } from '../../core/execution.js';
import { json } from '../http.js';
import type { Call, Route } from '../route.js';

/** What can be asked of the service itself. */
export const serviceRoutes: readonly Route[] = [
  { method: 'GET', path: '/whoami', scope: 'any', operation: 'whoAmI', handle: whoAmI },
  { method: 'GET', path: '/health', scope: 'open', operation: 'health', handle: health },
];

function whoAmI({ caller }: Call): Promise<Response> {
  const body: WhoAmI = compact({
    key_id: caller.keyId,
    name: caller.name,
    arn: caller.arn,
    scopes: caller.scopes,
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
