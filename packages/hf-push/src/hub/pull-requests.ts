import { HfPushError } from '../errors.js';
import type { Http } from '../http/http.js';
import type { PullRequest } from './types.js';

interface ApiDiscussion {
  readonly num: number;
  readonly title: string;
  readonly status: string;
  readonly isPullRequest: boolean;
}

/** The newest pull requests of a Space. */
export async function listPullRequests(http: Http, space: string): Promise<PullRequest[]> {
  const { discussions } = await http.json<{ readonly discussions?: unknown }>({
    path: `/api/spaces/${space}/discussions`,
  });
  if (!Array.isArray(discussions))
    throw new HfPushError('HAWSER_HF_PROTOCOL', `The Hub lists no discussions of ${space}`);
  return (discussions as readonly ApiDiscussion[])
    .filter((discussion) => discussion.isPullRequest)
    .map(({ num, title, status }) => ({ number: num, title, isOpen: status === 'open' || status === 'draft' }));
}

/** Opens a pull request; after a lost answer it is looked for by its title before it is opened again. */
export async function openPullRequest(
  http: Http,
  space: string,
  { title, description }: { readonly title: string; readonly description: string },
): Promise<number> {
  const { num } = await http.json<{ num: number }>(
    { method: 'POST', path: `/api/spaces/${space}/discussions`, json: { title, description, pullRequest: true } },
    async () => {
      const opened = (await listPullRequests(http, space)).find((request) => request.isOpen && request.title === title);
      return opened && { num: opened.number };
    },
  );
  if (!Number.isInteger(num))
    throw new HfPushError('HAWSER_HF_PROTOCOL', 'The Hub opened a pull request without naming its number');
  return num;
}
