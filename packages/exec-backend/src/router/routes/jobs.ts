import { jobTokenHeader } from '@hawser/exec-client/contract';
import { ApiError } from '../../core/api-error.js';
import { checkReport } from '../check-report.js';
import { json, readObject } from '../http.js';
import type { Call, Endpoints } from '../route.js';
import { idOf } from './executions.js';

/** What tasks ask. They have no key: the token in a header, or in the report, says who they are. */
export const jobEndpoints: Endpoints<'payload' | 'report'> = {
  payload,
  report,
};

async function payload(call: Call): Promise<Response> {
  const token = call.request.headers.get(jobTokenHeader);
  if (token === null) throw new ApiError('unauthorized', `The header ${jobTokenHeader} is missing.`);
  return json(await call.service.job.claim(idOf(call), token));
}

async function report(call: Call): Promise<Response> {
  const body = checkReport(await readObject(call.request));
  await call.service.job.report(idOf(call), body);
  return json({ ok: true });
}
