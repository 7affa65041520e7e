import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { GitObjectType } from '../git/objects.js';
import { createRepository, type Repository } from '../git/repository.js';
import type { Hub } from './hub.js';
import type { Discussion, KeptSpace, Setting, Visibility } from './spaces.js';

/** Brings Spaces from one start of a Hub to the next. */
export interface Keeper {
  /** Puts all Spaces of the folder into a Hub; one whose objects are not all there is put aside. */
  load(hub: Pick<Hub, 'restore'>): void;
  /** Writes down what has changed since. Objects come before the refs that lead to them, so that it can be killed. */
  save(hub: Pick<Hub, 'spaces'>): void;
}

/** What a Space's document holds, beside its objects. */
interface SpaceDocument {
  readonly id: string;
  readonly internalId: string;
  readonly owner: string;
  readonly name: string;
  readonly createdAt: string;
  readonly sdk: string;
  readonly visibility: Visibility;
  readonly gated: unknown;
  readonly refs: readonly (readonly [string, string])[];
  readonly variables: readonly (readonly [string, Setting])[];
  readonly secrets: readonly (readonly [string, Setting])[];
  readonly discussions: readonly Discussion[];
}

const documentEnd = '.json';
const objectsEnd = '.objects';

/** Makes a keeper for a folder: a document and a growing file of git objects for each Space, by its internal id. */
export function createKeeper(folder: string): Keeper {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const written = new Map<string, { objects: number; bytes: number; document: string }>();
  const pathOf = (internalId: string, end: string): string => join(folder, `${internalId}${end}`);

  return {
    load(hub) {
      for (const file of readdirSync(folder).filter((name) => name.endsWith(documentEnd))) {
        const text = readFileSync(join(folder, file), 'utf8');
        const document = JSON.parse(text) as SpaceDocument;
        const repository = createRepository();
        const objects = pathOf(document.internalId, objectsEnd);
        const bytes = readObjects(objects, repository);
        // A machine that lost its power may have kept the refs, and not the objects they lead to.
        if (document.refs.some(([, oid]) => !repository.objects.has(oid))) {
          renameSync(join(folder, file), pathOf(document.internalId, '.broken'));
          continue;
        }
        for (const [name, oid] of document.refs) repository.refs.set(name, oid);
        written.set(document.internalId, { objects: repository.objects.size, bytes, document: text });
        hub.restore(spaceOf(document, repository));
      }
    },
    save(hub) {
      const gone = new Set(written.keys());
      for (const space of hub.spaces.values()) {
        gone.delete(space.internalId);
        const before = written.get(space.internalId) ?? { objects: 0, bytes: 0, document: '' };
        const { objects } = space.repository;
        const fresh = Buffer.concat([...objects.values()].slice(before.objects).map(encodeObject));
        if (fresh.length > 0) writeAt(pathOf(space.internalId, objectsEnd), fresh, before.bytes);
        const document = JSON.stringify(documentOf(space));
        if (document !== before.document) {
          const path = pathOf(space.internalId, documentEnd);
          writeFileSync(`${path}.new`, document, { mode: 0o600 });
          renameSync(`${path}.new`, path);
        }
        written.set(space.internalId, { objects: objects.size, bytes: before.bytes + fresh.length, document });
      }
      for (const internalId of gone) {
        for (const end of [documentEnd, objectsEnd]) rmSync(pathOf(internalId, end), { force: true });
        written.delete(internalId);
      }
    },
  };
}

function documentOf(space: KeptSpace): SpaceDocument {
  const { id, internalId, owner, name, createdAt, sdk, visibility, gated, discussions } = space;
  return {
    id,
    internalId,
    owner,
    name,
    createdAt,
    sdk,
    visibility,
    gated,
    refs: [...space.repository.refs],
    variables: [...space.variables],
    secrets: [...space.secrets],
    discussions,
  };
}

function spaceOf(document: SpaceDocument, repository: Repository): KeptSpace {
  const { refs: _refs, ...facts } = document;
  return {
    ...facts,
    repository,
    variables: new Map(document.variables),
    secrets: new Map(document.secrets),
    discussions: [...document.discussions],
  };
}

/** As git hashes it: type, length, NUL, body. */
function encodeObject({ type, body }: { readonly type: GitObjectType; readonly body: Buffer }): Buffer {
  return Buffer.concat([Buffer.from(`${type} ${body.length}\0`), body]);
}

/** Writes over whatever lies behind `position`: what an earlier try left, to which nothing leads. */
function writeAt(path: string, bytes: Buffer, position: number): void {
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o600);
  try {
    // A single write may take less than it is given.
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at, bytes.length - at, position + at);
  } finally {
    closeSync(file);
  }
}

/** Puts the objects of a file into a repository; answers how many bytes those take that are whole. */
function readObjects(path: string, repository: Repository): number {
  const bytes = readFileSync(path);
  let at = 0;
  for (;;) {
    const end = bytes.indexOf(0, at);
    const head = /^(blob|tree|commit|tag) (\d+)$/.exec(bytes.subarray(at, Math.max(at, end)).toString('latin1'));
    const next = end + 1 + Number(head?.[2]);
    if (!head || next > bytes.length) return at;
    repository.put(head[1] as GitObjectType, bytes.subarray(end + 1, next));
    at = next;
  }
}
