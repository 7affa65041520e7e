import type { Context } from '@hawser/cli-kit';
import type { Grant } from '@hawser/k8s-sessions/client';
import type { ShareAnswer } from '@hawser/k8s-sessions/protocol';
import type { ServiceFlags } from './flags.js';
import { openService, type ServiceContext } from './service.js';

/** What came of sharing: a link, or who has one. */
export interface Shared {
  readonly sessionId: string;
  readonly link?: ShareAnswer;
  readonly viewers?: readonly Grant[];
  readonly revoked?: string;
}

/** Makes a link, lists the viewers, or sends one away. */
export async function shareSession(
  text: string,
  flags: ServiceFlags & {
    readonly control: boolean;
    readonly ttl?: number | undefined;
    readonly viewers: boolean;
    readonly revoke?: string | undefined;
  },
  context: ServiceContext & Pick<Context, 'out'>,
): Promise<Shared> {
  const { signal, out } = context;
  const { client, url } = await openService(flags, context);
  const sessionId = await client.find(text, { signal });
  if (flags.viewers) return { sessionId, viewers: await client.grants(sessionId, { signal }) };
  if (flags.revoke !== undefined) {
    await client.revoke(sessionId, flags.revoke, { signal });
    return { sessionId, revoked: flags.revoke };
  }
  const role = flags.control ? 'control' : 'view';
  const ttlSeconds = flags.ttl === undefined ? undefined : flags.ttl / 1000;
  const link = await client.share(sessionId, { role, ttlSeconds, signal });
  // The link is what was asked for.
  out.show(link.token);
  return { sessionId, link: { ...link, terminalUrl: new URL(link.terminalUrl, url).href } };
}
