import type { HubAccount, HubBuild } from '../types.js';
import type { Call, Caller } from '../http/call.js';
import { Refusal } from '../http/answer.js';
import { createRepository, emptyTree } from '../git/repository.js';
import { defaultAttributes } from './attributes.js';
import type { LfsStore } from './lfs-store.js';
import { readCard } from './card.js';
import { createRuntime } from './runtime.js';
import { internalId, mainRef, subdomainOf, type KeptSpace, type Space, type Visibility } from './spaces.js';

/** What somebody may do with a Space. */
export type Right = 'read' | 'propose' | 'write';

/** The state behind all answers. */
export interface Hub {
  readonly accounts: readonly HubAccount[];
  readonly lfs: LfsStore;
  readonly regularLimitBytes: number;
  readonly multipartBytes: number | undefined;
  readonly spaces: ReadonlyMap<string, Space>;
  nowMs(): number;
  /** Absolute address of a path. */
  url(path: string): string;
  /** The Space named by the first two parameters of a route, if the caller has that right; else a {@link Refusal}. */
  space(call: Call, right: Right): Space;
  /** The role in a namespace: `admin` in one's own. */
  role(caller: Caller | undefined, namespace: string): 'read' | 'contributor' | 'write' | 'admin' | undefined;
  create(space: {
    readonly owner: string;
    readonly name: string;
    readonly sdk: string;
    readonly visibility: Visibility;
    readonly by: string;
  }): Space;
  delete(space: Space): void;
  /** Puts a Space back as it was, and builds it. */
  restore(kept: KeptSpace): void;
  /** The main branch moved: what the Space is now is read from its files, and a build begins. */
  moved(space: Space): void;
}

/** Makes an empty Hub. */
export function createHub(options: {
  readonly accounts: readonly HubAccount[];
  readonly lfs: LfsStore;
  readonly regularLimitBytes: number;
  readonly multipartBytes: number | undefined;
  readonly build: (space: string, commit: string) => HubBuild;
  readonly nowMs: () => number;
  readonly url: (path: string) => string;
}): Hub {
  const spaces = new Map<string, Space>();
  const add = (facts: KeptSpace): Space => {
    const space: Space = {
      ...facts,
      runtime: createRuntime(`${subdomainOf(facts)}.hf.space`, () => space.sdk, options.nowMs),
    };
    spaces.set(space.id, space);
    return space;
  };
  const hub: Hub = {
    ...options,
    spaces,
    role: (caller, namespace) => {
      if (!caller) return undefined;
      return caller.account.name === namespace ? 'admin' : caller.account.orgs?.[namespace];
    },
    space: (call, right) => {
      const [owner = '', name = ''] = call.params;
      const id = `${owner}/${name}`;
      const space = spaces.get(id);
      const role = hub.role(call.caller, owner);
      if (!space || (space.visibility !== 'public' && role === undefined)) {
        // To the unknown, what is hidden and what is missing are the same.
        if (!call.caller) throw new Refusal(401, 'Invalid username or password.');
        throw new Refusal(404, 'Repository not found', { code: 'RepoNotFound' });
      }
      if (right === 'read') return space;
      const caller = requireCaller(call);
      if (caller.only !== undefined && caller.only !== id)
        throw new Refusal(403, `This token is for the Space ${caller.only} only.`);
      if (caller.account.role === 'read')
        throw new Refusal(403, `Your token can only read. Writing to ${id} needs a token with write permission.`);
      if (right === 'write' && role !== 'write' && role !== 'admin')
        throw new Refusal(
          403,
          'Authorization error. You are not allowed to write here; pass `create_pr=1` as a query parameter to create a Pull Request.',
        );
      return space;
    },
    create: ({ owner, name, sdk, visibility, by }) => {
      const seconds = Math.floor(options.nowMs() / 1000);
      const repository = createRepository();
      const attributes = repository.put('blob', Buffer.from(defaultAttributes));
      const tree = repository.change(emptyTree, new Map([['.gitattributes', { mode: '100644', oid: attributes }]]));
      repository.refs.set(
        mainRef,
        repository.commit({ tree, parents: [], author: by, seconds, message: 'initial commit' }),
      );
      return add({
        id: `${owner}/${name}`,
        internalId: internalId(),
        owner,
        name,
        createdAt: new Date(options.nowMs()).toISOString(),
        sdk,
        visibility,
        gated: false,
        repository,
        variables: new Map(),
        secrets: new Map(),
        discussions: [],
      });
    },
    delete: (space) => void spaces.delete(space.id),
    restore: (kept) => hub.moved(add(kept)),
    moved: (space) => {
      const { repository, runtime } = space;
      const commit = repository.refs.get(mainRef);
      if (commit === undefined) return;
      const { tree } = repository.facts(commit);
      const { data, errors } = cardOf(space, tree);
      const { sdk, app_file: appFile } = data;
      if (typeof sdk === 'string' && errors.length === 0) space.sdk = sdk;
      const needed = space.sdk === 'docker' ? 'Dockerfile' : typeof appFile === 'string' ? appFile : 'app.py';
      if (errors.length > 0) runtime.refuse('CONFIG_ERROR', errors.join('\n'));
      else if (space.sdk === 'static') runtime.serveFiles();
      else if (!repository.entry(tree, needed)) runtime.refuse('NO_APP_FILE', `There is no ${needed}.`);
      else runtime.build(options.build(space.id, commit));
    },
  };
  return hub;
}

/** Front matter of a tree's README; of none, nothing is wrong. */
export function cardOf(space: Space, tree: string): ReturnType<typeof readCard> {
  const entry = space.repository.entry(tree, 'README.md');
  return entry && entry.mode === '100644'
    ? readCard(space.repository.body(entry.oid).toString())
    : { data: {}, errors: [], warnings: [] };
}

/** Who asks; 401 where nobody says so. */
export function requireCaller(call: Call): Caller {
  if (!call.caller) throw new Refusal(401, 'Invalid username or password.');
  return call.caller;
}

/** The commit a revision means; 404 where it means none. */
export function requireCommit(space: Space, revision: string): string {
  const commit = space.repository.resolve(revision);
  if (commit === undefined) throw new Refusal(404, `Invalid rev id: ${revision}`, { code: 'RevisionNotFound' });
  return commit;
}
