import { join } from 'node:path';
import { createEmulatedEnvironment, type EmulatedEnvironment } from './environment.js';

/** An environment in which every Hugging Face client meets the emulator, and keeps what it caches and logs in apart. */
export async function createHubEnvironment({
  inherited,
  emulator,
}: {
  readonly inherited: Readonly<Record<string, string | undefined>>;
  readonly emulator: Readonly<Record<string, string>>;
}): Promise<EmulatedEnvironment> {
  return await createEmulatedEnvironment({
    inherited,
    emulator,
    foreign: /^(?:HF|HUGGING_FACE|HUGGINGFACE)_/,
    // A login would else replace the person's own token.
    prepare: async (folder) => ({ HF_HOME: join(folder, 'huggingface') }),
  });
}
