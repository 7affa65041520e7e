import type { Config } from '@oclif/core';
import type { Context } from '@hawser/cli-kit';
import { isOver, type CreatedSession, type SessionView } from '@hawser/k8s-sessions/protocol';
import type { SessionsClient, ViewEnd, ViewState } from '@hawser/k8s-sessions/client';
import { listenForWishes, type OnInterrupt } from '../exec/interrupts.js';
import { wordsOfExit } from '../render/sessions/words.js';
import type { CreateFlags } from './flags.js';
import { exitOf, type SessionExit } from './outcome.js';
import { requestOf, type SessionWords } from './request.js';
import { openService, type Service } from './service.js';
import { copyOutput, lookInTerminal, type Looked, type OpenOptions } from './terminal-view.js';

/** What is known of a session somebody watched. */
export interface WatchedSession {
  readonly session: SessionView;
  /** With what we exit, and whose word that is. */
  readonly exit: SessionExit;
}

interface RunContext extends Context {
  readonly config: Pick<Config, 'configDir' | 'dataDir' | 'root'>;
}

/** Creates a session as words and flags say, with the link to it made absolute. */
export async function createSession(
  words: SessionWords,
  flags: CreateFlags,
  context: RunContext,
): Promise<{ readonly created: CreatedSession; readonly service: Service }> {
  const request = requestOf(words, flags, process.env);
  const service = await openService(flags, context, { mayStart: true });
  const created = await service.client.create(request, { signal: context.signal });
  return { created: { ...created, terminalUrl: new URL(created.terminalUrl, service.url).href }, service };
}

/** Runs a command in a session of its own, and shows it until it ends or one goes away. */
export async function runSession(
  words: SessionWords,
  flags: CreateFlags & { readonly 'on-interrupt'?: OnInterrupt | undefined },
  context: RunContext,
): Promise<WatchedSession> {
  const { created, service } = await createSession(words, flags, context);
  const { sessionId: session, token: ticket } = created;
  const { out, signal } = context;
  out.say(`→ Session ${session}`);
  const open: OpenOptions = {
    url: service.url,
    session,
    ticket,
    whole: true,
    signal,
    say: (text) => out.say(text),
    onState: tellProgress((text) => out.say(text)),
  };
  const isInteractive = process.stdin.isTTY && process.stdout.isTTY && !out.json;
  if (isInteractive) context.leaveCtrlC();
  const looked = isInteractive
    ? await lookInTerminal({ ...open, takeOver: true })
    : await copyUntilTold(open, service.client, flags['on-interrupt'], context);
  return concludeLook(looked, { session, client: service.client, context });
}

/** What became of it: the session as it is now, and with what to exit. */
export async function concludeLook(
  { end, isLeft }: Looked,
  {
    session,
    client,
    context: { out },
  }: { readonly session: string; readonly client: SessionsClient; readonly context: Context },
): Promise<WatchedSession> {
  // The exit came over the stream a moment before the service wrote it down.
  const view = end.reason === 'exited' ? await client.wait(session) : await client.get(session);
  const exit = end.reason === 'exited' ? end.exit : view.exit;
  if (exit && exit.reason !== 'ok') out.say(`Session ${session} ${wordsOfExit(exit)}.`);
  if (!exit) out.say(`${whyLeft(end, isLeft)} It goes on: hawser sessions attach ${session}`);
  return { session: view, exit: exitOf(exit) };
}

function whyLeft(end: ViewEnd, isLeft: boolean): string {
  return isLeft || end.reason === 'closed' || end.reason === 'exited' ? 'Not watched any more.' : end.message;
}

async function copyUntilTold(
  open: OpenOptions,
  client: SessionsClient,
  chosen: OnInterrupt | undefined,
  context: RunContext,
): Promise<Looked> {
  const { out } = context;
  const wishes = listenForWishes({
    chosen,
    onPress: () => out.say('\nNot watched any more. Ctrl-C again within 2 s cancels it.'),
    context,
  });
  // With --json there is one document on standard output, and what the command prints is talk.
  const view = await copyOutput({ ...open, signal: undefined }, out.json ? process.stderr : process.stdout);
  const what = await Promise.race([view.ended, wishes.wish]);
  if (what === 'detach') view.close();
  if (what === 'cancel') {
    out.say(`Cancelling ${open.session} …`);
    await stopUnlessOver(client, open.session);
    const insist = (): void => {
      out.say('Leaving it no more time …');
      client.stop(open.session, { graceSeconds: 0 }).catch((thrown: unknown) => out.debug(String(thrown)));
    };
    if (wishes.insisted.aborted) insist();
    else wishes.insisted.addEventListener('abort', insist, { once: true });
  }
  return { end: await view.ended, isLeft: what === 'detach' };
}

/** It may have ended by itself while we were told to end it. */
async function stopUnlessOver(client: SessionsClient, session: string): Promise<void> {
  await client.stop(session).catch(async (error: unknown) => {
    if (!isOver((await client.get(session)).state)) throw error;
  });
}

/** Says what is waited for before the command runs; what it then prints speaks for itself. */
function tellProgress(say: (text: string) => void): (state: ViewState) => void {
  let told: string | null = null;
  return ({ session, detail }) => {
    const isEarly = session === 'requested' || session === 'queued' || session === 'starting';
    if (!isEarly || detail === null || detail === told) return;
    told = detail;
    say(`… ${detail}`);
  };
}
