import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { attachSession, type TerminalSize } from '@hawser/terminal';
import type { AttachOptions, Lease, View, ViewEnd } from '@hawser/k8s-sessions/client';
import { attach } from '@hawser/k8s-sessions/client';
import { nodeSockets } from '@hawser/k8s-sessions/client/node';
import { emptied, handedBack, setAside } from './screen.js';

/** Which session is opened, and how. */
export type OpenOptions = Pick<
  AttachOptions,
  'url' | 'session' | 'ticket' | 'want' | 'whole' | 'signal' | 'onState'
> & {
  readonly say: (text: string) => void;
};

/** How somebody came to stop looking. */
export interface Looked {
  readonly end: ViewEnd;
  /** What a program asked for on the way out: another terminal signal, or our own way out. */
  readonly isLeft: boolean;
}

/**
 * Puts this terminal on a session: a full client with raw keys, resizing, the way out `~.`, and reconnects nobody sees.
 * The terminal is as it was before it settles.
 */
export async function lookInTerminal(options: OpenOptions & { readonly takeOver: boolean }): Promise<Looked> {
  const stdout = new PassThrough();
  const show = async (text: string | Uint8Array): Promise<void> => {
    if (!stdout.write(text)) await once(stdout, 'drain');
  };
  // What the window shows before the first snapshot is the person's.
  let isOurs = false;
  const view = await openView({
    ...options,
    size: { cols: process.stdout.columns, rows: process.stdout.rows },
    onOutput: show,
    onSnapshot: async (data) => {
      const before = isOurs ? emptied : setAside(process.stdout.rows);
      isOurs = true;
      await show(Buffer.concat([Buffer.from(before), data]));
    },
    onLease: takeKeyboard(() => view, options),
    onNote: ({ text }) => options.say(text),
  });
  const stdin = new Writable({
    write(chunk: Buffer, _encoding, done) {
      // A key that cannot be taken rings, as one does at the end of a line.
      if (!view.type(chunk)) stdout.write('\u0007');
      done();
    },
  });
  const ended = view.ended.finally(() => stdout.end());
  // It is awaited below; till then nobody else need mind.
  ended.catch(() => undefined);
  const leave = (): Promise<ViewEnd> => {
    // The session goes on; what ends is the view of it.
    view.close();
    return ended;
  };
  let isLeft = false;
  try {
    const resize = ({ columns, rows }: TerminalSize): void => view.resize({ cols: columns, rows });
    const { left, end } = await attachSession(
      { stdin, stdout, ended, resize, terminate: leave },
      { interrupts: 'send', ...(options.signal && { signal: options.signal }) },
    );
    isLeft = left;
    return { end, isLeft };
  } finally {
    view.close();
    // Whoever leaves does so in the middle of a line.
    process.stdout.write(isLeft ? `${handedBack}\r\n` : handedBack);
  }
}

/** Copies what a session prints, from its first byte, no faster than it is taken. Types nothing. */
export async function copyOutput(options: OpenOptions, to: NodeJS.WriteStream): Promise<View> {
  return openView({
    ...options,
    whole: true,
    async onOutput(data) {
      if (!to.write(data)) await once(to, 'drain');
    },
    onNote: ({ text }) => options.say(text),
    onGap: (from, until) => options.say(`… ${until - from} bytes of the log are no longer kept …`),
  });
}

/** The keyboard is taken when nobody has it, and from somebody else only when told to. */
function takeKeyboard(
  view: () => View,
  { takeOver, want, say }: { readonly takeOver: boolean } & Pick<OpenOptions, 'want' | 'say'>,
): (lease: Lease) => void {
  let mayTake = takeOver;
  return ({ holder, mine }) => {
    if (want === 'view' || mine) return;
    if (holder === null || mayTake) view().lease('take');
    else say('Somebody else has the keyboard; --take takes it.');
    mayTake = false;
  };
}

/** Waits as long for a service that is away as a person would. */
const giveUpAfterMs = 300_000;

function openView(options: AttachOptions & OpenOptions): Promise<View> {
  let wasReady = false;
  let isTold = false;
  return attach({
    giveUpAfterMs,
    openSocket: nodeSockets(),
    ...options,
    onState(state) {
      if (state.link === 'ready') {
        if (isTold) options.say('Connected again.');
        isTold = false;
        wasReady = true;
      } else if (state.link === 'waiting' && wasReady && !isTold) {
        options.say('The connection is gone; the command goes on. Connecting again …');
        isTold = true;
      }
      options.onState?.(state);
    },
  });
}
