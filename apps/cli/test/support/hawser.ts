import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import type { HawserEnd, HawserProcess, RunHawserOptions } from '@hawser/cli-kit/testing';
import { runHawser, startHawser } from './held.js';

/** The built command line of this checkout. */
export const bin: string = join(import.meta.dirname, '../../bin/hawser.js');

type Options = Omit<RunHawserOptions, 'bin' | 'args'>;

/** `hawser` with a home, a temp folder and a working directory of its own, which are gone when the tests of a file are. */
export interface Hawser {
  readonly home: string;
  readonly temp: string;
  run(args: readonly string[], options?: Options): Promise<HawserEnd>;
  start(args: readonly string[], options?: Options): HawserProcess;
}

/** Makes a {@link Hawser} for the tests of one file. Processes they leave running are killed. */
export function useHawser(): Hawser {
  let folder = '';
  const started: HawserProcess[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hawser-cli-'));
  });
  afterAll(async () => {
    for (const one of started) one.kill('SIGKILL');
    await Promise.all(started.map(({ ended }) => ended));
    await rm(folder, { recursive: true, force: true });
  });
  const complete = (args: readonly string[], options: Options): RunHawserOptions => ({
    bin,
    cwd: folder,
    ...options,
    args,
    env: { HOME: folder, TMPDIR: folder, AWS_EC2_METADATA_DISABLED: 'true', ...options.env },
  });
  return {
    get home() {
      return folder;
    },
    get temp() {
      return folder;
    },
    run: (args, options = {}) => runHawser(complete(args, options)),
    start: (args, options = {}) => {
      const one = startHawser(complete(args, options));
      started.push(one);
      return one;
    },
  };
}
