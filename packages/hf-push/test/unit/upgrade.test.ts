import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { unifiedDiff } from '../../src/upgrade/unified-diff.js';
import { upgradeEnvironment, type UpgradeOptions, type UpgradeResult } from '../../src/upgrade/upgrade.js';
import { stageEnvironment } from '../../src/stage/stage.js';
import { validateEnvironment } from '../../src/validate/validate.js';
import { flatDockerfile, flatEnvironment, pyproject, seedRepository } from '../../../../test/support/environments.js';
import { folderWith } from '../support/folders.js';

function upgrade(from: string, options: Partial<UpgradeOptions> = {}): Promise<UpgradeResult> {
  return upgradeEnvironment({ from, environment: 'my_env', toVersion: '0.10.0', ...options });
}

const seed = { environment: 'echo_env' };
const seedFiles = seedRepository({
  'src/envs/echo_env/client.py':
    'from core.http_env_client import HTTPEnvClient\nfrom envs.echo_env.models import EchoAction\nimport coreutils\n',
  'src/envs/echo_env/server/app.py':
    'from core.env_server import create_app\nfrom src.envs.echo_env.models import EchoAction\nfrom ..models import EchoAction\n\n\ndef main():\n    pass\n\n\nif __name__ == "__main__":\n    main()\n',
});

