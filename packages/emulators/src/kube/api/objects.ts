import { randomUUID } from 'node:crypto';
import { refuseByQuota, refusePod } from '../cluster/admission.js';
import { createShelf } from '../cluster/parts.js';
import { hasFields, knownFields } from '../schema/fields.js';
import { validate, validateUpdate } from '../schema/validate.js';
import { parseSelectors } from '../store/selectors.js';
import { apiVersionOf, type Kind } from '../store/kinds.js';
import { suffix } from '../store/names.js';
import { sortKey } from '../store/store.js';
import type { KubeObject } from '../types.js';
import { type Deletion, deleteObject } from './delete.js';
import { parseJson } from './json.js';
import { applyPatch } from './patch.js';
import type { ResourcePath } from './path.js';
import { ApiStatus, badRequest, expired, notAllowed, notFound } from './status.js';
import { toTable, wantsTable } from './table.js';
import type { World } from './world.js';

/** A request on a resource, after everything before it was in order. */
export interface ObjectRequest {
  readonly method: string;
  readonly kind: Kind;
  readonly path: ResourcePath;
  readonly query: URLSearchParams;
  readonly accept: string;
  readonly contentType: string;
  readonly body: Buffer;
}

/** What is answered. */
export interface ObjectAnswer {
  readonly status: number;
  readonly body: object;
}

/** Reads and writes objects as the API does (Kubernetes API concepts). */
export function answerObject(world: World, request: ObjectRequest): ObjectAnswer {
  const { method, path } = request;
  if (path.subresource === 'token' && method === 'POST') return { status: 201, body: requestToken(world, request) };
  if (path.subresource !== undefined && path.subresource !== 'status') throw notAllowed();
  if (path.name === undefined) {
    if (method === 'GET') return { status: 200, body: list(world, request) };
    if (method === 'POST') return { status: 201, body: create(world, request) };
    if (method === 'DELETE') return { status: 200, body: removeAll(world, request) };
    throw notAllowed();
  }
  if (method === 'GET') {
    const object = existing(world, request);
    return { status: 200, body: wantsTable(request.accept) ? toTable(object.kind, [object], {}) : object };
  }
  if (method === 'PUT') return { status: 200, body: update(world, request, parseJson(request.body) as KubeObject) };
  if (method === 'PATCH') {
    const isBuiltIn = hasFields(request.kind);
    const patched = applyPatch(request.contentType, existing(world, request), parseJson(request.body), isBuiltIn);
    return { status: 200, body: update(world, request, patched as KubeObject) };
  }
  if (method === 'DELETE') return { status: 200, body: remove(world, request, existing(world, request)) };
  throw notAllowed();
}

/** One page of a list, with `continue` when there are more. */
function list(world: World, request: ObjectRequest): object {
  const { kind, path, query } = request;
  const matches = parseSelectors(query.get('labelSelector'), query.get('fieldSelector'));
  const after = readContinue(world, query.get('continue'));
  const rest = world.store
    .list(kind, path.namespace)
    .filter((object) => matches(object) && (after === undefined || sortKey(object) > after.key));
  const limit = Number(query.get('limit') ?? 0) || rest.length;
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  const resourceVersion = String(after?.version ?? world.store.version);
  const metadata = {
    resourceVersion,
    ...(rest.length > limit &&
      last && {
        continue: Buffer.from(JSON.stringify({ version: Number(resourceVersion), key: sortKey(last) })).toString(
          'base64url',
        ),
        remainingItemCount: rest.length - limit,
      }),
  };
  if (wantsTable(request.accept)) return toTable(kind.kind, items, metadata);
  return { kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind), metadata, items };
}

function readContinue(world: World, token: string | null): { version: number; key: string } | undefined {
  if (!token) return undefined;
  const read = parseJson(Buffer.from(token, 'base64url')) as { version: number; key: string };
  if (read.version < world.store.compactedVersion) {
    throw expired(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
    );
  }
  return read;
}

