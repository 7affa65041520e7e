import { isOver, sessionStates, type SessionView } from '@hawser/k8s-sessions/protocol';
import type { ServiceFlags } from './flags.js';
import { openService, type ServiceContext } from './service.js';

/** The sessions that flags choose, the newest first. */
export async function listSessions(
  flags: ServiceFlags & { readonly running: boolean; readonly label?: string | undefined; readonly limit: number },
  context: ServiceContext,
): Promise<readonly SessionView[]> {
  const { client } = await openService(flags, context);
  const { label, limit } = flags;
  const states = flags.running ? sessionStates.filter((state) => !isOver(state)) : undefined;
  const sessions: SessionView[] = [];
  for await (const session of client.list({ states, label, limit, signal: context.signal })) sessions.push(session);
  return sessions;
}
