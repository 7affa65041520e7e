import { Refusal, json, type Answer } from '../http/answer.js';
import type { Call } from '../http/call.js';
import type { Route } from '../http/serve.js';
import { directoryMode } from '../git/objects.js';
import type { TreeFile } from '../git/repository.js';
import { requireCommit, type Hub } from '../state/hub.js';
import { readPointer } from '../state/pointer.js';
import type { Space } from '../state/spaces.js';
import { list, only } from './fields.js';

/** Listing files, and looking at some by their paths. */
export function treeRoutes(hub: Hub): readonly Route[] {
  return [
    {
      method: 'GET',
      path: /^\/api\/spaces\/([^/]+)\/([^/]+)\/tree\/([^/]+|refs\/(?:pr|heads)\/[^/]+)(?:\/(.*))?$/u,
      answer: (call) => listing(hub, call),
    },
    {
      method: 'POST',
      path: /^\/api\/spaces\/([^/]+)\/([^/]+)\/paths-info\/([^/]+)$/u,
      answer: (call) => pathsInfo(hub, call),
    },
  ];
}

/** Entries on one page, and at most. What the Hub's pages hold is not documented; this is what they were seen to. */
const pageSize = 1000;
/** Paths in one question. */
const maxPaths = 1000;

function listing(hub: Hub, call: Call): Answer {
  const space = hub.space(call, 'read');
  const [, , revision = '', path = ''] = call.params;
  const commit = requireCommit(space, revision);
  const { repository } = space;
  const top = repository.entry(repository.facts(commit).tree, path);
  if (!top || top.mode !== directoryMode)
    throw new Refusal(404, `${path} does not exist on "${revision}"`, { code: 'EntryNotFound' });
  const prefix = path === '' ? '' : `${path.replace(/\/$/u, '')}/`;
  const all: TreeFile[] = isTrue(call, 'recursive')
    ? [...repository.walk(top.oid, prefix)]
    : repository.entries(top.oid).map((one) => ({ ...one, path: prefix + one.name }));
  const limit = Math.min(pageSize, Number(call.query.get('limit') ?? pageSize));
  const start = readCursor(call.query.get('cursor'), limit);
  const page = all.slice(start, start + limit);
  const expand = isTrue(call, 'expand');
  const headers: Record<string, string> = { 'X-Repo-Commit': commit };
  if (start + limit < all.length) {
    const query = new URLSearchParams(call.query);
    query.set('cursor', Buffer.from(String(start + limit)).toString('base64url'));
    headers['Link'] = `<${hub.url(`${encodedPath(call)}?${query.toString()}`)}>; rel="next"`;
  }
  return json(
    page.map((one) => describe(space, one, expand ? commit : undefined)),
    headers,
  );
}

function encodedPath({ params: [owner = '', name = '', revision = '', path = ''] }: Call): string {
  const rest = path === '' ? '' : `/${path.split('/').map(encodeURIComponent).join('/')}`;
  return `/api/spaces/${owner}/${name}/tree/${encodeURIComponent(revision)}${rest}`;
}

function isTrue(call: Call, name: string): boolean {
  return ['1', 'true', 'True'].includes(call.query.get(name) ?? '');
}

function readCursor(cursor: string | null, limit: number): number {
  const start = cursor === null ? 0 : Number(Buffer.from(cursor, 'base64url').toString());
  if (Number.isSafeInteger(start) && start >= 0 && Number.isSafeInteger(limit) && limit > 0) return start;
  throw new Refusal(400, 'Invalid "cursor" or "limit".');
}

async function pathsInfo(hub: Hub, call: Call): Promise<Answer> {
  const space = hub.space(call, 'read');
  const commit = requireCommit(space, call.params[2] ?? '');
  const fields = await readPaths(call);
  if (fields.paths.length > maxPaths) throw new Refusal(413, `At most ${maxPaths} paths at once.`);
  const { repository } = space;
  const { tree } = repository.facts(commit);
  return json(
    fields.paths.flatMap((path) => {
      const entry = path === '' ? undefined : repository.entry(tree, path);
      return entry ? [describe(space, { ...entry, path }, fields.expand ? commit : undefined)] : [];
    }),
    { 'X-Repo-Commit': commit },
  );
}

/** Python sends a form, JavaScript JSON. */
async function readPaths(call: Call): Promise<{ readonly paths: readonly string[]; readonly expand: boolean }> {
  if (call.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
    const form = new URLSearchParams((await call.body.buffer(maxFormBytes)).toString());
    return { paths: form.getAll('paths'), expand: ['true', 'True', '1'].includes(form.get('expand') ?? '') };
  }
  const fields = await call.body.json();
  only(fields, ['paths', 'expand'], 'a question for paths');
  return { paths: list(fields, 'paths').map(String), expand: fields['expand'] === true };
}

const maxFormBytes = 4 << 20;

function describe(
  space: Space,
  { path, mode, oid }: TreeFile,
  commit: string | undefined,
): Readonly<Record<string, unknown>> {
  const last = commit === undefined ? {} : { lastCommit: lastChange(space, commit, path) };
  if (mode === directoryMode) return { type: 'directory', oid, size: 0, path, ...last };
  const body = space.repository.body(oid);
  const pointer = readPointer(body);
  return {
    type: 'file',
    oid,
    size: pointer?.size ?? body.length,
    ...(pointer ? { lfs: { oid: pointer.oid, size: pointer.size, pointerSize: body.length } } : {}),
    path,
    ...last,
  };
}

/** The commit that brought a path to what it is. */
function lastChange(space: Space, from: string, path: string): Readonly<Record<string, unknown>> {
  const { repository } = space;
  const at = (commit: string): string | undefined => repository.entry(repository.facts(commit).tree, path)?.oid;
  const now = at(from);
  let id = from;
  for (const commit of repository.history(from)) {
    if (at(commit) !== now) break;
    id = commit;
  }
  const { message, seconds } = repository.facts(id);
  return { id, title: message.split('\n')[0], date: new Date(seconds * 1000).toISOString() };
}
