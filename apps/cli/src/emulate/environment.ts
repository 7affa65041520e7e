import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** An environment in which clients meet an emulator. */
export interface EmulatedEnvironment {
  readonly env: Record<string, string>;
  /** Removes the folder that is first on its PATH. */
  close(): Promise<void>;
}

/**
 * Makes the environment for a command that is to use an emulator: nothing of the person's own settings of that kind,
 * the emulator's instead, loopback around the proxy, and a folder of our own in front on PATH.
 */
export async function createEmulatedEnvironment({
  inherited,
  emulator,
  foreign,
  prepare,
}: {
  readonly inherited: Readonly<Record<string, string | undefined>>;
  readonly emulator: Readonly<Record<string, string>>;
  /** Names of the person's own variables that would lead elsewhere. */
  readonly foreign: RegExp;
  /** Fills the folder, and says what else is to be set. */
  readonly prepare: (folder: string) => Promise<Readonly<Record<string, string>>>;
}): Promise<EmulatedEnvironment> {
  const folder = await mkdtemp(join(tmpdir(), 'hawser-emulate-'));
  const more = await prepare(folder);
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(inherited)) {
    if (value !== undefined && !foreign.test(name) && !name.startsWith('HAWSER_')) env[name] = value;
  }
  // Loopback is not to be reached through a proxy.
  const noProxy = [inherited['NO_PROXY'] ?? inherited['no_proxy'], '127.0.0.1', 'localhost', '::1']
    .filter(Boolean)
    .join(',');
  return {
    env: {
      ...env,
      NO_PROXY: noProxy,
      no_proxy: noProxy,
      ...emulator,
      ...more,
      PATH: [folder, inherited['PATH']].filter(Boolean).join(delimiter),
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
