import { ApiStatus, badRequest } from './status.js';
import { strategicMerge } from './strategic.js';

type Json = unknown;

/** Applies a patch by its content type; custom resources have no merge keys, and nothing is applied by the server. */
export function applyPatch(contentType: string, target: object, patch: Json, isBuiltIn: boolean): object {
  if (isBuiltIn && contentType === 'application/strategic-merge-patch+json')
    return strategicMerge(target, patch) as object;
  if (contentType === 'application/merge-patch+json') return mergePatch(target, patch) as object;
  if (contentType === 'application/json-patch+json') return jsonPatch(target, patch) as object;
  throw new ApiStatus(
    415,
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json',
  );
}

/** RFC 7386 §2. */
function mergePatch(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const merged: Record<string, Json> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: Json;
}

/** RFC 6902 §4. */
function jsonPatch(target: Json, patch: Json): Json {
  if (!Array.isArray(patch)) throw badRequest('a JSON patch is a list of operations');
  return (patch as Operation[]).reduce(applyOperation, structuredClone(target));
}

function applyOperation(document: Json, operation: Operation): Json {
  const value = operation.from === undefined ? operation.value : structuredClone(read(document, operation.from));
  const { parent, key } = locate(document, operation.path);
  switch (operation.op) {
    case 'test':
      if (JSON.stringify(read(document, operation.path)) === JSON.stringify(operation.value)) return document;
      throw new ApiStatus(422, 'Invalid', `testing value ${operation.path} failed`);
    case 'remove':
      return takeOut(document, operation.path);
    case 'move':
      return applyOperation(takeOut(document, operation.from ?? ''), { op: 'add', path: operation.path, value });
    case 'add':
    case 'copy':
      if (Array.isArray(parent)) parent.splice(key === '-' ? parent.length : Number(key), 0, value);
      else parent[key] = value;
      return document;
    case 'replace':
      read(document, operation.path);
      (parent as Record<string, Json>)[key] = value;
      return document;
    default:
      throw badRequest(`unknown operation ${operation.op}`);
  }
}

function takeOut(document: Json, path: string): Json {
  read(document, path);
  const { parent, key } = locate(document, path);
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete parent[key];
  return document;
}

function read(document: Json, path: string): Json {
  const { parent, key } = locate(document, path);
  const value = (parent as Record<string, Json>)[key];
  if (value === undefined) throw new ApiStatus(422, 'Invalid', `the path ${path} does not exist`);
  return value;
}

/** JSON Pointer (RFC 6901); the whole document cannot be meant. */
function locate(document: Json, path: string): { parent: Record<string, Json> | Json[]; key: string } {
  const parts = path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const key = parts.pop();
  let parent = document;
  for (const part of parts) parent = (parent as Record<string, Json> | undefined)?.[part];
  if (key === undefined || typeof parent !== 'object' || parent === null) {
    throw new ApiStatus(422, 'Invalid', `the path ${path} does not exist`);
  }
  return { parent: parent as Record<string, Json> | Json[], key };
}

function isObject(value: Json): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
