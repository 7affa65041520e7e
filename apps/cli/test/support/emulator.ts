import { afterAll, beforeAll } from '@jest/globals';
import { startSsmEmulator, type SsmEmulator, type SsmEmulatorOptions } from '@hawser/emulators/ssm';

// The SDK would print its plans for Node 20 among the results.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

/** A node that every emulator has. */
export const target = 'i-0123456789abcdef0';

/** The container that every emulator has, as `hawser ecs exec` wants it. */
export const container = 'default/0123456789abcdef0123456789abcdef/app';

/** A Session Manager for the tests of one file. */
export function useEmulator(options: SsmEmulatorOptions = {}): {
  readonly emulator: SsmEmulator;
  readonly env: Record<string, string>;
} {
  let emulator: SsmEmulator | undefined;
  beforeAll(async () => {
    emulator = await startSsmEmulator(options);
  });
  afterAll(async () => emulator?.close());
  const up = (): SsmEmulator => {
    if (!emulator) throw new Error('The emulator is started before the first test.');
    return emulator;
  };
  return {
    get emulator() {
      return up();
    },
    get env() {
      return { ...up().env };
    },
  };
}
