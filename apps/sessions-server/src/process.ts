/** Aborts when the process is asked to end. */
export function ending(): AbortSignal {
  const asked = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => asked.abort());
  return asked.signal;
}

/** Resolves when the process is asked to end. */
export async function untilEnding(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Writes one line of the service's log: JSON, to stderr, so that stdout stays for data. */
export function log(line: Readonly<Record<string, unknown>>): void {
  process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), ...line })}\n`);
}

/** For the log: what went wrong, with its causes, without stacks. */
export function told(error: unknown): string {
  const words: string[] = [];
  for (let cause: unknown = error; cause instanceof Error && words.length < 5; cause = cause.cause)
    words.push(cause.message);
  return words.join(' ← ') || String(error);
}
