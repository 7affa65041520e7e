import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createEmulatedEnvironment, type EmulatedEnvironment } from './environment.js';

/** An environment in which kubectl and every client of Kubernetes meet the emulator. */
export async function createKubeEnvironment({
  inherited,
  kubeconfig,
}: {
  readonly inherited: Readonly<Record<string, string | undefined>>;
  /** Text of the file. */
  readonly kubeconfig: string;
}): Promise<EmulatedEnvironment> {
  return await createEmulatedEnvironment({
    inherited,
    emulator: {},
    // In a pod they would lead to the cluster around it.
    foreign: /^(?:KUBECONFIG$|KUBERNETES_SERVICE_)/,
    prepare: async (folder) => {
      const file = join(folder, 'kubeconfig');
      await writeFile(file, kubeconfig, { mode: 0o600 });
      return { KUBECONFIG: file };
    },
  });
}
