import { Refusal, json, type Answer } from '../http/answer.js';
import { isRecord, type Call, type Caller } from '../http/call.js';
import type { Route } from '../http/serve.js';
import { createDraft } from '../state/draft.js';
import { requireCaller, requireCommit, type Hub } from '../state/hub.js';
import { isRepoName, mainRef, type Setting, type Space, type Visibility } from '../state/spaces.js';
import { fromBase64 } from './commit.js';
import { count, list, only, optionalText, text } from './fields.js';
import { requireFlavor } from './flavors.js';

/** Making and removing Spaces. */
export function repoRoutes(hub: Hub): readonly Route[] {
  return [
    { method: 'POST', path: /^\/api\/repos\/create$/u, answer: (call) => create(hub, call) },
    { method: 'DELETE', path: /^\/api\/repos\/delete$/u, answer: (call) => remove(hub, call) },
    {
      method: 'POST',
      path: /^\/api\/spaces\/([^/]+)\/([^/]+)\/duplicate$/u,
      answer: (call) => duplicate(hub, call),
    },
  ];
}

const settingsOfCreation = ['hardware', 'storageTier', 'sleepTimeSeconds', 'secrets', 'variables', 'volumes'];
const sdks = ['gradio', 'docker', 'static', 'streamlit'];

async function create(hub: Hub, call: Call): Promise<Answer> {
  const caller = requireCaller(call);
  const fields = await call.body.json();
  only(
    fields,
    [
      'name',
      'organization',
      'type',
      'sdk',
      'visibility',
      'private',
      'template',
      'region',
      'resourceGroupId',
      'license',
      'files',
      ...settingsOfCreation,
    ],
    'the creation of a repository',
  );
  if (fields['type'] !== 'space') throw new Refusal(400, 'This Hub keeps Spaces only: "type" must be "space".');
  const sdk = text(fields, 'sdk');
  if (!sdks.includes(sdk)) throw new Refusal(400, `"sdk" must be one of ${sdks.join(', ')}.`);
  const space = make(hub, caller, {
    owner: optionalText(fields, 'organization') ?? caller.account.name,
    name: text(fields, 'name'),
    sdk,
    visibility: visibilityOf(fields) ?? 'public',
  });
  orGone(hub, space, () => {
    applySettings(space, fields, hub.nowMs());
    seed(hub, space, list(fields, 'files'), caller.account.name);
  });
  return json({ url: hub.url(`/spaces/${space.id}`), name: space.id, id: space.internalId });
}

async function remove(hub: Hub, call: Call): Promise<Answer> {
  const caller = requireCaller(call);
  const fields = await call.body.json();
  const owner = optionalText(fields, 'organization') ?? caller.account.name;
  hub.delete(hub.space({ ...call, params: [owner, text(fields, 'name')] }, 'write'));
  return { status: 200, body: 'OK' };
}

async function duplicate(hub: Hub, call: Call): Promise<Answer> {
  const caller = requireCaller(call);
  const source = hub.space(call, 'read');
  const fields = await call.body.json();
  only(fields, ['repository', 'visibility', 'private', 'resourceGroupId', ...settingsOfCreation], 'a duplication');
  const [owner = '', name = '', ...rest] = text(fields, 'repository').split('/');
  if (rest.length > 0 || name === '') throw new Refusal(400, '"repository" must be namespace and name.');
  const space = make(hub, caller, {
    owner,
    name,
    sdk: source.sdk,
    visibility: visibilityOf(fields) ?? source.visibility,
  });
  for (const [key, value] of source.variables) space.variables.set(key, value);
  space.repository.adopt(source.repository);
  space.repository.refs.set(mainRef, requireCommit(source, mainRef));
  orGone(hub, space, () => applySettings(space, fields, hub.nowMs()));
  hub.moved(space);
  return json({ url: hub.url(`/spaces/${space.id}`), name: space.id });
}

