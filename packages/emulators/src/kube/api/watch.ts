import type { ServerResponse } from 'node:http';
import { type Matches, parseSelectors } from '../store/selectors.js';
import { apiVersionOf, type Kind } from '../store/kinds.js';
import type { Change } from '../store/store.js';
import type { KubeObject } from '../types.js';
import type { ResourcePath } from './path.js';
import { expired } from './status.js';
import { toTable, wantsTable } from './table.js';
import type { World } from './world.js';

/** What a watch is on. */
export interface WatchRequest {
  readonly kind: Kind;
  readonly path: ResourcePath;
  readonly query: URLSearchParams;
  readonly accept: string;
}

/**
 * Streams changes until the time asked for is over, the client leaves or the server cuts (Kubernetes API concepts,
 * "Efficient detection of changes"). With bookmarks, a watch is told of versions that do not concern it as they pass.
 */
export function serveWatch(world: World, request: WatchRequest, response: ServerResponse): void {
  const { kind, path, query } = request;
  const matches = matcher(request);
  const asTable = wantsTable(request.accept);
  const wantsBookmarks = query.get('allowWatchBookmarks') === 'true';
  let sentColumns = false;
  let isStalled = false;
  const send = (type: string, object: object): void => {
    if (isStalled) return;
    response.write(`${JSON.stringify({ type, object })}\n`);
  };
  const tell = (type: string, object: KubeObject): void => {
    send(type, asTable ? toTable(kind.kind, [object], {}, !sentColumns) : object);
    sentColumns = true;
  };
  const bookmark = (version: number, annotations?: object): void => {
    const metadata = { resourceVersion: String(version), creationTimestamp: null, ...(annotations && { annotations }) };
    send('BOOKMARK', { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata });
  };
  const pass = (change: Change): void => {
    const isOurs = change.kind.resource === kind.resource && change.kind.group === kind.group;
    const event = isOurs ? eventFor(change, matches) : undefined;
    if (event) tell(event, change.object);
    else if (wantsBookmarks) bookmark(change.version);
  };

  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  const since = query.get('resourceVersion') ?? '';
  const wantsInitial = query.get('sendInitialEvents') === 'true';
  if (since === '' || since === '0' || wantsInitial) {
    for (const object of world.store.list(kind, path.namespace)) if (matches(object)) tell('ADDED', object);
    if (wantsInitial) bookmark(world.store.version, { 'k8s.io/initial-events-end': 'true' });
  } else {
    const past = world.store.changesSince(Number(since));
    if (!past) {
      const status = expired(`too old resource version: ${since} (${world.store.compactedVersion})`);
      send('ERROR', status.toJSON());
      return void response.end();
    }
    for (const change of past) pass(change);
  }

  const stopListening = world.store.onChange(pass);
  const stall = (): void => {
    isStalled = true;
    clearTimeout(timer);
  };
  world.open.add(response);
  world.watches.add(stall);
  const seconds = Number(query.get('timeoutSeconds') ?? 0);
  const timer = seconds > 0 ? setTimeout(() => response.end(), seconds * 1_000) : undefined;
  response.on('close', () => {
    clearTimeout(timer);
    stopListening();
    world.open.delete(response);
    world.watches.delete(stall);
  });
}

function matcher({ path, query }: WatchRequest): Matches {
  const selected = parseSelectors(query.get('labelSelector'), query.get('fieldSelector'));
  return (object) =>
    (path.namespace === undefined || object.metadata.namespace === path.namespace) &&
    (path.name === undefined || object.metadata.name === path.name) &&
    selected(object);
}

/** For who watches a selection, an object comes and goes with its labels. */
function eventFor(change: Change, matches: Matches): Change['type'] | undefined {
  const was = change.previous !== undefined && matches(change.previous);
  if (change.type === 'DELETED') return was ? 'DELETED' : undefined;
  const is = matches(change.object);
  if (is) return was ? 'MODIFIED' : 'ADDED';
  return was ? 'DELETED' : undefined;
}