describe('upgrade', () => {
  test("brings an environment of the seed's layout to stand by itself", async () => {
    const from = folderWith(seedFiles);
    const result = await upgrade(from, seed);
    expect(result.codemods.map(({ id }) => id)).toEqual(['manifest', 'self-contained']);
    expect(result.applied).toBe(true);
    expect(result.remarks).toEqual([
      'client.py uses HTTPEnvClient, which is EnvClient now: its methods have to be looked at.',
    ]);
    const read = (path: string): string => readFileSync(join(from, 'src/envs/echo_env', path), 'utf8');
    expect(read('client.py')).toBe(
      'from openenv.core.http_env_client import HTTPEnvClient\nfrom .models import EchoAction\nimport coreutils\n',
    );
    expect(read('server/app.py')).toContain(
      'from openenv.core.env_server import create_app\nfrom ..models import EchoAction\nfrom ..models import',
    );
    expect(read('server/Dockerfile')).toContain(
      'RUN pip install --no-cache-dir "openenv[core]"\nCOPY . /app/src/envs/echo_env/\n',
    );
    expect(read('openenv.yaml')).toBe(
      'spec_version: 1\nname: echo_env\ntype: space\nruntime: fastapi\napp: server.app:app\nport: 8000\n',
    );
    const staged = await stageEnvironment({ from, ...seed, spaceName: 'x' });
    expect(staged.layout).toBe('flat');
    expect((await validateEnvironment({ from, ...seed })).passed).toBe(true);
  });

  test('renames dependency and base image, and writes the manifest anew', async () => {
    const files = flatEnvironment({
      'openenv.yaml': 'name: my_env\nversion: 0.1.0\naction: MyAction\nobservation:\n  class: X\ndescription: d\n',
      'pyproject.toml': pyproject.replace('openenv[core]', 'openenv-core[core]'),
      'server/requirements.txt': 'openenv-core>=0.2\nmy-openenv-core-plugin\n',
      'server/Dockerfile': flatDockerfile.replace('huggingface', 'meta-pytorch'),
    });
    const from = folderWith(files);
    const result = await upgrade(from);
    const read = (path: string): string => readFileSync(join(from, 'envs/my_env', path), 'utf8');
    expect(result.codemods.map(({ id }) => id)).toEqual(['manifest', 'base-image', 'dependency']);
    expect(read('pyproject.toml')).toBe(pyproject);
    expect(read('server/requirements.txt')).toBe('openenv>=0.2\nmy-openenv-core-plugin\n');
    expect(read('server/Dockerfile')).toBe(flatDockerfile);
    expect(read('openenv.yaml')).toBe(
      'spec_version: 1\ntype: space\nruntime: fastapi\napp: server.app:app\nport: 8000\nname: my_env\nversion: 0.1.0\ndescription: d\n',
    );
    expect((await validateEnvironment({ from, environment: 'my_env' })).passed).toBe(true);
  });

  test('goes as far as it is told', async () => {
    const files = {
      'pyproject.toml': pyproject.replace('openenv[core]', 'openenv-core'),
      'server/Dockerfile': flatDockerfile.replace('huggingface', 'meta-pytorch'),
    };
    const ids = async (toVersion: string): Promise<readonly string[]> =>
      (await upgrade(folderWith(flatEnvironment(files)), { toVersion, dryRun: true })).codemods.map(({ id }) => id);
    expect([await ids('0.1'), await ids('0.3.0'), await ids('v0.3.1'), await ids('0.10.0'), await ids('1.0')]).toEqual([
      [],
      [],
      ['base-image'],
      ['base-image', 'dependency'],
      ['base-image', 'dependency'],
    ]);
    await expect(upgrade(folderWith(flatEnvironment()), { toVersion: 'latest' })).rejects.toMatchObject({
      code: 'HAWSER_HF_BAD_INPUT',
    });
  });

  test('a dry run shows the changes and makes none', async () => {
    const from = folderWith(seedFiles);
    const { changes, applied, backup } = await upgrade(from, { ...seed, dryRun: true });
    expect([applied, backup]).toEqual([false, undefined]);
    expect(changes.find(({ path }) => path === 'client.py')?.diff).toContain(
      '-from core.http_env_client import HTTPEnvClient\n',
    );
    expect(changes.find(({ path }) => path === 'openenv.yaml')).toMatchObject({
      isNew: true,
      diff: expect.stringContaining('--- /dev/null\n'),
    });
    expect(existsSync(join(from, 'src/envs/echo_env/openenv.yaml'))).toBe(false);
  });

  test('what was there is kept, and a second run changes nothing', async () => {
    const from = folderWith(seedFiles);
    const client = join(from, 'src/envs/echo_env/client.py');
    chmodSync(client, 0o755);
    const { backup = '' } = await upgrade(from, seed);
    expect(statSync(client).mode & 0o777).toBe(0o755);
    expect(readFileSync(join(backup, 'client.py'), 'utf8')).toBe(seedFiles['src/envs/echo_env/client.py']);
    expect(backup.startsWith(join(from, '.hawser/backups/echo_env-'))).toBe(true);
    expect(await upgrade(from, seed)).toMatchObject({ applied: false, changes: [], codemods: [] });
  });

  test('what git knows to be uncommitted is not touched, unless that is forced', async () => {
    const from = folderWith(seedFiles);
    const git = (...args: string[]): void => {
      execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@y', ...args], { cwd: from, stdio: 'ignore' });
    };
    git('init', '-q');
    git('add', '-A');
    git('commit', '-qm', 'x');
    writeFileSync(join(from, 'src/envs/echo_env/models.py'), 'CHANGED = 1\n');
    await expect(upgrade(from, seed)).rejects.toMatchObject({ code: 'HAWSER_HF_DIRTY_TREE', exitCode: 2 });
    expect(existsSync(join(from, 'src/envs/echo_env/openenv.yaml'))).toBe(false);
    expect((await upgrade(from, { ...seed, force: true })).applied).toBe(true);
    git('add', '-A');
    git('commit', '-qm', 'y');
    expect((await upgrade(from, seed)).applied).toBe(false);
  });
});

describe('diffs', () => {
  test('are such as patch applies', () => {
    const line = fc.constantFrom('a\n', 'b\n', 'c\n', '\n');
    const text = fc
      .tuple(fc.array(line, { maxLength: 12 }), fc.constantFrom('', 'end'))
      .map(([all, end]) => all.join('') + end);
    const folder = folderWith();
    fc.assert(
      fc.property(text, text, (before, after) => {
        fc.pre(after !== '' && before !== '');
        writeFileSync(join(folder, 'file'), before);
        writeFileSync(join(folder, 'diff'), unifiedDiff('file', before, after));
        if (before === after) return;
        execFileSync('git', ['apply', '--whitespace=nowarn', '--unsafe-paths', 'diff'], {
          cwd: folder,
          env: { ...process.env, GIT_CEILING_DIRECTORIES: '/' },
        });
        expect(readFileSync(join(folder, 'file'), 'utf8')).toBe(after);
      }),
      { numRuns: 40 },
    );
    expect(unifiedDiff('x', 'a', 'a')).toBe('');
  });
});
