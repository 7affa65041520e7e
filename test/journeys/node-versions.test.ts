import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { describeReal } from '../support/counterparts.js';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const hawser = join(root, 'apps/cli/bin/hawser.js');
const doors = manifestsIn('packages').flatMap(doorsOf);
const programs = manifestsIn('apps').flatMap(({ folder, bin = {} }) =>
  Object.values(bin).map((file) => join(folder, file)),
);

/** The programs of this checkout under the other versions of Node that we promise. */
for (const version of ['node-22', 'node-24']) {
  describeReal(version, (path) => {
    const node = (argv: readonly string[]) => run(path(version), argv, { cwd: root });

    test.each(doors)('imports %s', async (door) => {
      const said = await node(['--input-type=module', '--eval', `await import('${door}')`]);
      expect(said).toEqual({ stdout: '', stderr: '' });
    });

    test.each(programs)('%s says its version', async (program) => {
      const said = await node([program, '--version']);
      expect(said).toEqual({ stdout: expect.stringMatching(/\d+\.\d+\.\d+/), stderr: '' });
    });

    test('runs a command over the emulator and ends as the command did', async () => {
      const command = [hawser, 'ssm', 'run', 'i-0123456789abcdef0', '--', 'sh', '-c', 'echo out; exit 7'];
      const ended = node([hawser, 'emulate', 'ssm', '--', path(version), ...command]);
      await expect(ended).rejects.toMatchObject({ code: 7, stdout: 'out\n' });
    });
  });
}

interface Manifest {
  readonly folder: string;
  readonly name: string;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly bin?: Readonly<Record<string, string>>;
}

function manifestsIn(parent: string): Manifest[] {
  return readdirSync(join(root, parent)).map((name) => {
    const folder = join(parent, name);
    return { ...(JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest), folder };
  });
}

function doorsOf({ name, exports = {} }: Manifest): string[] {
  const paths = Object.keys(exports).filter((path) => path !== './package.json');
  return paths.map((path) => `${name}${path.slice(1)}`);
}