function make(
  hub: Hub,
  caller: Caller,
  wanted: { readonly owner: string; readonly name: string; readonly sdk: string; readonly visibility: Visibility },
): Space {
  const { owner, name, sdk } = wanted;
  const { account, only: onlySpace } = caller;
  const role = hub.role(caller, owner);
  if (!isRepoName(name)) throw new Refusal(400, `Invalid repo name: ${name}.`);
  if (account.role === 'read' || (onlySpace !== undefined && onlySpace !== `${owner}/${name}`))
    throw new Refusal(403, 'You do not have the rights to create a repository with this token.');
  if (role !== 'write' && role !== 'admin')
    throw new Refusal(403, `You don't have the rights to create a space under the namespace "${owner}".`);
  const id = `${owner}/${name}`;
  if (hub.spaces.has(id))
    throw new Refusal(409, 'You already created this space repo', { more: { url: hub.url(`/spaces/${id}`) } });
  if (sdk !== 'static' && account.isPro === false)
    throw new Refusal(402, `Payment Required: ${sdk} Spaces need a PRO subscription or a Team plan.`);
  return hub.create({ ...wanted, by: account.name });
}

/** `visibility`, or what older clients send. */
export function visibilityOf(fields: Readonly<Record<string, unknown>>): Visibility | undefined {
  const value = fields['visibility'];
  if (value === 'public' || value === 'private' || value === 'protected') return value;
  if (value !== undefined && value !== null)
    throw new Refusal(400, '"visibility" must be public, private or protected.');
  return typeof fields['private'] === 'boolean' ? (fields['private'] ? 'private' : 'public') : undefined;
}

/** A Space that cannot be made as it was asked for is not made. */
function orGone(hub: Hub, space: Space, finish: () => void): void {
  try {
    finish();
  } catch (error) {
    hub.delete(space);
    throw error;
  }
}

function applySettings(space: Space, fields: Readonly<Record<string, unknown>>, nowMs: number): void {
  const hardware = optionalText(fields, 'hardware');
  if (hardware !== undefined) space.runtime.requestHardware(requireFlavor(hardware));
  if (fields['sleepTimeSeconds'] !== undefined) space.runtime.setSleepSeconds(count(fields, 'sleepTimeSeconds'));
  if (fields['volumes'] !== undefined) space.runtime.setVolumes(list(fields, 'volumes'));
  for (const name of ['variables', 'secrets'] as const) {
    for (const one of list(fields, name)) {
      if (!isRecord(one)) throw new Refusal(400, `"${name}" must hold objects.`);
      const [key, setting] = readSetting(one, nowMs);
      space[name].set(key, setting);
    }
  }
}

/** A variable or secret as it is sent. */
export function readSetting(fields: Readonly<Record<string, unknown>>, nowMs: number): [string, Setting] {
  only(fields, ['key', 'value', 'description'], 'a variable or secret');
  const key = text(fields, 'key');
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/u.test(key)) throw new Refusal(400, `"${key}" is no name for a variable.`);
  const description = optionalText(fields, 'description');
  return [
    key,
    {
      value: text(fields, 'value'),
      ...(description === undefined ? {} : { description }),
      updatedAt: new Date(nowMs).toISOString(),
    },
  ];
}

/** Files a Space is made with. */
function seed(hub: Hub, space: Space, files: readonly unknown[], author: string): void {
  if (files.length === 0) return;
  const draft = createDraft(hub, space);
  for (const file of files) {
    if (!isRecord(file)) throw new Refusal(400, '"files" must hold objects.');
    draft.addFile(text(file, 'path'), fromBase64(text(file, 'content'), 'The content of a file'));
  }
  const { repository } = space;
  const parent = requireCommit(space, mainRef);
  const tree = draft.apply(repository.facts(parent).tree);
  const seconds = Math.floor(hub.nowMs() / 1000);
  repository.refs.set(mainRef, repository.commit({ tree, parents: [parent], author, seconds, message: 'Add files' }));
  hub.moved(space);
}
