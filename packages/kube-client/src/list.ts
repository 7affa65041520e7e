import { KubeClientError } from './errors.js';
import type { Requests } from './http/requests.js';
import { parseJson } from './json.js';
import type { ListOptions } from './types.js';

/** As many as kubectl asks for at a time. */
const PAGE = 500;

/** What a list answers (meta/v1 ListMeta). */
interface Page<T> {
  readonly metadata?: { readonly continue?: string; readonly resourceVersion?: string };
  readonly items?: readonly T[] | null;
}

/** Page by page. When a page is too old to go on from (410), the list is begun again without what was given before. */
export async function* listAll<T>(requests: Requests, path: string, options: ListOptions): AsyncGenerator<T> {
  yield* listFrom<T>(requests, path, options, () => undefined);
}

/** {@link listAll}, which tells the resource version that a watch can go on from. */
export async function* listFrom<T>(
  requests: Requests,
  path: string,
  options: ListOptions,
  onVersion: (version: string) => void,
): AsyncGenerator<T> {
  const given = new Set<string>();
  let token: string | undefined;
  let restarts = 0;
  for (;;) {
    const query = { ...selectors(options), limit: String(PAGE), ...(token && { continue: token }) };
    let page: Page<T>;
    try {
      const text = await requests.text({ method: 'GET', path: withQuery(path, query), signal: options.signal });
      page = parseJson(text, path) as Page<T>;
    } catch (error) {
      if (!token || !isExpired(error) || ++restarts > 3) throw error;
      token = undefined;
      continue;
    }
    onVersion(page.metadata?.resourceVersion ?? '');
    for (const item of page.items ?? []) {
      const { uid = '' } = (item as { readonly metadata?: { readonly uid?: string } }).metadata ?? {};
      if (uid !== '' && given.has(uid)) continue;
      given.add(uid);
      yield item;
    }
    token = page.metadata?.continue || undefined;
    if (!token) return;
  }
}

export function selectors({ labelSelector, fieldSelector }: ListOptions): Record<string, string> {
  return { ...(labelSelector && { labelSelector }), ...(fieldSelector && { fieldSelector }) };
}

/** Joins a query to a path that may have one. */
export function withQuery(path: string, query: Readonly<Record<string, string>>): string {
  const joined = new URLSearchParams(query).toString();
  return joined === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${joined}`;
}

export function isExpired(error: unknown): boolean {
  return error instanceof KubeClientError && error.details?.['status'] === 410;
}
