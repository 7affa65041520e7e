import { failed, httpGet, type GetOptions, type Got } from './http-get.js';
import { hostOf } from './source-url.js';

/** Bytes of an advertisement; the largest public repositories stay below. */
const maxAdvertisement = 32 * 1_048_576;

/** Refs of a repository, and where it answered. */
export interface Advertisement {
  readonly refs: ReadonlyMap<string, string>;
  readonly from: Omit<Got, 'body'>;
  /** Where the repository is in the end, behind all redirects. */
  readonly repository: URL;
}

/**
 * Asks a repository for its refs, as git's smart HTTP protocol has it (gitprotocol-http, "Smart Clients").
 *
 * @throws SessionsError HAWSER_SESSIONS_SOURCE_FAILED when it is no repository.
 */
export async function readRefs(repository: URL, options: GetOptions): Promise<Advertisement> {
  const url = new URL(repository);
  url.pathname = `${url.pathname.replace(/\/$/u, '')}/info/refs`;
  url.search = '?service=git-upload-pack';
  const { body, ...from } = await httpGet(url, options);
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maxAdvertisement) throw failed('The repository has too many refs');
    parts.push(part);
  }
  const final = new URL(from.url);
  final.pathname = final.pathname.replace(/\/info\/refs$/u, '');
  final.search = '';
  return { refs: parseRefs(Buffer.concat(parts), hostOf(url)), from, repository: final };
}

function parseRefs(bytes: Buffer, host: string): ReadonlyMap<string, string> {
  const refs = new Map<string, string>();
  for (let at = 0; at + 4 <= bytes.length;) {
    const length = Number.parseInt(bytes.toString('latin1', at, at + 4), 16);
    if (Number.isNaN(length) || at + length > bytes.length) throw failed(`${host} does not answer as a repository`);
    const line = length < 4 ? '' : bytes.toString('utf8', at + 4, at + length).replace(/\n$/u, '');
    at += Math.max(4, length);
    const found = /^([0-9a-f]{40}|[0-9a-f]{64}) ([^\0]+)/u.exec(line);
    if (found) refs.set(found[2] as string, found[1] as string);
  }
  if (refs.size === 0) throw failed(`${host} has no such repository, or it is empty`);
  return refs;
}

/** The commit a name stands for: branch, tag (what an annotated one points at), whole commit id, `HEAD`. */
export function commitOf(refs: ReadonlyMap<string, string>, name: string): string | undefined {
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/u.test(name)) return name;
  const tag = `refs/tags/${name}`;
  return (
    refs.get(`refs/heads/${name}`) ??
    refs.get(`${tag}^{}`) ??
    refs.get(tag) ??
    (name === 'HEAD' ? refs.get('HEAD') : undefined)
  );
}

/** Where in `branch/with/slashes/and/folder` the ref ends: the longest one that exists. */
export function splitTree(
  refs: ReadonlyMap<string, string>,
  rest: readonly string[],
): { readonly commit: string; readonly ref: string; readonly folder: string } | undefined {
  for (let length = rest.length; length > 0; length--) {
    const ref = rest.slice(0, length).join('/');
    const commit = commitOf(refs, ref);
    if (commit !== undefined) return { commit, ref, folder: rest.slice(length).join('/') };
  }
  return undefined;
}
