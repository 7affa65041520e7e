import { jobTokenHeader } from '@hawser/exec-client/contract';
import type { JobReport } from '@hawser/exec-client/contract';
import { ApiError } from '../../core/api-error.js';
import { invalid, json, readObject, requiredText } from '../http.js';
import type { Call, Endpoints } from '../route.js';
import { idOf } from './executions.js';

/** What tasks ask. They have no key: the token in a header, or in the report, says who they are. */
export const jobEndpoints: Endpoints<'payload' | 'report'> = {
  payload,
  report,
};

const events: readonly string[] = ['preparing', 'prepared', 'running', 'ended', 'failed'];

async function payload(call: Call): Promise<Response> {
  const token = call.request.headers.get(jobTokenHeader);
  if (token === null) throw new ApiError('unauthorized', `The header ${jobTokenHeader} is missing.`);
  return json(await call.service.job.claim(idOf(call), token));
}

async function report(call: Call): Promise<Response> {
  const body = await readObject(call.request);
  requiredText(body, 'token');
  if (!events.includes(body['event'] as string)) throw invalid('event', `must be one of ${events.join(', ')}`);
  for (const name of ['attempt', 'at']) {
    if (!Number.isSafeInteger(body[name])) throw invalid(name, 'must be a whole number');
  }
  await call.service.job.report(idOf(call), body as unknown as JobReport);
  return json({ ok: true });
}
