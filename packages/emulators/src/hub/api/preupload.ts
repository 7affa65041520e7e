import ignore from 'ignore';
import { Refusal, json, type Answer } from '../http/answer.js';
import { isRecord, type Call } from '../http/call.js';
import type { Route } from '../http/serve.js';
import { readAttributes } from '../state/attributes.js';
import { attributesOf, checkPath, isBinary, sampleBytes } from '../state/draft.js';
import { requireCommit, type Hub } from '../state/hub.js';
import { readPointer } from '../state/pointer.js';
import { fromBase64, requireTarget } from './commit.js';
import { count, list, only, optionalText, text } from './fields.js';

/** How files are to be uploaded, before they are. */
export function preuploadRoutes(hub: Hub): readonly Route[] {
  return [
    {
      method: 'POST',
      path: /^\/api\/spaces\/([^/]+)\/([^/]+)\/preupload\/([^/]+)$/u,
      answer: (call) => preupload(hub, call),
    },
  ];
}

async function preupload(hub: Hub, call: Call): Promise<Answer> {
  const { revision, isProposal } = requireTarget(call);
  const space = hub.space(call, isProposal || revision.startsWith('refs/pr/') ? 'propose' : 'write');
  const { repository } = space;
  const fields = await call.body.json();
  only(fields, ['files', 'gitAttributes', 'gitIgnore'], 'a preupload');
  const commitOid = requireCommit(space, revision);
  const { tree } = repository.facts(commitOid);
  const given = optionalText(fields, 'gitAttributes');
  const attributes = given === undefined ? attributesOf(space, tree) : readAttributes(given);
  const committed = repository.entry(tree, '.gitignore');
  const ignored = ignore().add(
    optionalText(fields, 'gitIgnore') ?? (committed ? repository.body(committed.oid).toString() : ''),
  );
  const files = list(fields, 'files').map((file) => {
    if (!isRecord(file)) throw new Refusal(400, 'A file of a preupload is not an object.');
    only(file, ['path', 'size', 'sample', 'sha'], 'a file of a preupload');
    const path = text(file, 'path');
    checkPath(path);
    const size = count(file, 'size');
    const sample = fromBase64(text(file, 'sample'), `The sample of '${path}'`);
    if (sample.length > size || sample.length > sampleBytes || (size > 0 && sample.length === 0))
      throw new Refusal(400, `The sample of '${path}' is not its first ${Math.min(size, sampleBytes)} bytes.`);
    const isLfs = size > 0 && (size >= hub.regularLimitBytes || isBinary(sample) || attributes.isLfs(path));
    const present = repository.entry(tree, path);
    const blob = present && present.mode !== '40000' ? present : undefined;
    const oid = blob && (readPointer(repository.body(blob.oid))?.oid ?? blob.oid);
    return {
      path,
      uploadMode: isLfs ? 'lfs' : 'regular',
      shouldIgnore: ignored.ignores(path),
      ...(oid === undefined ? {} : { oid }),
    };
  });
  return json({ files, commitOid });
}
