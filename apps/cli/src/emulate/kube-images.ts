/** An image and the program that stands for its entry point. */
export interface NamedImage {
  readonly command?: readonly string[];
}

/** `IMAGE=COMMAND` is a command of the shell, behind which the container's arguments come; `IMAGE` runs what the container names. */
export function parseImages(given: readonly string[]): Readonly<Record<string, NamedImage>> {
  return Object.fromEntries(
    given.map((text) => {
      const at = text.indexOf('=');
      if (at < 0) return [text, {}];
      const command = ['/bin/sh', '-c', `exec ${text.slice(at + 1)} "$@"`, 'sh'];
      return [text.slice(0, at), { command }];
    }),
  );
}
