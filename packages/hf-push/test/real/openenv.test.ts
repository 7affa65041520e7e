import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { readDockerfile } from '../../src/dockerfile/model.js';
import { stageEnvironment } from '../../src/stage/stage.js';
import { initEnvironment, templateNames } from '../../src/templates/init.js';
import { readContent } from '../../src/tree/content.js';
import { validateLive } from '../../src/validate/live.js';
import { validateEnvironment } from '../../src/validate/validate.js';
import { folderWith } from '../support/folders.js';
import { startOpenEnv, type OpenEnv } from '../support/openenv.js';

describeReal('openenv', (program) => {
  let openenv: OpenEnv;
  let made = '';

  beforeAll(async () => {
    openenv = startOpenEnv(program('openenv'));
    made = realpathSync(mkdtempSync(join(tmpdir(), 'hawser-openenv-')));
    const { code, output } = await openenv.cli(['init', 'their_env', '-o', made], made);
    if (code !== 0) throw new Error(output);
  });

  afterAll(async () => {
    await openenv[Symbol.asyncDispose]();
    rmSync(made, { recursive: true, force: true });
  });

  describe('what openenv init makes', () => {
    test('validates: nothing is wrong with it, and only the lock file is missing', async () => {
      const report = await validateEnvironment({ from: made, environment: 'their_env' });
      expect(report).toMatchObject({ passed: true, layout: 'flat', skipped: [] });
      expect(report.findings.map(({ rule }) => rule)).toEqual(['structure/no-lock', 'dockerfile/no-user']);
    });

    test('is staged without the byte code it left, the Dockerfile at the root', async () => {
      const staged = await stageEnvironment({ from: made, environment: 'their_env', spaceName: 'their_env' });
      expect(staged).toMatchObject({ layout: 'flat', appPort: 8000 });
      expect(staged.files.map(({ path }) => path)).toEqual([
        'Dockerfile',
        'README.md',
        '__init__.py',
        'client.py',
        'models.py',
        'openenv.yaml',
        'pyproject.toml',
        'server/__init__.py',
        'server/app.py',
        'server/requirements.txt',
        'server/their_env_environment.py',
      ]);
      const readme = staged.files.find(({ path }) => path === 'README.md');
      expect(readme?.content.path).toBeDefined();
    });

    test('is not broken by --base-image: both stages change, and the copy between them holds', async () => {
      const baseImage = 'ghcr.io/my-org/custom-base:latest';
      const staged = await stageEnvironment({ from: made, environment: 'their_env', spaceName: 'x', baseImage });
      const dockerfile = staged.files.filter(({ path }) => path === 'Dockerfile');
      const [text = ''] = await Promise.all(dockerfile.map(async (file) => (await readContent(file)).toString()));
      const model = readDockerfile(text);
      expect(model.stages.map(({ resolvedImage, name }) => [resolvedImage, name])).toEqual([
        [baseImage, 'builder'],
        [baseImage, undefined],
      ]);
    });
  });

  describe.each(templateNames)('our template %s', (template) => {
    test('is what openenv validate wants', async () => {
      const { folder } = await initEnvironment({ name: 'our_env', template, from: folderWith() });
      // Only its being there is asked for; made by uv, it would name this machine's package index.
      writeFileSync(join(folder, 'uv.lock'), '');
      const { code, output } = await openenv.cli(['validate', folder], folder);
      expect([code, output]).toEqual([0, expect.stringContaining('[OK]')]);
    });

    test('its own test passes, and its client can be imported', async () => {
      const from = folderWith();
      const { folder } = await initEnvironment({ name: 'our_env', template, from });
      const script = [
        'import runpy, our_env',
        `runpy.run_path(${JSON.stringify(join(folder, 'tests/test_environment.py'))})["test_an_episode"]()`,
        'print(our_env.__all__)',
      ].join('\n');
      const { code, output } = await openenv.script(script, from, [from, folder]);
      expect([code, output.trim().split('\n').at(-1)]).toEqual([0, "['OurAction', 'OurEnv', 'OurObservation']"]);
    });

    test('its server meets all live criteria', async () => {
      const { folder } = await initEnvironment({ name: 'our_env', template, from: folderWith() });
      const url = await openenv.serve(folder);
      const report = await validateLive(url, { timeoutMs: 30_000 });
      expect(report).toMatchObject({ passed: true, mode: 'simulation', findings: [] });
      expect(report.criteria).toHaveLength(6);
    });
  });

  test('what we find wrong, openenv validate finds wrong too', async () => {
    const from = folderWith();
    cpSync(join(made, 'their_env'), join(from, 'their_env'), { recursive: true });
    const app = join(from, 'their_env/server/app.py');
    writeFileSync(app, readFileSync(app, 'utf8').replace(/^if __name__[\s\S]*$/m, ''));
    const { findings } = await validateEnvironment({ from, environment: 'their_env' });
    expect(findings.filter(({ severity }) => severity === 'error').map(({ rule }) => rule)).toEqual([
      'server/main-not-called',
    ]);
    const { code, output } = await openenv.cli(['validate', join(from, 'their_env')], from);
    expect([code, output]).toEqual([1, expect.stringContaining('main() function not callable')]);
  });
});
