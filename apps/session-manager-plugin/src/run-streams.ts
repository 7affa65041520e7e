import { setTimeout as pause } from 'node:timers/promises';
import type { Session, SessionEnd } from '@hawser/ssm-channel';
import { attachTerminal } from '@hawser/terminal';
import { concluded } from './conclusion.js';
import { type Ending, exitStatus } from './ending.js';
import { onAskedToEnd } from './signals.js';
import { strings } from './strings.js';
import type { Voice } from './voice.js';

/** How long the far side may take to say that a stream is over once its input is. */
const goodbyeMs = 2_000;

/** Puts our own streams on a session of byte streams: a shell, a command, or the one connection of an SSH document. */
export async function runStreams(session: Session, voice: Voice): Promise<Ending> {
  const { end, isInterrupted } =
    session.facts.sessionType === 'Port' ? await carry(session, voice) : await attach(session, voice);
  if (end.exitCode !== undefined && isShownLikeTheOriginal(voice)) voice.say(strings.exitCode(end.exitCode));
  const ending = concluded(end, session.sessionId, voice);
  return isInterrupted ? { how: 'interrupted' } : ending;
}

interface Served {
  readonly end: SessionEnd;
  readonly isInterrupted: boolean;
}

async function attach(session: Session, voice: Voice): Promise<Served> {
  const hasTerminal = session.facts.sessionType !== 'NonInteractiveCommands';
  const left = await attachTerminal({
    remote: session,
    errors: isShownLikeTheOriginal(voice) ? process.stdout : process.stderr,
    newlineIsEnter: hasTerminal,
    rawOutput: hasTerminal,
    // What the end of input means to this type of session is known to the session.
    onInputEnd: 'end',
    interrupts: voice.isDropIn ? 'send' : 'leave',
  });
  if (left.reason === 'ended') return { end: await session.ended, isInterrupted: false };
  voice.log.info(`terminal let go: ${left.reason}${left.reason === 'signal' ? ` ${left.signal}` : ''}`);
  const giveBack = onAskedToEnd({ first: () => undefined, status: exitStatus({ how: 'interrupted' }, voice) });
  const end = await session.terminate();
  giveBack();
  return { end, isInterrupted: left.reason === 'signal' };
}

/** Bytes pass unchanged both ways: this is what ssh's ProxyCommand speaks through. */
async function carry(session: Session, voice: Voice): Promise<Served> {
  let isInterrupted = false;
  const giveBack = onAskedToEnd({
    status: exitStatus({ how: 'interrupted' }, voice),
    first() {
      isInterrupted = true;
      void session.terminate();
    },
  });
  session.stderr.pipe(process.stderr, { end: false });
  session.stdout.pipe(process.stdout, { end: false });
  process.stdout.once('error', () => void session.terminate());
  session.stdin.once('finish', () => void leaveSoon(session));
  session.stdin.on('error', () => undefined);
  process.stdin.pipe(session.stdin);
  const end = await session.ended;
  giveBack();
  process.stdin.unpipe(session.stdin).pause();
  return { end, isInterrupted };
}

/** Input is over and acknowledged. The agent answers that by ending the session; one that does not is told to. */
async function leaveSoon(session: Session): Promise<void> {
  await Promise.race([session.ended, pause(goodbyeMs, undefined, { ref: false })]);
  await session.terminate();
}

/** The original shows error output and the exit code among the output. */
function isShownLikeTheOriginal(voice: Voice): boolean {
  return voice.isDropIn && !voice.remoteExitCode && !voice.isQuiet;
}
