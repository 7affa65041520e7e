import { Refusal, json, type Answer } from '../http/answer.js';
import type { Call } from '../http/call.js';
import type { Route } from '../http/serve.js';
import { emptyTree } from '../git/repository.js';
import { requireCaller, requireCommit, type Hub } from '../state/hub.js';
import { mainRef, type Space } from '../state/spaces.js';
import { only, optionalText } from './fields.js';

const path = (rest: string): RegExp => new RegExp(`^/api/spaces/([^/]+)/([^/]+)/${rest}$`, 'u');

/** Commits, branches and tags. */
export function historyRoutes(hub: Hub): readonly Route[] {
  return [
    { method: 'GET', path: path('commits/(.+)'), answer: (call) => commits(hub, call) },
    { method: 'GET', path: path('refs'), answer: (call) => refs(hub, call) },
    { method: 'POST', path: path('super-squash/([^/]+)'), answer: (call) => squash(hub, call) },
    { method: 'POST', path: path('branch/([^/]+)'), answer: (call) => createBranch(hub, call) },
    { method: 'DELETE', path: path('branch/([^/]+)'), answer: (call) => deleteBranch(hub, call) },
  ];
}

const pageSize = 50;

function commits(hub: Hub, call: Call): Answer {
  const space = hub.space(call, 'read');
  const [, , revision = ''] = call.params;
  const limit = Number(call.query.get('limit') ?? pageSize);
  const page = Number(call.query.get('p') ?? call.query.get('page') ?? 0);
  if (!(Number.isInteger(limit) && limit > 0 && limit <= 1000 && Number.isInteger(page) && page >= 0))
    throw new Refusal(400, '"limit" must be 1 to 1000, and a page a number from 0.');
  const { repository } = space;
  const all = repository.history(requireCommit(space, revision));
  const start = page * limit;
  const shown = all.slice(start, start + limit).map((id) => {
    const { message, author, seconds } = repository.facts(id);
    const [title = '', ...rest] = message.split('\n');
    const body = rest.join('\n').trim();
    return {
      id,
      title,
      message: body,
      authors: [{ user: author, avatar: hub.url(`/avatars/${author}.svg`) }],
      date: new Date(seconds * 1000).toISOString(),
      ...(call.query.getAll('expand[]').includes('formatted') ? { formatted: { title, message: body } } : {}),
    };
  });
  const query = new URLSearchParams(call.query);
  query.set('p', String(page + 1));
  const next = hub.url(`/api/spaces/${space.id}/commits/${encodeURIComponent(revision)}?${query.toString()}`);
  return json(shown, {
    'X-Total-Count': String(all.length),
    ...(start + limit < all.length ? { Link: `<${next}>; rel="next"` } : {}),
  });
}

function refs(hub: Hub, call: Call): Answer {
  const space = hub.space(call, 'read');
  const below = (prefix: string): readonly unknown[] =>
    [...space.repository.refs]
      .filter(([ref]) => ref.startsWith(prefix))
      .map(([ref, targetCommit]) => ({ name: ref.slice(prefix.length), ref, targetCommit }));
  return json({
    branches: below('refs/heads/'),
    converts: [],
    tags: below('refs/tags/'),
    ...(call.query.has('include_prs') ? { pullRequests: below('refs/pr/') } : {}),
  });
}

async function squash(hub: Hub, call: Call): Promise<Answer> {
  const space = hub.space(call, 'write');
  const branch = call.params[2] ?? '';
  const fields = await call.body.json();
  only(fields, ['message'], 'a squash');
  const message = optionalText(fields, 'message') ?? `Super-squash branch '${branch}'`;
  const ref = requireBranch(space, branch);
  const { repository } = space;
  const { tree } = repository.facts(requireCommit(space, ref));
  commitOn(hub, space, ref, call, { tree, message });
  return json({});
}

async function createBranch(hub: Hub, call: Call): Promise<Answer> {
  const space = hub.space(call, 'write');
  const branch = call.params[2] ?? '';
  const fields = await call.body.json();
  only(fields, ['startingPoint', 'emptyBranch', 'overwrite'], 'a branch');
  const ref = `refs/heads/${branch}`;
  if (!isBranchName(branch)) throw new Refusal(400, `"${branch}" is no name for a branch.`);
  if (space.repository.refs.has(ref) && fields['overwrite'] !== true)
    throw new Refusal(409, `Reference already exists: ${ref}`);
  if (fields['emptyBranch'] === true) commitOn(hub, space, ref, call, { tree: emptyTree, message: 'initial commit' });
  else space.repository.refs.set(ref, requireCommit(space, optionalText(fields, 'startingPoint') ?? mainRef));
  return json({ success: true });
}

function deleteBranch(hub: Hub, call: Call): Answer {
  const space = hub.space(call, 'write');
  const ref = requireBranch(space, call.params[2] ?? '');
  if (ref === mainRef) throw new Refusal(403, 'The main branch cannot be deleted.');
  space.repository.refs.delete(ref);
  return json({ success: true });
}

/** A commit without a parent. */
function commitOn(
  hub: Hub,
  space: Space,
  ref: string,
  call: Call,
  what: { readonly tree: string; readonly message: string },
): void {
  const author = requireCaller(call).account.name;
  const seconds = Math.floor(hub.nowMs() / 1000);
  space.repository.refs.set(ref, space.repository.commit({ ...what, parents: [], author, seconds }));
}

function requireBranch(space: Space, branch: string): string {
  const ref = `refs/heads/${branch}`;
  if (space.repository.refs.has(ref)) return ref;
  throw new Refusal(404, `Invalid rev id: ${branch}`, { code: 'RevisionNotFound' });
}

/** The part of git-check-ref-format(1) that matters in a URL. */
function isBranchName(name: string): boolean {
  return !/[\s\p{Cc}~^:?*[\\]|\.\.|\/\/|@\{|\.lock$|[/.]$/u.test(name) && /^[^/.]/u.test(name);
}
