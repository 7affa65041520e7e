import type { Http } from '../http/http.js';
import { readBody } from '../http/read-body.js';
import { officially } from './official.js';
import type { TopEntry } from '../tree/oid.js';
import type { RemoteFile, SpaceCommit } from './types.js';

/** All files of a revision, page by page through the official library. */
export async function listTree(http: Http, space: string, revision: string): Promise<readonly RemoteFile[]> {
  return await officially(http, async ({ listFiles }, params) => {
    const files: RemoteFile[] = [];
    const listing = {
      ...params,
      repo: { type: 'space', name: space } as const,
      revision: encodeURIComponent(revision),
    };
    for await (const entry of listFiles({ ...listing, recursive: true })) {
      if (typeof entry?.type !== 'string') throw new TypeError('an entry of the listing is none');
      if (entry.type !== 'file') continue;
      const { path, size, oid, lfs } = entry;
      files.push(
        lfs
          ? { path, size: lfs.size, oid: String(oid), lfs: { oid: lfs.oid, size: lfs.size } }
          : { path, size, oid: String(oid) },
      );
    }
    return files;
  });
}

/** What stands at the root of a revision; undefined when git has other things there than files and folders. */
export async function listTop(http: Http, space: string, revision: string): Promise<readonly TopEntry[] | undefined> {
  return await officially(http, async ({ listFiles }, params) => {
    const entries: TopEntry[] = [];
    const repo = { type: 'space', name: space } as const;
    for await (const { type, path, oid } of listFiles({ ...params, repo, revision: encodeURIComponent(revision) })) {
      if (!(type === 'file' || type === 'directory') || !/^[0-9a-f]{40}$/.test(String(oid))) return undefined;
      entries.push({ name: path, oid: String(oid), isFolder: type === 'directory' });
    }
    return entries;
  });
}

/** The newest commits of a revision. */
export async function listCommits(
  http: Http,
  space: string,
  { revision = 'main', limit = 50 }: { readonly revision?: string; readonly limit?: number },
): Promise<SpaceCommit[]> {
  return await officially(http, async ({ listCommits: list }, params) => {
    const commits: SpaceCommit[] = [];
    const wanted = { repo: { type: 'space', name: space } as const, revision: encodeURIComponent(revision) };
    for await (const { oid, title, message, date } of list({ ...params, ...wanted, batchSize: limit })) {
      commits.push({ id: oid, title, message: message ?? '', date: date.toISOString() });
      if (commits.length >= limit) break;
    }
    return commits;
  });
}

/** Bytes of a file at a revision, up to 64 MiB. */
export async function readFile(http: Http, space: string, path: string, revision: string): Promise<Uint8Array> {
  const where = path.split('/').map(encodeURIComponent).join('/');
  return await http.ask({ path: `/spaces/${space}/resolve/${encodeURIComponent(revision)}/${where}` }, (response) =>
    readBody(response, `GET ${path}`),
  );
}
