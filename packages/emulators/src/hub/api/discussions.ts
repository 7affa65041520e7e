import { Refusal, json, type Answer } from '../http/answer.js';
import type { Call } from '../http/call.js';
import type { Route } from '../http/serve.js';
import { requireCaller, requireCommit, type Hub } from '../state/hub.js';
import { mainRef, type Discussion, type Space } from '../state/spaces.js';
import { optionalText, text } from './fields.js';

const path = (rest: string): RegExp => new RegExp(`^/api/spaces/([^/]+)/([^/]+)/discussions${rest}$`, 'u');

/** Discussions and pull requests: to be opened, listed, looked at and merged. */
export function discussionRoutes(hub: Hub): readonly Route[] {
  return [
    { method: 'GET', path: path(''), answer: (call) => list(hub, call) },
    { method: 'POST', path: path(''), answer: (call) => open(hub, call) },
    { method: 'GET', path: path('/([0-9]+)'), answer: (call) => show(hub, call) },
    { method: 'POST', path: path('/([0-9]+)/merge'), answer: (call) => merge(hub, call) },
  ];
}

/** Where a pull request's commits go. */
export function pullRequestRef(num: number): string {
  return `refs/pr/${num}`;
}

/** Opens a discussion; a pull request begins where the main branch is. */
export function openDiscussion(
  hub: Hub,
  space: Space,
  about: Pick<Discussion, 'title' | 'description' | 'author' | 'isPullRequest'>,
): Discussion {
  const discussion: Discussion = {
    ...about,
    num: space.discussions.length + 1,
    createdAt: new Date(hub.nowMs()).toISOString(),
    status: about.isPullRequest ? 'draft' : 'open',
  };
  space.discussions.push(discussion);
  if (about.isPullRequest) space.repository.refs.set(pullRequestRef(discussion.num), requireCommit(space, mainRef));
  return discussion;
}

async function open(hub: Hub, call: Call): Promise<Answer> {
  const space = hub.space(call, 'propose');
  const fields = await call.body.json();
  const title = text(fields, 'title').trim();
  if (title.length < 3 || title.length > 200) throw new Refusal(400, 'A title has 3 to 200 characters.');
  const discussion = openDiscussion(hub, space, {
    title,
    description: optionalText(fields, 'description') ?? '',
    author: requireCaller(call).account.name,
    isPullRequest: fields['pullRequest'] === true,
  });
  return json({
    num: discussion.num,
    url: hub.url(`/spaces/${space.id}/discussions/${discussion.num}`),
    pullRequest: discussion.isPullRequest,
  });
}

function list(hub: Hub, call: Call): Answer {
  const space = hub.space(call, 'read');
  const page = Number(call.query.get('p') ?? 0);
  const newestFirst = space.discussions.toReversed();
  const start = page * pageSize;
  return json({
    discussions: newestFirst.slice(start, start + pageSize).map((one) => viewOf(space, one)),
    count: newestFirst.length,
    start,
  });
}

const pageSize = 50;

function show(hub: Hub, call: Call): Answer {
  const space = hub.space(call, 'read');
  const discussion = requireDiscussion(space, call);
  return json({
    ...viewOf(space, discussion),
    events: [
      {
        id: `${space.internalId}-${discussion.num}`,
        type: 'comment',
        createdAt: discussion.createdAt,
        author: { name: discussion.author },
        data: {
          edited: false,
          hidden: false,
          latest: { raw: discussion.description, author: { name: discussion.author } },
          history: [],
        },
      },
    ],
    ...(discussion.isPullRequest ? { changes: { base: mainRef }, filesWithConflicts: [], diff: '' } : {}),
  });
}

/** The main branch takes over a pull request that begins where it is; anything else would need a merge of files. */
function merge(hub: Hub, call: Call): Answer {
  const space = hub.space(call, 'write');
  const discussion = requireDiscussion(space, call);
  const { repository } = space;
  const tip = repository.refs.get(pullRequestRef(discussion.num));
  if (!discussion.isPullRequest || tip === undefined || discussion.status === 'merged')
    throw new Refusal(409, `Discussion ${discussion.num} is no open pull request.`);
  const head = requireCommit(space, mainRef);
  if (!repository.history(tip).includes(head))
    throw new Refusal(409, 'The main branch has moved since: rebase the pull request.');
  repository.refs.set(mainRef, tip);
  discussion.status = 'merged';
  hub.moved(space);
  return json({ ...viewOf(space, discussion), mergeCommitId: tip });
}

function requireDiscussion(space: Space, call: Call): Discussion {
  const found = space.discussions.find(({ num }) => num === Number(call.params[2]));
  if (!found) throw new Refusal(404, `There is no discussion ${call.params[2]}.`);
  return found;
}

function viewOf(space: Space, one: Discussion): Readonly<Record<string, unknown>> {
  return {
    num: one.num,
    title: one.title,
    author: { name: one.author, type: 'user' },
    createdAt: one.createdAt,
    status: one.status,
    isPullRequest: one.isPullRequest,
    repo: { name: space.id, type: 'space' },
    numComments: 1,
    pinned: false,
  };
}
