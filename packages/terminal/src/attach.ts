import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createEscapeReader, escapeHelp } from './escapes.js';
import { carryInput } from './input.js';
import { enterRawMode, isTerminal } from './raw-mode.js';
import { takeSignals } from './signals.js';
import { screenAmong, sizeOf } from './size.js';
import type { AttachEnd, AttachOptions, TerminalSize } from './types.js';
import { windowsKey } from './windows-keys.js';

/**
 * Puts a person's terminal on a remote session until either lets go, and puts everything back as it was.
 *
 * Raw mode is on meanwhile (when the input is a terminal), the far side knows this terminal's size (300 × 100 when
 * there is none) and hears of each change, and output is taken no faster than it is shown. The terminal is back in its
 * old mode before the promise settles, whatever happened; a process that dies of an uncaught error has it put back by
 * Node itself. Only SIGKILL leaves it raw.
 *
 * Never rejects: how it ended is the value.
 */
export async function attachTerminal(options: AttachOptions): Promise<AttachEnd> {
  const { remote, signal, onInputEnd = 'send-eot', newlineIsEnter = false, interrupts = 'send' } = options;
  const input = options.input ?? process.stdin;
  const output = options.output ?? process.stdout;
  const errors = options.errors ?? process.stderr;
  const typed = isTerminal(input);
  const undo: (() => void)[] = [];

  const left = new Promise<AttachEnd>((leave) => {
    const send = (bytes: Buffer): void => void (remote.stdin.writable && remote.stdin.write(bytes));
    const aborted = (): void => leave({ reason: 'aborted' });
    if (signal?.aborted) return aborted();
    signal?.addEventListener('abort', aborted);
    undo.push(() => signal?.removeEventListener('abort', aborted));

    // A refused write is no news: `ended` says why the session takes no more.
    undo.push(listen(remote.stdin, 'error', () => undefined));
    undo.push(listen(output, 'error', () => leave({ reason: 'output-closed' })));
    undo.push(listen(errors, 'error', () => leave({ reason: 'output-closed' })));
    undo.push(takeSignals({ interrupts, send, leave: (name) => leave({ reason: 'signal', signal: name }) }));
    undo.push(enterRawMode(input, { rawOutput: options.rawOutput ?? true }));
    undo.push(followSize(screenOf(output, errors), remote.resize.bind(remote)));

    const escapes = typed && (options.escapes ?? true) ? createEscapeReader() : undefined;
    const translate = (chunk: Buffer): Buffer => {
      const key = typed && process.platform === 'win32' ? windowsKey(chunk) : chunk;
      const { send: bytes, commands } = escapes?.read(key) ?? { send: key, commands: [] };
      if (commands.includes('terminate')) {
        leave({ reason: 'escape' });
        return Buffer.alloc(0);
      }
      if (commands.includes('help')) output.write(escapeHelp);
      return newlineIsEnter && bytes.length === 1 && bytes[0] === 0x0a ? Buffer.of(0x0d) : bytes;
    };
    const onEnd = (atStartOfLine: boolean): void => {
      // A shell that edits its lines takes Ctrl-D for the end at the start of a line only.
      if (onInputEnd === 'send-eot') send(Buffer.from(atStartOfLine ? '\x04' : '\r\x04'));
      if (onInputEnd === 'end') remote.stdin.end();
    };
    undo.push(carryInput({ input, stdin: remote.stdin, translate, onEnd }));

    const shown = [show(remote.stdout, output, undo)];
    if (remote.stderr) shown.push(show(remote.stderr, errors, undo));
    const over = remote.ended.then(
      () => undefined,
      () => undefined,
    );
    void Promise.all([over, ...shown]).then(() => leave({ reason: 'ended' }));
  });

  try {
    return await left;
  } finally {
    for (const step of undo.toReversed()) step();
  }
}

/** Shows one stream, as fast as it is taken, and settles when all of it was written. */
async function show(from: Readable, to: Writable, undo: (() => void)[]): Promise<void> {
  from.pipe(to, { end: false });
  undo.push(() => void from.unpipe(to));
  // A stream that broke off shows what it had; `ended` tells why.
  await finished(from, { writable: false }).catch(() => undefined);
  await new Promise<void>((written) => to.write('', () => written()));
}

/** Tells the far side the size now and whenever it changes. */
function followSize(screen: ReturnType<typeof screenAmong>, resize: (size: TerminalSize) => void): () => void {
  let told = sizeOf(screen);
  resize(told);
  const tell = (): void => {
    const now = sizeOf(screen);
    if (now.columns === told.columns && now.rows === told.rows) return;
    told = now;
    resize(now);
  };
  screen?.on('resize', tell);
  return () => void screen?.off('resize', tell);
}

function screenOf(...streams: Writable[]): ReturnType<typeof screenAmong> {
  return screenAmong(streams);
}

function listen(stream: Writable, event: 'error', listener: () => void): () => void {
  stream.on(event, listener);
  return () => void stream.off(event, listener);
}
