import { openDataChannel } from '../session/data-channel.js';
import type { ChannelTuning, SessionType } from '../session/session-type.js';
import { standardSessionTypes } from '../session/open.js';
import type { OpenSessionOptions, Session } from '../session/types.js';
import type { Lane } from './lane.js';
import type { ListenAddress } from './listen.js';
import { isForwarding, serveLane } from './lanes.js';
import { type Forward, forwardLane } from './open.js';

/** A started session, served as its document means it: byte streams, or a local port for many connections. */
export type DocumentSession =
  | { readonly kind: 'streams'; readonly session: Session }
  | { readonly kind: 'forward'; readonly forward: Forward };

/** How {@link openDocumentSession} opens a session. */
export interface DocumentSessionOptions extends OpenSessionOptions, ChannelTuning {
  /** Where to listen, should it be a forwarded port. Default: what the session document says, else any free port. */
  readonly listen?: ListenAddress;
}

const types: readonly SessionType<Session | Lane>[] = standardSessionTypes.map((type) =>
  type.name === 'Port'
    ? { name: 'Port', serve: (channel) => (isForwarding(channel.facts) ? serveLane(channel) : type.serve(channel)) }
    : type,
);

/**
 * Opens a session that somebody else started, without knowing of what kind it is: the agent says so in its handshake.
 * This is what a session-manager-plugin does.
 *
 * @throws SsmChannelError as `openSession` and `forwardPort` do.
 */
export async function openDocumentSession(options: DocumentSessionOptions): Promise<DocumentSession> {
  const served = await openDataChannel({ ...options, types });
  if ('carry' in served) return { kind: 'forward', forward: await forwardLane(served, options.listen) };
  return { kind: 'streams', session: served };
}
