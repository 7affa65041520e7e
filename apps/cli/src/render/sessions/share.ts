import type { Style } from '@hawser/cli-kit';
import type { Grant } from '@hawser/k8s-sessions/client';
import type { Shared } from '../../sessions/share.js';
import { type ColouredColumn, renderColumns } from '../columns.js';

/** A link, alone on its line; the viewers as a table; or who was sent away. */
export function renderShared({ link, viewers, revoked }: Shared, style: Style): string {
  if (link) return link.terminalUrl;
  if (revoked !== undefined) return `${revoked} was sent away, and does not come in again.`;
  if (!viewers || viewers.length === 0) return 'Nobody has opened a link yet.';
  const columns: readonly ColouredColumn<Grant>[] = [
    { heading: 'ID', value: ({ id }) => id, paint: (word) => style.strong(word) },
    { heading: 'MAY', value: ({ role }) => (role === 'control' ? 'look and type' : 'look') },
    { heading: 'LAST SEEN', value: ({ lastSeen }) => lastSeen.slice(0, 19).replace('T', ' ') },
    {
      heading: 'STANDING',
      value: ({ standing }) => standing,
      paint: (word, { standing }) => (standing === 'good' ? style.good(word) : style.faint(word)),
    },
  ];
  return renderColumns(viewers, columns, style);
}
