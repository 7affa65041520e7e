import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { readDockerfile } from '../../src/dockerfile/model.js';
import { runProgram } from '../../src/process/run.js';
import { stageEnvironment } from '../../src/stage/stage.js';
import { initEnvironment, templateNames } from '../../src/templates/init.js';
import { readContent } from '../../src/tree/content.js';
import { validateLive } from '../../src/validate/live.js';
import { validateEnvironment } from '../../src/validate/validate.js';
import { folderWith } from '../support/folders.js';

// Byte code beside an environment would be taken for a part of it; made anew every time it would cost seconds.
const byteCode = fileURLToPath(new URL('../../../../.cache/python', import.meta.url));
const quietly = { PYTHONPYCACHEPREFIX: byteCode, NO_COLOR: '1', COLUMNS: '200' };

describeReal('openenv', (program) => {
  const python = program('openenv');
  const openenv = join(dirname(python), 'openenv');
  let made = '';

  // One for all tests that only read it: the official CLI takes seconds to begin.
  beforeAll(async () => {
    made = realpathSync(mkdtempSync(join(tmpdir(), 'hawser-openenv-')));
    const { code, output } = await runProgram(openenv, ['init', 'their_env', '-o', made], {
      cwd: made,
      env: quietly,
    });
    if (code !== 0) throw new Error(output);
  });

  afterAll(() => rmSync(made, { recursive: true, force: true }));

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
    const running: ReturnType<typeof spawn>[] = [];

    afterEach(async () => {
      for (const child of running.splice(0)) {
        const ended = new Promise((resolve) => child.once('close', resolve));
        child.kill('SIGKILL');
        await ended;
      }
    });

    test('is what openenv validate wants', async () => {
      const { folder } = await initEnvironment({ name: 'our_env', template, from: folderWith() });
      // Only its being there is asked for; made by uv, it would name this machine's package index.
      writeFileSync(join(folder, 'uv.lock'), '');
      const { code, output } = await runProgram(openenv, ['validate', folder], { env: quietly });
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
      const { code, output } = await runProgram(python, ['-c', script], {
        env: { ...quietly, PYTHONPATH: `${from}:${folder}` },
      });
      expect([code, output.trim().split('\n').at(-1)]).toEqual([0, "['OurAction', 'OurEnv', 'OurObservation']"]);
    });

    test('its server meets all live criteria', async () => {
      const { folder } = await initEnvironment({ name: 'our_env', template, from: folderWith() });
      const child = spawn(python, ['-m', 'uvicorn', 'server.app:app', '--host', '127.0.0.1', '--port', '0'], {
        cwd: folder,
        env: { ...process.env, ...quietly },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      running.push(child);
      let url = '';
      let printed = '';
      for await (const line of createInterface(child.stderr)) {
        printed += `${line}\n`;
        url = /Uvicorn running on (http:\S+)/.exec(line)?.[1] ?? '';
        if (url !== '') break;
      }
      if (url === '') throw new Error(printed);
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
    const { code, output } = await runProgram(openenv, ['validate', join(from, 'their_env')], { env: quietly });
    expect([code, output]).toEqual([1, expect.stringContaining('main() function not callable')]);
  });
});
