import { constants } from 'node:fs';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflate, inflate } from 'node:zlib';
import { decodeCommit, decodeTree, objectId, type GitObject, type GitObjectType } from './objects.js';
import type { Repository } from './repository.js';

/** The repository of a Space as a folder git can read. */
export interface BareRepository {
  readonly folder: string;
  /** Brings the folder to where the repository in memory is. */
  write(): Promise<void>;
  /** Every object git has put here that is needed for a commit and not in memory yet; undefined where one is missing. */
  read(commit: string): Promise<ReadonlyMap<string, GitObject> | undefined>;
}

const pack = promisify(deflate);
const unpack = promisify(inflate);

/** Git's own settings for a folder that is only ever read from, by whatever client. */
const config = `[core]
\trepositoryformatversion = 0
\tbare = true
[uploadpack]
\tallowFilter = true
\tallowAnySHA1InWant = true
[gc]
\tauto = 0
`;

/** Prepares a bare repository; the folder is made with the first {@link BareRepository.write}. */
export function createBareRepository(folder: string, repository: Repository): BareRepository {
  const written = new Set<string>();
  let turn: Promise<void> = Promise.resolve();
  const fileOf = (oid: string): string => join(folder, 'objects', oid.slice(0, 2), oid.slice(2));

  let begun = false;

  /** Once: git reads these files whenever it likes, and must not find one that is being written. */
  const begin = async (): Promise<void> => {
    if (begun) return;
    await mkdir(join(folder, 'refs'), { recursive: true });
    await mkdir(join(folder, 'objects'), { recursive: true });
    await writeFile(join(folder, 'config'), config);
    await writeFile(join(folder, 'HEAD'), 'ref: refs/heads/main\n');
    begun = true;
  };
  const writeAll = async (): Promise<void> => {
    await begin();
    for (const [oid, { type, body }] of repository.objects) {
      if (written.has(oid)) continue;
      const file = fileOf(oid);
      await mkdir(join(file, '..'), { recursive: true });
      const content = await pack(Buffer.concat([Buffer.from(`${type} ${body.length}\0`), body]), { level: 1 });
      await replace(file, content);
      written.add(oid);
    }
    const refs = [...repository.refs].toSorted(([a], [b]) => (a < b ? -1 : 1));
    await replace(join(folder, 'packed-refs'), refs.map(([name, oid]) => `${oid} ${name}\n`).join(''));
  };
  const readObject = async (oid: string): Promise<GitObject | undefined> => {
    try {
      await access(fileOf(oid), constants.R_OK);
    } catch {
      return undefined;
    }
    const content = await unpack(await readFile(fileOf(oid)));
    const end = content.indexOf(0);
    const [type = ''] = content.toString('latin1', 0, end).split(' ');
    const object: GitObject = { type: type as GitObjectType, body: content.subarray(end + 1) };
    return objectId(object.type, object.body) === oid ? object : undefined;
  };
  return {
    folder,
    write: () => {
      // One after the other: two clones at once would write the same files.
      turn = turn.then(writeAll);
      return turn;
    },
    read: async (commit) => {
      const found = new Map<string, GitObject>();
      const wanted = [commit];
      for (let oid = wanted.pop(); oid !== undefined; oid = wanted.pop()) {
        if (repository.objects.has(oid) || found.has(oid)) continue;
        const object = await readObject(oid);
        if (!object) return undefined;
        found.set(oid, object);
        wanted.push(...referencesOf(object));
      }
      return found;
    },
  };
}

/** What an object needs to be whole. Submodules are elsewhere. */
function referencesOf({ type, body }: GitObject): readonly string[] {
  if (type === 'commit') {
    const { tree, parents } = decodeCommit(body);
    return [tree, ...parents];
  }
  return type === 'tree'
    ? decodeTree(body)
        .filter(({ mode }) => mode !== '160000')
        .map(({ oid }) => oid)
    : [];
}

/** Nobody sees half a file. */
async function replace(file: string, content: string | Buffer): Promise<void> {
  const fresh = `${file}.fresh`;
  await writeFile(fresh, content);
  try {
    await rename(fresh, file);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}
