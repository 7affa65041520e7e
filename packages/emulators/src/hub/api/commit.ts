import { Refusal, json, type Answer } from '../http/answer.js';
import type { Call } from '../http/call.js';
import type { Route } from '../http/serve.js';
import { createDraft, type Draft } from '../state/draft.js';
import { requireCaller, requireCommit, type Hub } from '../state/hub.js';
import { mainRef, type Space } from '../state/spaces.js';
import { openDiscussion, pullRequestRef } from './discussions.js';
import { count, only, optionalText, text } from './fields.js';
import { readLines, type Line } from './ndjson.js';

/** Commits over HTTP. */
export function commitRoutes(hub: Hub): readonly Route[] {
  return [
    {
      method: 'POST',
      path: /^\/api\/spaces\/([^/]+)\/([^/]+)\/commit\/([^/]+)$/u,
      answer: (call) => commit(hub, call),
    },
  ];
}

interface Header {
  readonly summary: string;
  readonly description: string;
  readonly parentCommit: string | undefined;
}

/** Base64 takes four bytes for three; the rest is for the path and for JSON. */
const maxLineBytes = (hub: Hub): number => Math.ceil((hub.regularLimitBytes * 4) / 3) + (64 << 10);

async function commit(hub: Hub, call: Call): Promise<Answer> {
  const { revision, isProposal } = requireTarget(call);
  const space = hub.space(call, isProposal || revision.startsWith('refs/pr/') ? 'propose' : 'write');
  const draft = createDraft(hub, space);
  let header: Header | undefined;
  for await (const line of readLines(call.body, maxLineBytes(hub))) {
    if (header) take(draft, line);
    else header = readHeader(line);
  }
  if (!header) throw new Refusal(400, 'The commit has no header.');
  // From here on nothing waits: no other commit comes between the look at the head and the new one.
  const ref = requireRef(space, revision);
  const head = requireCommit(space, ref);
  const parent = isProposal && header.parentCommit !== undefined ? requireCommit(space, header.parentCommit) : head;
  if (header.parentCommit !== undefined && parent !== header.parentCommit)
    throw new Refusal(412, `A commit has happened since. Please refresh and try again: the head is ${head}.`);
  const { repository } = space;
  const author = requireCaller(call).account.name;
  const oid = repository.commit({
    tree: draft.apply(repository.facts(parent).tree),
    parents: [parent],
    author,
    seconds: Math.floor(hub.nowMs() / 1000),
    message: [header.summary, header.description].filter(Boolean).join('\n\n'),
  });
  const proposal = isProposal
    ? openDiscussion(hub, space, {
        title: header.summary,
        description: header.description,
        author,
        isPullRequest: true,
      })
    : undefined;
  repository.refs.set(proposal ? pullRequestRef(proposal.num) : ref, oid);
  if (!proposal && ref === mainRef) hub.moved(space);
  return json({
    success: true,
    commitOid: oid,
    commitUrl: hub.url(`/spaces/${space.id}/commit/${oid}`),
    hookOutput: '',
    ...(proposal ? { pullRequestUrl: hub.url(`/spaces/${space.id}/discussions/${proposal.num}`) } : {}),
  });
}

/** The revision of a route, and whether a pull request is to be opened. */
export function requireTarget(call: Call): { readonly revision: string; readonly isProposal: boolean } {
  requireCaller(call);
  return { revision: call.params[2] ?? '', isProposal: call.query.get('create_pr') === '1' };
}

function requireRef(space: Space, revision: string): string {
  const { refs } = space.repository;
  const ref = [revision, `refs/heads/${revision}`].find((name) => refs.has(name) && !name.startsWith('refs/tags/'));
  if (ref === undefined)
    throw new Refusal(404, `Invalid rev id: ${revision} is no branch and no pull request.`, {
      code: 'RevisionNotFound',
    });
  return ref;
}

function readHeader({ key, value }: Line): Header {
  if (key !== 'header') throw new Refusal(400, `The commit begins with "${key}" instead of a header.`);
  only(value, ['summary', 'description', 'parentCommit'], 'the header of a commit');
  const summary = text(value, 'summary');
  if (summary.trim() === '') throw new Refusal(400, 'The summary of a commit must say something.');
  return {
    summary,
    description: optionalText(value, 'description') ?? '',
    parentCommit: optionalText(value, 'parentCommit'),
  };
}

function take(draft: Draft, { key, value }: Line): void {
  switch (key) {
    case 'file':
      only(value, ['path', 'content', 'encoding'], 'a file');
      return draft.addFile(text(value, 'path'), decode(text(value, 'content'), optionalText(value, 'encoding')));
    case 'lfsFile': {
      only(value, ['path', 'algo', 'oid', 'size'], 'an lfsFile');
      const algorithm = text(value, 'algo');
      if (algorithm !== 'sha256') throw new Refusal(400, `LFS files are named by sha256, not by ${algorithm}.`);
      const size = value['size'] === undefined ? undefined : count(value, 'size');
      return draft.addLfs(text(value, 'path'), text(value, 'oid'), size);
    }
    case 'deletedFile':
      only(value, ['path'], 'a deletedFile');
      return draft.deleteFile(text(value, 'path'));
    case 'deletedFolder':
      only(value, ['path'], 'a deletedFolder');
      return draft.deleteFolder(text(value, 'path'));
    default:
      throw new Refusal(400, `"${key}" is nothing a commit can do.`);
  }
}

function decode(content: string, encoding: string | undefined): Buffer {
  if (encoding === 'base64') return fromBase64(content, 'The content of a file');
  if (encoding === undefined || encoding === 'utf-8') return Buffer.from(content);
  throw new Refusal(400, `"${encoding}" is no encoding: there is base64 and utf-8.`);
}

/** Node reads base64 past all errors; this does not. */
export function fromBase64(content: string, what: string): Buffer {
  const bytes = Buffer.from(content, 'base64');
  if (Math.ceil(bytes.length / 3) * 4 === content.length) return bytes;
  throw new Refusal(400, `${what} is not base64.`);
}
