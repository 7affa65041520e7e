import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentOptions, SsmEmulatorOptions } from '@hawser/emulators/ssm';
import { type CopyOptions, type CopyResult, copyFromTarget, copyToTarget } from '../../src/copy/index.js';
import { TARGET, type World, openWorld } from './world.js';

/** A target with a home folder of its own, and a folder here. */
export interface FarFiles extends AsyncDisposable {
  readonly world: World;
  /** Home folder on the target. */
  readonly far: string;
  readonly near: string;
  put(from: string, to: string, more?: Partial<CopyOptions>): Promise<CopyResult>;
  get(from: string, to: string, more?: Partial<CopyOptions>): Promise<CopyResult>;
  /** Names in a folder, hidden ones too. */
  names(folder: string): Promise<string[]>;
}

/** @param tools folder that is the target's whole PATH; default: this machine's own PATH */
export async function openFarFiles(
  options: SsmEmulatorOptions & { readonly tools?: (root: string) => Promise<string> } = {},
): Promise<FarFiles> {
  const root = await mkdtemp(join(tmpdir(), 'hawser-copy-'));
  const [far, near] = [join(root, 'far'), join(root, 'near')];
  await mkdir(far);
  await mkdir(near);
  const { tools, ...emulator } = options;
  const PATH = tools && (await tools(root));
  const agent: AgentOptions = {
    ...emulator.agent,
    environment: { HOME: far, ...(PATH === undefined ? {} : { PATH }), ...emulator.agent?.environment },
  };
  const world = await openWorld({ ...emulator, agent });
  const given = (more: Partial<CopyOptions> | undefined): Pick<CopyOptions, 'api' | 'target'> => ({
    api: world.api,
    target: TARGET,
    ...more,
  });
  return {
    world,
    far,
    near,
    put: (from, to, more) => copyToTarget({ ...given(more), from, to }),
    get: (from, to, more) => copyFromTarget({ ...given(more), from, to }),
    names: async (folder) => (await readdir(folder)).toSorted(),
    async [Symbol.asyncDispose]() {
      await world.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** What a copy needs of POSIX. */
export const NEEDED = ['sh', 'base64', 'cksum', 'wc', 'dd', 'tail', 'head', 'ls', 'rm', 'mv', 'chmod'];

/** A PATH of nothing but links to these programs. */
export function onlyTools(names: readonly string[], program?: string): (root: string) => Promise<string> {
  return async (root) => {
    const folder = join(root, 'tools');
    await mkdir(folder);
    for (const name of names) {
      await symlink(
        program ?? execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim(),
        join(folder, name),
      );
    }
    return folder;
  };
}

/** The machine's own PATH with some programs replaced by shell scripts. */
export function withTools(scripts: Readonly<Record<string, string>>): (root: string) => Promise<string> {
  return async (root) => {
    const folder = join(root, 'tools');
    await mkdir(folder);
    for (const [name, script] of Object.entries(scripts)) {
      await writeFile(join(folder, name), `#!/bin/sh\nPATH=${process.env['PATH']}\n${script}\n`);
      await chmod(join(folder, name), 0o755);
    }
    return `${folder}:${process.env['PATH']}`;
  };
}

/** Random bytes, repeated in blocks for long ones: they are made fast, and no two blocks are equal. */
export function noise(bytes: number): Buffer {
  const made = randomBytes(Math.min(bytes, 1 << 20));
  const all = Buffer.alloc(bytes, made);
  for (let at = 0; at + 8 <= bytes; at += 1 << 20) all.writeBigUInt64LE(BigInt(at), at);
  return all;
}
