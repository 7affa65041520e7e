import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startGithubEmulator, type GithubEmulator, type GithubEmulatorOptions } from '@hawser/emulators/github';
import { startKubeEmulator, type KubeEmulator, type KubeObject } from '@hawser/emulators/kube';
import type { HawserEnd, HawserProcess } from '@hawser/cli-kit/testing';
import { idleObjects, planted } from '../../../../test/support/arc-objects.js';
import type { Hawser } from './hawser.js';

/** An idle scale set `linux` in an emulated cluster, an emulated GitHub, and a folder to run commands in. */
export interface ArcWorld extends AsyncDisposable {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly github: GithubEmulator;
  readonly kube: KubeEmulator;
  put(one: object): void;
  remove(one: object): void;
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<HawserEnd>;
  start(args: readonly string[]): HawserProcess;
}

/** What a line of `hawser arc` says of whose runners are meant. */
export const whose = ['--repository', 'acme/app', '--scale-set', 'linux'] as const;

export async function openArcWorld(hawser: Hawser, options: GithubEmulatorOptions = {}): Promise<ArcWorld> {
  const folder = await mkdtemp(join(hawser.temp, 'arc-'));
  const github = await startGithubEmulator({ token: planted, ...options });
  const kube = await startKubeEmulator({ objects: idleObjects(`${github.url}/acme`) as readonly KubeObject[] });
  await mkdir(join(folder, '.git'));
  await writeFile(join(folder, 'kubeconfig'), kube.kubeconfig());
  const env = { ...github.env, KUBECONFIG: join(folder, 'kubeconfig') };
  return {
    folder,
    env,
    github,
    kube,
    put: (one) => kube.put(one as KubeObject),
    remove: (one) => kube.remove(one as KubeObject),
    run: (args, more = {}) => hawser.run(args, { cwd: folder, env: { ...env, ...more } }),
    start: (args) => hawser.start(args, { cwd: folder, env }),
    async [Symbol.asyncDispose]() {
      await github.close();
      await kube.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
