/** What the terminal's driver would have made of these keys, had it not been in raw mode. */
const typedAs = { SIGINT: 0x03, SIGQUIT: 0x1c, SIGTSTP: 0x1a } as const;

/** How signals are taken while a terminal is attached. */
export interface SignalOptions {
  readonly interrupts: 'send' | 'leave';
  readonly send: (bytes: Buffer) => void;
  readonly leave: (signal: NodeJS.Signals) => void;
}

/**
 * Takes the signals that would end or stop the process, and answers with what gives them back.
 *
 * A parent that ignores SIGINT, SIGQUIT and SIGTSTP while it waits, as the AWS CLI does, leaves them ignored in us:
 * only installing a handler changes that.
 */
export function takeSignals({ interrupts, send, leave }: SignalOptions): () => void {
  const handlers = new Map<NodeJS.Signals, () => void>([
    ['SIGTERM', () => leave('SIGTERM')],
    ['SIGHUP', () => leave('SIGHUP')],
  ]);
  for (const [signal, byte] of Object.entries(typedAs) as [keyof typeof typedAs, number][]) {
    handlers.set(signal, () => (interrupts === 'send' ? send(Buffer.of(byte)) : leave(signal)));
  }
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}