function create(world: World, request: ObjectRequest): KubeObject {
  const { kind, path } = request;
  const given = accept(world, request, parseJson(request.body) as KubeObject);
  if (kind.isNamespaced && path.namespace === undefined) throw notAllowed();
  const prefix = given.metadata?.['generateName'];
  const name = given.metadata?.name ?? (typeof prefix === 'string' ? `${prefix}${suffix()}` : undefined);
  if (!name)
    throw new ApiStatus(
      422,
      'Invalid',
      `${kind.kind} "" is invalid: metadata.name: Required value: name or generateName is required`,
    );
  if (world.store.get(kind, path.namespace, name)) {
    throw new ApiStatus(409, 'AlreadyExists', `${kind.resource} "${name}" already exists`, {
      name,
      kind: kind.resource,
    });
  }
  const { status: _status, ...rest } = given;
  const object = withGenerated(kind, {
    ...(kind.subresources.includes('status') ? rest : given),
    metadata: within(path, { ...given.metadata, name }),
  });
  if (world.isStrict) admit(world, kind, object);
  return write(world, request, object);
}

/** Pods of a Job are told apart by the id of the Job: its selector, and the labels of its template, are the server's. */
function withGenerated(kind: Kind, object: KubeObject): KubeObject {
  const spec = object['spec'] as { readonly manualSelector?: boolean; readonly template?: object } | undefined;
  if (kind.kind !== 'Job' || kind.group !== 'batch' || !spec?.template || spec.manualSelector) return object;
  const uid = randomUUID();
  const template = spec.template as { readonly metadata?: { readonly labels?: object } };
  const labels = {
    ...template.metadata?.labels,
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': object.metadata.name,
    'controller-uid': uid,
    'job-name': object.metadata.name,
  };
  const selector = { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } };
  const labelled = { ...template, metadata: { ...template.metadata, labels } };
  return { ...object, metadata: { ...object.metadata, uid }, spec: { ...spec, selector, template: labelled } };
}

/** The plugins and rules of a real server that people meet. */
function admit(world: World, kind: Kind, object: KubeObject): void {
  validate(kind, object);
  const { namespace, name } = object.metadata;
  const namespaces = world.kinds.byResource('', 'v1', 'namespaces');
  if (namespace !== undefined && namespaces && !world.store.get(namespaces, undefined, namespace)) {
    throw notFound('namespaces', namespace);
  }
  const shelf = createShelf(world.kinds, world.store);
  const resource = kind.group === '' ? kind.resource : `${kind.resource}.${kind.group}`;
  const refusal = kind.kind === 'Pod' ? refusePod(shelf, object) : refuseByQuota(shelf, object, resource, 1);
  if (refusal !== undefined)
    throw new ApiStatus(403, 'Forbidden', `${resource} "${name}" is forbidden: ${refusal}`, {
      name,
      kind: kind.resource,
    });
}

/** What a request says an object is, without what its kind does not know. */
function accept(world: World, { kind, query }: ObjectRequest, object: KubeObject): KubeObject {
  const given = ofKind(kind, object);
  const isAsked = query.get('fieldValidation') === 'Strict';
  return world.isStrict || isAsked ? knownFields(kind, given, isAsked) : given;
}

function update(world: World, request: ObjectRequest, wanted: KubeObject): KubeObject {
  const { kind, path } = request;
  const old = existing(world, request);
  const given = accept(world, request, wanted);
  const version = given.metadata?.['resourceVersion'];
  if (version !== undefined && version !== old.metadata['resourceVersion']) {
    throw new ApiStatus(
      409,
      'Conflict',
      `Operation cannot be fulfilled on ${kind.resource} "${old.metadata.name}": the object has been modified; please apply your changes to the latest version and try again`,
      { name: old.metadata.name, kind: kind.resource },
    );
  }
  if (path.subresource === 'status') return write(world, request, { ...old, status: given['status'] });
  const keepsStatus = kind.subresources.includes('status') && old['status'] !== undefined;
  const { uid, creationTimestamp, deletionTimestamp } = old.metadata;
  const metadata = within(path, {
    ...given.metadata,
    name: old.metadata.name,
    uid,
    creationTimestamp,
    ...(deletionTimestamp !== undefined && { deletionTimestamp }),
  });
  const object = { ...given, ...(keepsStatus && { status: old['status'] }), metadata };
  if (world.isStrict) {
    validate(kind, object);
    validateUpdate(kind, old, object);
  }
  const isReleased = deletionTimestamp !== undefined && finalizersOf(object).length === 0;
  if (isReleased && !isDryRun(request)) {
    world.store.remove(kind, path.namespace, object.metadata.name);
    return object;
  }
  return write(world, request, object);
}

