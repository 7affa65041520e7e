import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { stageEnvironment } from '../../src/stage/stage.js';
import { initEnvironment, templateNames, type TemplateName } from '../../src/templates/init.js';
import { namesOf } from '../../src/templates/names.js';
import { validateEnvironment } from '../../src/validate/validate.js';
import { folderWith } from '../support/folders.js';

describe.each(templateNames)('the template %s', (template) => {
  test('passes validation: only the lock file is missing', async () => {
    const from = folderWith();
    await initEnvironment({ name: 'my_env', template, from });
    const report = await validateEnvironment({ from, environment: 'my_env' });
    expect(report).toMatchObject({ passed: true, layout: 'flat', skipped: [] });
    expect(report.findings.map(({ rule }) => rule)).toEqual(['structure/no-lock']);
  });

  test('all of its Python compiles', async () => {
    const { folder, files } = await initEnvironment({ name: 'my_env', template, from: folderWith() });
    const sources = files.filter((path) => path.endsWith('.py')).map((path) => join(folder, path));
    const { status, stderr } = spawnSync('python3', ['-W', 'error', '-m', 'py_compile', ...sources], {
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
  });

  test('is pushed as it stands: nothing is edited, and every file but the Dockerfile keeps its place', async () => {
    const from = folderWith();
    const { files } = await initEnvironment({ name: 'my_env', template, from });
    const staged = await stageEnvironment({ from, environment: 'my_env', spaceName: 'my_env' });
    expect(staged.files.every(({ content }) => content.path !== undefined)).toBe(true);
    expect(staged.files.map(({ path }) => path).toSorted()).toEqual(
      files.map((path) => (path === 'server/Dockerfile' ? 'Dockerfile' : path)).toSorted(),
    );
  });
});

describe('init', () => {
  test('says where it wrote: envs/ where there is one, else here, else where it is told', async () => {
    const from = folderWith();
    expect((await initEnvironment({ name: 'a_env', from })).folder).toBe(join(from, 'a_env'));
    mkdirSync(join(from, 'envs'));
    expect((await initEnvironment({ name: 'b_env', from })).folder).toBe(join(from, 'envs/b_env'));
    const result = await initEnvironment({ name: 'c_env', from, output: 'else/where' });
    expect(result).toMatchObject({ folder: join(from, 'else/where/c_env'), template: 'echo' });
    expect(existsSync(join(result.folder, 'openenv.yaml'))).toBe(true);
  });

  test.each(['class', 'my-env', '1env', '', '../x', 'a b', 'openenv', 'None', '__', `a${'b'.repeat(64)}`])(
    '%j is no name',
    async (name) => {
      const from = folderWith();
      await expect(initEnvironment({ name, from })).rejects.toMatchObject({ code: 'HAWSER_HF_BAD_INPUT', exitCode: 2 });
      expect(readdirSync(from)).toEqual([]);
    },
  );

  test('a template that is none', async () => {
    for (const template of ['toString', 'x'] as unknown as TemplateName[])
      await expect(initEnvironment({ name: 'a', template, from: folderWith() })).rejects.toMatchObject({
        code: 'HAWSER_HF_BAD_INPUT',
        hint: 'Choose one of echo, coding.',
      });
  });

  test('a folder that holds something is left alone, an empty one is used', async () => {
    const from = folderWith({ 'my_env/mine.txt': 'x', file_env: '' });
    for (const name of ['my_env', 'file_env'])
      await expect(initEnvironment({ name, from })).rejects.toMatchObject({
        code: 'HAWSER_HF_ENV_EXISTS',
        exitCode: 2,
      });
    expect(readdirSync(join(from, 'my_env'))).toEqual(['mine.txt']);
    mkdirSync(join(from, 'empty_env'));
    await initEnvironment({ name: 'empty_env', from });
  });

  test('what cannot be written leaves nothing behind', async () => {
    const from = folderWith({ blocked: '' });
    await expect(initEnvironment({ name: 'a', from, output: 'blocked' })).rejects.toMatchObject({
      code: 'HAWSER_HF_LOCAL_FILE',
    });
    expect(readdirSync(from)).toEqual(['blocked']);
  });

  test.each([
    ['my_env', 'My', 'My Env', 'my-env'],
    ['maze', 'Maze', 'Maze', 'maze'],
    ['env', 'Env', 'Env', 'env'],
    ['tic_tac_toe_env', 'TicTacToe', 'Tic Tac Toe Env', 'tic-tac-toe-env'],
  ])('%s makes %s…', (name, prefix, title, dashed) => {
    expect(namesOf(name)).toEqual({ name, prefix, title, dashed });
  });

  test('two names have two looks', async () => {
    const from = folderWith();
    const looks = await Promise.all(
      ['a_env', 'b_env'].map(
        async (name) =>
          readFileSync(join((await initEnvironment({ name, from })).folder, 'README.md'), 'utf8').match(
            /emoji: .+/,
          )?.[0],
      ),
    );
    expect(looks[0]).not.toBe(looks[1]);
  });
});
