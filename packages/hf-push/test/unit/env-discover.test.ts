import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { findEnvironment, listEnvironments } from '../../src/env/discover.js';
import { HfPushError } from '../../src/errors.js';
import { folderWith } from '../support/folders.js';

function failure(run: () => unknown): HfPushError {
  try {
    run();
  } catch (error) {
    if (error instanceof HfPushError) return error;
  }
  throw new Error('It did not fail.');
}

describe('an environment is found', () => {
  const from = (): string =>
    folderWith({
      'src/envs/echo_env/models.py': '',
      'src/envs/chat_env/server/app.py': '',
      'envs/echo_env/openenv.yaml': '',
      'envs/maze_env/openenv.yaml': '',
      'coding_env/client.py': '',
      'docs/readme.md': '',
    });

  test.each([
    ['echo_env', 'src/envs/echo_env'],
    ['chat_env', 'src/envs/chat_env'],
    ['maze_env', 'envs/maze_env'],
    ['coding_env', 'coding_env'],
    ['./coding_env', 'coding_env'],
    ['envs/echo_env/', 'envs/echo_env'],
  ])('%s is %s', (environment, folder) => {
    const root = from();
    expect(findEnvironment({ from: root, environment })).toEqual({
      name: folder.split('/').at(-1),
      folder: join(root, folder),
      root,
    });
  });

  test('by the dot, and from among its neighbours', () => {
    const root = from();
    expect(findEnvironment({ from: join(root, 'envs/maze_env'), environment: '.' }).name).toBe('maze_env');
    expect(findEnvironment({ from: join(root, 'src/envs'), environment: 'chat_env' })).toMatchObject({ root });
    expect(findEnvironment({ from: '/', environment: join(root, 'coding_env') }).name).toBe('coding_env');
  });

  test('all of them are listed, each once', () => {
    expect(listEnvironments(from())).toEqual(['chat_env', 'coding_env', 'echo_env', 'maze_env']);
    expect(listEnvironments('/nowhere')).toEqual([]);
  });
});

describe('an environment is not found', () => {
  const from = (): string =>
    folderWith({ 'envs/echo_env/models.py': '', 'envs/atari_env/models.py': '', 'docs/x.md': '' });

  test('the message begins with the phrase, and names the places', () => {
    const root = from();
    const error = failure(() => findEnvironment({ from: root, environment: 'xyz' }));
    expect(error).toMatchObject({ code: 'HAWSER_HF_ENV_NOT_FOUND', exitCode: 2, name: 'HfPushError' });
    expect(error.message).toBe(
      `Environment 'xyz' not found. Searched ${join(root, 'src/envs/xyz')}, ${join(root, 'envs/xyz')}, ${join(root, 'xyz')}.`,
    );
    expect(error.hint).toContain('src/envs/NAME');
  });

  test.each([
    ['echo', 'echo_env'],
    ['Echo-Env', 'echo_env'],
    ['ehco_env', 'echo_env'],
    ['atary_env', 'atari_env'],
  ])('%s: did you mean %s?', (environment, meant) => {
    const error = failure(() => findEnvironment({ from: from(), environment }));
    expect(error.message).toContain(`Did you mean ${meant}?`);
    expect(error.details?.['similar']).toEqual([meant]);
  });

  test('a slip in the common ending of a short name is seen through', () => {
    const root = folderWith({ 'my_env/models.py': '', 'other_env/models.py': '' });
    expect(failure(() => findEnvironment({ from: root, environment: 'my_enw' })).details?.['similar']).toEqual([
      'my_env',
    ]);
  });

  test.each(['', '.', './docs', '../x', 'docs'])('%j is none', (environment) => {
    const error = failure(() => findEnvironment({ from: from(), environment }));
    expect(error.message.startsWith(`Environment '${environment}' not found`)).toBe(true);
  });

  test('a folder that is none says what it lacks', () => {
    expect(failure(() => findEnvironment({ from: from(), environment: './docs' })).message).toContain(
      'holds none of openenv.yaml',
    );
  });
});
