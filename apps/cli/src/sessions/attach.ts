import type { Config } from '@oclif/core';
import type { Context } from '@hawser/cli-kit';
import { parseTerminalLink } from '@hawser/k8s-sessions/client';
import type { ViewerRole } from '@hawser/k8s-sessions/protocol';
import type { ServiceFlags } from './flags.js';
import { exitOf, type SessionExit } from './outcome.js';
import { openService } from './service.js';
import { copyOutput, lookInTerminal, type Looked } from './terminal-view.js';

/** How an attached terminal came to its end. */
export interface Attached {
  readonly sessionId: string;
  readonly reason: Looked['end']['reason'];
  readonly exit: SessionExit;
}

/** Attaches to a session by its id, or by a link that somebody shared; for a link no key is needed. */
export async function attachTo(
  what: string,
  flags: ServiceFlags & { readonly 'read-only': boolean; readonly take: boolean },
  context: Context & { readonly config: Pick<Config, 'configDir' | 'dataDir' | 'root'> },
): Promise<Attached> {
  const { out, signal } = context;
  const want: ViewerRole = flags['read-only'] ? 'view' : 'control';
  const { url, session, ticket } = what.includes('/') ? parseTerminalLink(what) : await ask(what, want, flags, context);
  const open = { url, session, ticket, want, signal, say: (text: string) => out.say(text) };
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY && !out.json;
  if (isTerminal) context.leaveCtrlC();
  const looked: Looked = isTerminal
    ? await lookInTerminal({ ...open, takeOver: flags.take })
    : { end: await (await copyOutput(open, out.json ? process.stderr : process.stdout)).ended, isLeft: false };
  const { end } = looked;
  if (end.reason === 'closed') out.say(`Not watched any more. It goes on: hawser sessions attach ${session}`);
  else if (end.reason !== 'exited') out.say(end.message);
  return { sessionId: session, reason: end.reason, exit: exitOf(end.reason === 'exited' ? end.exit : null) };
}

async function ask(
  text: string,
  role: ViewerRole,
  flags: ServiceFlags,
  context: Parameters<typeof attachTo>[2],
): Promise<{ readonly url: string; readonly session: string; readonly ticket: string }> {
  const { client, url } = await openService(flags, context);
  const session = await client.find(text, { signal: context.signal });
  const { token } = await client.share(session, { role, signal: context.signal });
  return { url, session, ticket: token };
}
