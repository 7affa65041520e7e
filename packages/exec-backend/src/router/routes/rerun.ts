import type { ExecutionRequest } from '@hawser/exec-client/contract';
import type { Execution } from '../../core/execution.js';
import type { Pins } from '../../core/executions.js';
import { invalid, readObject } from '../http.js';
import type { Call, Endpoints } from '../route.js';
import { begin, checked, idOf } from './executions.js';

/** Doing again what was done. */
export const rerunEndpoints: Endpoints<'rerun'> = { rerun };

/** Repeats an execution: the same request but for what the body changes, at the same commit, in the same image. */
async function rerun(call: Call): Promise<Response> {
  const changes = await readObject(call.request);
  const { execution } = await call.service.executions.get(idOf(call));
  if (execution.request.dirty && changes['repo'] === undefined) {
    throw invalid('dirty', 'work is not kept: start it again from the folder where it lies');
  }
  const { execution_id: _id, source: _source, ...before } = execution.request;
  const body = {
    ...before,
    ...without(before, changes),
    ...changes,
    source: { ...(changes['source'] as object | undefined), rerun_of: execution.id },
  };
  return begin(call, checked(call, defined(body)), pinsOf(execution, changes));
}

/** A command given as text takes the place of an argument list, and the other way round. */
function without(
  before: ExecutionRequest,
  changes: Readonly<Record<string, unknown>>,
): Readonly<Record<string, undefined>> {
  return {
    ...(changes['command'] !== undefined && before.argv && { argv: undefined }),
    ...(changes['argv'] !== undefined && before.command !== undefined && { command: undefined }),
  };
}

function defined(body: object): object {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined && value !== null));
}

/** What is not changed is held to what it was: the commit, and the image by its digest. */
function pinsOf(execution: Execution, changes: ExecutionRequest): Pins {
  const { commit, task, request, pinned } = execution;
  const keepsCommit = changes.repo === undefined && changes.branch === undefined;
  const keepsImage = changes.image === undefined && task?.imageDigest !== undefined && request.image !== undefined;
  return {
    commit: keepsCommit ? (commit ?? pinned?.commit) : undefined,
    image: keepsImage ? `${withoutTag(request.image)}@${task.imageDigest}` : undefined,
  };
}

function withoutTag(image: string): string {
  const plain = image.split('@')[0] ?? image;
  const colon = plain.lastIndexOf(':');
  return colon > plain.lastIndexOf('/') ? plain.slice(0, colon) : plain;
}
