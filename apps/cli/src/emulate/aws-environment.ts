import { readFileSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { findOnPath } from '../wiring/find-on-path.js';
import { createEmulatedEnvironment, type EmulatedEnvironment } from './environment.js';

/** An environment in which every AWS client meets the emulator, with our session-manager-plugin and such an `aws`. */
export async function createAwsEnvironment({
  inherited,
  emulator,
}: {
  readonly inherited: Readonly<Record<string, string | undefined>>;
  readonly emulator: Readonly<Record<string, string>>;
}): Promise<EmulatedEnvironment> {
  return await createEmulatedEnvironment({
    inherited,
    emulator,
    foreign: /^AWS_/,
    prepare: async (folder) => {
      await writeProgram(folder, 'session-manager-plugin', [process.execPath, ownPlugin()]);
      const aws = await findOnPath('aws', inherited);
      const endpoint = emulator['AWS_ENDPOINT_URL'];
      // The AWS CLI listens to AWS_ENDPOINT_URL since 2.13 only, and distributions carry older ones.
      if (aws !== undefined && endpoint !== undefined)
        await writeProgram(folder, 'aws', [aws, '--endpoint-url', endpoint]);
      return {};
    },
  });
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
