import type { AttachGrant } from '@hawser/exec-client/contract';
import { ApiError } from '../../core/api-error.js';
import { audit } from '../../core/audit.js';
import { compact } from '../../core/execution.js';
import { json, readObject, textField } from '../http.js';
import type { Call, Endpoints } from '../route.js';
import { nameOf } from '../who.js';
import { idOf } from './executions.js';

/** Getting into a task that runs. */
export const attachEndpoints: Endpoints<'attach'> = { attach };

/** How long a session that was granted may be opened, in milliseconds. */
const grantMs = 60_000;

async function attach(call: Call): Promise<Response> {
  const { service } = call;
  const { runner, ids, clock } = service.ports;
  const body = await readObject(call.request);
  const command = textField(body, 'command', 4096);
  const { execution } = await service.executions.look(idOf(call));
  const { task, request, phase, id } = execution;
  if (!runner.attach) throw new ApiError('not_attachable', 'This backend has no way into what it runs.');
  if (!request.attachable) throw new ApiError('not_attachable', `Execution ${id} was not started to be attached to.`);
  if (!task || phase !== 'running') {
    throw new ApiError('not_attachable', `Execution ${id} is ${phase}: only what runs can be attached to.`);
  }
  const sentinel = `hawser-${ids.random(16)}`;
  const session = await runner.attach(task, compact({ command, sentinel }));
  await audit(service.ports, { action: 'execution.attached', subject: id, who: nameOf(call.caller) });
  const grant: AttachGrant = {
    protocol: 'ssm',
    session_id: session.sessionId,
    stream_url: session.streamUrl,
    token: session.token,
    target: session.target,
    region: session.region,
    expires: new Date(clock.nowMs() + grantMs).toISOString(),
    sentinel,
  };
  return json(grant);
}
