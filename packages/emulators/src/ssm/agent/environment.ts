/** This process's environment, as the agent passes its own on: a capable terminal, and UTF-8 unless something is set. */
export function processEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined) environment[name] = value;
  }
  return { LANG: 'C.UTF-8', ...environment, TERM: 'xterm-256color', ...extra };
}
