import { join } from 'node:path';

/** A person's own folder of configuration: `HAWSER_CONFIG_DIR`, else where oclif looks for it. */
export function configFolder({
  env,
  home,
}: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}): string {
  const { HAWSER_CONFIG_DIR, XDG_CONFIG_HOME, LOCALAPPDATA } = env;
  if (HAWSER_CONFIG_DIR) return HAWSER_CONFIG_DIR;
  const windows = process.platform === 'win32' ? LOCALAPPDATA : undefined;
  return join(XDG_CONFIG_HOME || windows || join(home, '.config'), 'hawser');
}
