/** Signals by which a person or a system asks a program to end; a port session takes Ctrl-Z for one too. */
const asking = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/**
 * Calls `first` on the first of these signals; a second one ends the process at once. Answers with what gives the
 * signals back. Installed even where the parent had them ignored, as the AWS CLI has.
 */
export function onAskedToEnd(options: {
  readonly alsoSuspend?: boolean;
  readonly first: () => void;
  readonly status: number;
}): () => void {
  const signals: readonly NodeJS.Signals[] = options.alsoSuspend ? [...asking, 'SIGTSTP'] : asking;
  let asked = false;
  const handler = (): void => {
    if (asked) process.exit(options.status);
    asked = true;
    options.first();
  };
  for (const signal of signals) process.on(signal, handler);
  return () => {
    for (const signal of signals) process.off(signal, handler);
  };
}
