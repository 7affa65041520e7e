import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { findOnPath } from '../wiring/find-on-path.js';

/** An environment in which every AWS client meets the emulator. */
export interface EmulatedEnvironment {
  readonly env: Record<string, string>;
  /** Removes what lies on its PATH. */
  close(): Promise<void>;
}

/**
 * Makes the environment for a command that is to use an emulator: nothing of the person's own AWS settings, the
 * emulator's instead, and in front on PATH our session-manager-plugin and an `aws` that goes to the emulator.
 */
export async function createEmulatedEnvironment({
  inherited,
  emulator,
}: {
  readonly inherited: Readonly<Record<string, string | undefined>>;
  readonly emulator: Readonly<Record<string, string>>;
}): Promise<EmulatedEnvironment> {
  const folder = await mkdtemp(join(tmpdir(), 'hawser-emulate-'));
  await writeProgram(folder, 'session-manager-plugin', [process.execPath, ownPlugin()]);
  const aws = await findOnPath('aws', inherited);
  const endpoint = emulator['AWS_ENDPOINT_URL'];
  // The AWS CLI listens to AWS_ENDPOINT_URL since 2.13 only, and distributions carry older ones.
  if (aws !== undefined && endpoint !== undefined) await writeProgram(folder, 'aws', [aws, '--endpoint-url', endpoint]);

  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(inherited)) {
    if (value !== undefined && !/^(?:AWS|HAWSER)_/.test(name)) env[name] = value;
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
      PATH: [folder, inherited['PATH']].filter(Boolean).join(delimiter),
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The script of our session-manager-plugin, which is installed beside us. */
function ownPlugin(): string {
  const manifest = createRequire(import.meta.url).resolve('@hawser/session-manager-plugin/package.json');
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly bin: Readonly<Record<string, string>> };
  return join(dirname(manifest), bin['session-manager-plugin'] ?? '');
}

/** Writes a program that starts another one with the given words in front of its own. */
async function writeProgram(folder: string, name: string, command: readonly string[]): Promise<void> {
  if (process.platform === 'win32') {
    const words = command.map((word) => `"${word}"`).join(' ');
    await writeFile(join(folder, `${name}.cmd`), `@${words} %*\r\n`);
    return;
  }
  const words = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\nexec ${words} "$@"\n`);
  await chmod(path, 0o755);
}
