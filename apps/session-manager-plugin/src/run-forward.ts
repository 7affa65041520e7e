import type { Forward } from '@hawser/ssm-channel';
import { concluded } from './conclusion.js';
import { type Ending, exitStatus } from './ending.js';
import { onAskedToEnd } from './signals.js';
import { strings } from './strings.js';
import type { Voice } from './voice.js';

/** Keeps a forwarded port until its session ends or somebody asks for the end. */
export async function runForward(forward: Forward, voice: Voice): Promise<Ending> {
  const [sessionId = ''] = forward.sessionIds;
  const { address, mode } = forward;
  let isInterrupted = false;
  const giveBack = onAskedToEnd({
    alsoSuspend: true,
    status: exitStatus({ how: 'interrupted' }, voice),
    first() {
      isInterrupted = true;
      voice.say(strings.terminateSignal);
      void forward.close();
    },
  });
  forward.on('connect-error', () => voice.say(strings.connectFailed));
  forward.once('connection', () =>
    voice.say(mode === 'mux' ? strings.acceptedMux(sessionId) : strings.acceptedBasic(sessionId)),
  );
  const opened =
    address.path === undefined
      ? strings.portOpened(address.port, sessionId)
      : strings.socketOpened(address.path, sessionId);
  voice.say(`${opened}${mode === 'mux' ? strings.waiting : '\n'}`);
  const end = await forward.ended;
  giveBack();
  const ending = concluded(end, sessionId, voice);
  return isInterrupted ? { how: 'interrupted' } : ending;
}
