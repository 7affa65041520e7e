import { checkExecutionRequest, isEnd, isExecutionId } from '@hawser/exec-client/contract';
import type { ExecutionRequest } from '@hawser/exec-client/contract';
import { ApiError } from '../../core/api-error.js';
import { estimateOf } from '../../core/cost.js';
import { recordOf, startedOf } from '../../core/execution.js';
import type { Pins } from '../../core/executions.js';
import { findReceipt } from '../../core/receipt.js';
import { flagField, json, readJson, readObject, textField } from '../http.js';
import type { Call, Endpoints } from '../route.js';

/** Making, reading and ending executions. */
export const executionEndpoints: Endpoints<'start' | 'get' | 'cancel' | 'receipt'> = {
  start,
  get,
  cancel,
  receipt,
};

/** What is kept in one row with room for what becomes of it: an item of DynamoDB has at most 400 KB. */
const mostRequestBytes = 262_144;

async function start(call: Call): Promise<Response> {
  return begin(call, checked(call, await readJson(call.request)));
}

/** Makes an execution of a request that was checked. */
export async function begin(call: Call, request: ExecutionRequest, pins?: Pins): Promise<Response> {
  const { service, caller, requestId } = call;
  const { held, created } = await service.executions.create(request, caller, { requestId, ...(pins && { pins }) });
  const { execution, version } = held;
  if (execution.reasonCode === 'lock_held' && execution.lock?.fence === undefined) {
    throw new ApiError('lock_held', execution.reason ?? 'The lock is held.', {
      details: { execution_id: execution.id, lock: execution.lock?.name },
    });
  }
  return json(startedOf(recordOf(execution, version), estimateOf(execution)), created ? 201 : 200);
}

/** Holds a body to the contract and to what this backend allows. */
export function checked({ service }: Call, body: unknown): ExecutionRequest {
  const { request, problems } = checkExecutionRequest(body, service.ports.limits);
  if (request) {
    const { dirty: _apart, ...row } = request;
    if (Buffer.byteLength(JSON.stringify(row)) <= mostRequestBytes) return request;
    throw new ApiError(
      'payload_too_large',
      `A request may have at most ${mostRequestBytes} bytes beside its work tree.`,
      {
        details: { limit: mostRequestBytes },
      },
    );
  }
  const said = problems.map(({ path, message }) => `${path} ${message}`.trim()).join('; ');
  throw new ApiError('invalid_request', `The request cannot be taken: ${said}.`, { details: { problems } });
}

async function get(call: Call): Promise<Response> {
  const { execution, version } = await call.service.executions.look(idOf(call));
  return json(recordOf(execution, version));
}

async function cancel(call: Call): Promise<Response> {
  const body = await readObject(call.request);
  const wish = { reason: textField(body, 'reason', 256), force: flagField(body, 'force') };
  const { execution, version } = await call.service.executions.cancel(idOf(call), wish, call.caller);
  return json(recordOf(execution, version), 202);
}

async function receipt(call: Call): Promise<Response> {
  const { executions, ports } = call.service;
  const { execution } = await executions.look(idOf(call));
  const there = await findReceipt(ports.store, execution.id);
  if (there) return json(there);
  // Whoever asks right behind the end is not told to come again where it can be signed now.
  if (isEnd(execution.phase)) await executions.look(execution.id, { atOnce: true });
  const made = await findReceipt(ports.store, execution.id);
  if (made) return json(made);
  throw new ApiError('not_found', `Execution ${execution.id} has no receipt yet: it gets one when its log is read.`);
}

/** The id in a path; what cannot be one is not found. */
export function idOf({ id }: Call): string {
  if (!isExecutionId(id)) throw new ApiError('not_found', `There is no execution ${id.slice(0, 64)}.`);
  return id;
}