function removeAll(world: World, request: ObjectRequest): object {
  const { kind, path, query } = request;
  const matches = parseSelectors(query.get('labelSelector'), query.get('fieldSelector'));
  const items = world.store.list(kind, path.namespace).filter(matches);
  for (const object of items) remove(world, request, object);
  return { kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind), metadata: {}, items };
}

/** What is still there afterwards is answered, as it is then. */
function remove(world: World, request: ObjectRequest, object: KubeObject): object {
  const { kind } = request;
  const { name, uid, resourceVersion } = object.metadata;
  const options = deletionOf(request);
  const { uid: wantedUid = uid, resourceVersion: wantedVersion = resourceVersion } = options.preconditions ?? {};
  if (wantedUid !== uid || wantedVersion !== resourceVersion) {
    throw new ApiStatus(
      409,
      'Conflict',
      `Operation cannot be fulfilled on ${kind.resource} "${name}": the object in the precondition is another one`,
      { name, kind: kind.resource },
    );
  }
  if (isDryRun(request)) return object;
  const left = deleteObject(world.store, world.isRunning, kind, object, options);
  if (left) return left;
  const details = { name, group: kind.group, kind: kind.resource, uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

/** Of the body, else of the query. */
function deletionOf({ body, query }: ObjectRequest): DeleteRequest {
  const given = (body.length > 0 ? parseJson(body) : {}) as DeleteRequest;
  const seconds = query.get('gracePeriodSeconds');
  const policy = query.get('propagationPolicy') as DeleteRequest['propagationPolicy'] | null;
  return {
    ...(seconds !== null && { gracePeriodSeconds: Number(seconds) }),
    ...(policy && { propagationPolicy: policy }),
    ...given,
  };
}

interface DeleteRequest extends Deletion {
  readonly dryRun?: readonly string[] | null;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string } | null;
}

/** authentication.k8s.io/v1 TokenRequest; `kubectl create token` asks so. */
function requestToken(world: World, request: ObjectRequest): object {
  const { namespace = '', name } = existing(world, request).metadata;
  const expirationTimestamp = new Date(Date.now() + 3_600_000).toISOString();
  return {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata: { name, namespace },
    spec: { audiences: [], expirationSeconds: 3_600 },
    status: { token: world.tokenOf(namespace, name), expirationTimestamp },
  };
}

function existing(world: World, { kind, path }: ObjectRequest): KubeObject {
  const object = path.name === undefined ? undefined : world.store.get(kind, path.namespace, path.name);
  if (!object) throw notFound(kind.group === '' ? kind.resource : `${kind.resource}.${kind.group}`, path.name ?? '');
  return object;
}

function write(world: World, request: ObjectRequest, object: KubeObject): KubeObject {
  if (isDryRun(request)) return object;
  const written = world.store.put(request.kind, object);
  if (object.kind === 'CustomResourceDefinition') world.kinds.define(object);
  return written;
}

function isDryRun({ method, query, body }: ObjectRequest): boolean {
  if (query.get('dryRun') === 'All') return true;
  return method === 'DELETE' && body.length > 0 && ((parseJson(body) as DeleteRequest).dryRun ?? []).includes('All');
}

function within(path: ResourcePath, metadata: KubeObject['metadata']): KubeObject['metadata'] {
  if (path.namespace === undefined) return metadata;
  if (metadata.namespace !== undefined && metadata.namespace !== path.namespace) {
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`);
  }
  return { ...metadata, namespace: path.namespace };
}

/** What is left out is as the path says. */
function ofKind(kind: Kind, object: KubeObject): KubeObject {
  const expected = { apiVersion: apiVersionOf(kind), kind: kind.kind };
  const given = { ...expected, ...object };
  if (given.kind === expected.kind && given.apiVersion === expected.apiVersion) return given;
  throw badRequest(
    `${given.apiVersion}, Kind=${given.kind} in the request body does not match ${expected.apiVersion}, Kind=${expected.kind} of the path`,
  );
}

function finalizersOf(object: KubeObject): readonly unknown[] {
  const finalizers = object.metadata['finalizers'];
  return Array.isArray(finalizers) ? finalizers : [];
}
