import { basename } from 'node:path/posix';
import { Refusal, type Answer } from '../http/answer.js';
import type { Call } from '../http/call.js';
import { answerBytes } from '../http/range.js';
import type { Route } from '../http/serve.js';
import { directoryMode } from '../git/objects.js';
import { requireCommit, type Hub } from '../state/hub.js';
import { readPointer } from '../state/pointer.js';

/**
 * Files by their address: `resolve` gives the content behind LFS pointers, `raw` what git has. The Hub redirects to the
 * storage of large files; here that would be the same host, where clients expect no other kind of answer.
 */
export function resolveRoutes(hub: Hub): readonly Route[] {
  return [
    {
      method: 'GET',
      path: /^\/spaces\/([^/]+)\/([^/]+)\/(?:resolve|raw)\/([^/]+|refs\/(?:pr|heads)\/[^/]+)\/(.+)$/u,
      answer: (call) => resolve(hub, call),
    },
  ];
}

function resolve(hub: Hub, call: Call): Answer {
  const space = hub.space(call, 'read');
  const [, , revision = '', path = ''] = call.params;
  const commit = requireCommit(space, revision);
  const { repository } = space;
  const entry = repository.entry(repository.facts(commit).tree, path);
  if (!entry || entry.mode === directoryMode)
    throw new Refusal(404, 'Entry not found', { code: 'EntryNotFound', headers: { 'X-Repo-Commit': commit } });
  const body = repository.body(entry.oid);
  const headers = {
    'X-Repo-Commit': commit,
    'Content-Disposition': `inline; filename*=UTF-8''${encodeURIComponent(basename(path))}`,
  };
  const pointer = call.path.includes(`/${space.name}/raw/`) ? undefined : readPointer(body);
  if (pointer)
    return answerBytes({
      size: pointer.size,
      range: call.headers.range,
      headers: {
        ...headers,
        ETag: `"${pointer.oid}"`,
        'X-Linked-ETag': `"${pointer.oid}"`,
        'X-Linked-Size': String(pointer.size),
      },
      read: (start, end) => hub.lfs.read(pointer.oid, { start, end }),
    });
  return answerBytes({
    size: body.length,
    range: call.headers.range,
    headers: { ...headers, ETag: `"${entry.oid}"` },
    read: (start, end) => body.subarray(start, end + 1),
  });
}
