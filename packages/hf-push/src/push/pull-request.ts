import type { Hub } from '../hub/types.js';
import type { Journal } from '../journal/journal.js';
import { spaceUrl } from '../space/status.js';
import { treeOid } from '../tree/oid.js';

/** A pull request that the change goes to, or is in already. */
export interface OpenedPullRequest {
  readonly number: number;
  readonly url: string;
  /** `refs/pr/NUMBER`. */
  readonly revision: string;
  /** Its head, when that has the wanted tree already. */
  readonly commit?: string;
}

/** The change that is proposed. */
export interface Proposal {
  readonly space: string;
  /** Names the contents, so that the same change is proposed once. */
  readonly title: string;
  readonly parent: string;
  readonly treeId: string;
}

/**
 * The pull request for a change: the one that a killed push had opened, or an open one with the same title (which names
 * the contents), if it stands at the wanted tree or where the change begins; else a new one.
 */
export async function findPullRequest(
  hub: Hub,
  { space, title, parent, treeId }: Proposal,
  contents: string,
  journal: Journal,
): Promise<OpenedPullRequest> {
  const remembered = journal.unfinishedPullRequest(contents);
  const open = await hub.listPullRequests(space);
  const found = open.filter((request) => request.isOpen && (request.number === remembered || request.title === title));
  for (const { number } of found) {
    const opened = openedOf(hub, space, number);
    const head = (await hub.spaceInfo(space, opened.revision))?.sha;
    if (head === parent) return opened;
    if (head !== undefined && treeOid(await hub.listTree(space, head)) === treeId) return { ...opened, commit: head };
  }
  const description = `Proposed by hawser.\n\nHawser-Contents: ${contents}`;
  const number = await hub.openPullRequest(space, { title, description });
  await journal.write({ did: 'pull-request', contents, number });
  return openedOf(hub, space, number);
}

function openedOf(hub: Hub, space: string, number: number): OpenedPullRequest {
  return { number, url: `${spaceUrl(hub, space)}/discussions/${number}`, revision: `refs/pr/${number}` };
}
