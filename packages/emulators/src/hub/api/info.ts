import { Refusal, json, type Answer } from '../http/answer.js';
import type { Call } from '../http/call.js';
import type { Route } from '../http/serve.js';
import { cardOf, requireCommit, type Hub } from '../state/hub.js';
import { readPointer } from '../state/pointer.js';
import { mainRef, subdomainOf, type Space } from '../state/spaces.js';
import { only } from './fields.js';
import { visibilityOf } from './repos.js';

/** What a Space is, and how it is shown. */
export function infoRoutes(hub: Hub): readonly Route[] {
  return [
    { method: 'GET', path: /^\/api\/spaces$/u, answer: (call) => listed(hub, call) },
    {
      method: 'GET',
      path: /^\/api\/spaces\/([^/]+)\/([^/]+)(?:\/revision\/([^/]+))?$/u,
      answer: (call) => info(hub, call),
    },
    {
      method: 'GET',
      path: /^\/api\/spaces\/([^/]+)\/([^/]+)\/auth-check$/u,
      answer: (call) => {
        hub.space(call, 'read');
        return { status: 200, body: '' };
      },
    },
    { method: 'PUT', path: /^\/api\/spaces\/([^/]+)\/([^/]+)\/settings$/u, answer: (call) => change(hub, call) },
  ];
}

/** The Spaces that the caller may see, of one author or of all, the newest first. */
function listed(hub: Hub, call: Call): Answer {
  const author = call.query.get('author');
  const most = Math.min(Number(call.query.get('limit') ?? 1000), 1000);
  const visible = [...hub.spaces.values()].filter(
    ({ owner, visibility }) =>
      (author === null || owner === author) && (visibility === 'public' || hub.role(call.caller, owner) !== undefined),
  );
  return json(
    visible
      .toReversed()
      .slice(0, most)
      .map(({ internalId, id, owner, sdk, createdAt, visibility }) => ({
        _id: internalId,
        id,
        author: owner,
        private: visibility !== 'public',
        sdk,
        createdAt,
      })),
  );
}

type Facts = Readonly<Record<string, () => unknown>>;

/** Members of the whole answer; the rest is given to who asks for it. */
const usual =
  'author sha lastModified private gated disabled sdk subdomain host likes tags cardData siblings runtime createdAt models datasets'.split(
    ' ',
  );

function info(hub: Hub, call: Call): Answer {
  const space = hub.space(call, 'read');
  const commit = requireCommit(space, call.params[2] === '' ? mainRef : (call.params[2] ?? mainRef));
  const wanted = [...call.query.getAll('expand'), ...call.query.getAll('expand[]')];
  const facts = factsOf(space, commit, call.query.get('blobs') === 'true' || call.query.get('blobs') === '1');
  const unknown = wanted.find((name) => facts[name] === undefined);
  if (unknown !== undefined) throw new Refusal(400, `"expand" must be one of ${Object.keys(facts).join(', ')}.`);
  const names = wanted.length > 0 ? wanted : usual;
  return json(
    {
      _id: space.internalId,
      id: space.id,
      ...Object.fromEntries(names.map((name) => [name, facts[name]?.()])),
    },
    { 'X-Repo-Commit': commit },
  );
}

function factsOf(space: Space, commit: string, withBlobs: boolean): Facts {
  const { repository } = space;
  const { tree, seconds } = repository.facts(commit);
  const card = cardOf(space, tree).data;
  const named = (name: string): readonly string[] => (Array.isArray(card[name]) ? card[name].map(String) : []);
  const files = (): readonly unknown[] =>
    [...repository.walk(tree)]
      .filter(({ mode }) => mode !== '40000')
      .map(({ path, oid }) => ({ rfilename: path, ...(withBlobs ? blobOf(repository.body(oid), oid) : {}) }));
  return {
    author: () => space.owner,
    sha: () => commit,
    lastModified: () => new Date(seconds * 1000).toISOString(),
    createdAt: () => space.createdAt,
    private: () => space.visibility === 'private',
    gated: () => space.gated,
    disabled: () => false,
    sdk: () => space.sdk,
    subdomain: () => subdomainOf(space),
    host: () => `https://${subdomainOf(space)}.hf.space`,
    likes: () => 0,
    tags: () => [space.sdk, ...named('tags'), 'region:us'],
    cardData: () => card,
    siblings: files,
    runtime: () => space.runtime.peek(),
    models: () => named('models'),
    datasets: () => named('datasets'),
    region: () => 'us',
    resourceGroup: () => null,
    trendingScore: () => 0,
    usedStorage: () => [...repository.walk(tree)].reduce((sum, { oid }) => sum + repository.body(oid).length, 0),
    visibility: () => space.visibility,
  };
}

function blobOf(body: Buffer, oid: string): Readonly<Record<string, unknown>> {
  const pointer = readPointer(body);
  return {
    blobId: oid,
    size: pointer?.size ?? body.length,
    ...(pointer ? { lfs: { sha256: pointer.oid, size: pointer.size, pointerSize: body.length } } : {}),
  };
}

async function change(hub: Hub, call: Call): Promise<Answer> {
  const space = hub.space(call, 'write');
  const fields = await call.body.json();
  only(fields, ['visibility', 'private', 'gated'], 'the settings of a Space');
  space.visibility = visibilityOf(fields) ?? space.visibility;
  if (fields['gated'] !== undefined) space.gated = fields['gated'];
  return json({ visibility: space.visibility, private: space.visibility === 'private', gated: space.gated });
}
