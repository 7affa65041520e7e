import { dirname, join } from 'node:path';
import { applyByPrefect, planContext } from '@hawser/contexts';
import { expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { runToEnd, type Ended } from '../../../../test/support/run-to-end.js';
import { CtxPlace } from '../support/ctx-place.js';

const THEIRS = `# by hand
active = "mine"

[profiles.mine]
PREFECT_API_URL = "http://127.0.0.1:9/api" # old
`;
const URL = 'http://127.0.0.1:4200/api';

describeReal('prefect', (path) => {
  const environment = (at: CtxPlace): Record<string, string> => ({
    HOME: at.home,
    PATH: process.env['PATH'] ?? '',
    PREFECT_SERVER_ANALYTICS_ENABLED: 'false',
    DO_NOT_TRACK: '1',
  });
  const prefect = (at: CtxPlace, ...args: readonly string[]): Promise<Ended> =>
    runToEnd(path('prefect'), args, { cwd: at.project, env: environment(at) });

  test('its command line reads the profile, and what it writes anew is still ours to remove', async () => {
    const at = new CtxPlace();
    at.write(at.profiles, THEIRS);
    await at.init({ kubernetes: undefined, prefect: { profile: 'it’s "mine"', apiUrl: URL } });
    const { stdout } = await prefect(at, 'profile', 'inspect', '-o', 'json');
    expect(JSON.parse(stdout)).toEqual({ PREFECT_API_URL: URL });
    await prefect(at, 'profile', 'use', 'mine');
    expect(at.read(at.profiles)).not.toContain('# by hand');
    await at.use('staging');
    await at.remove();
    const python = await runToEnd(join(dirname(path('prefect')), 'python'), [
      '-c',
      'import json, sys, tomllib; print(json.dumps(tomllib.load(open(sys.argv[1], "rb"))))',
      at.profiles,
    ]);
    expect(JSON.parse(python.stdout)).toEqual({
      active: 'mine',
      profiles: { mine: { PREFECT_API_URL: 'http://127.0.0.1:9/api' } },
    });
  });

  test('asked to, it writes the profile itself, which is ours to remove as well', async () => {
    const at = new CtxPlace();
    at.write(at.profiles, THEIRS);
    const options = { ...at.options({ env: environment(at) }), kubernetes: undefined };
    const plan = await planContext(options);
    const { changed, record } = await applyByPrefect(plan, options, {
      store: at.store,
      env: {},
      prefectProgram: path('prefect'),
    });
    expect(changed).toEqual([at.profiles, join(at.project, '.hawser/contexts.json')]);
    expect(record?.written).toHaveLength(2);
    expect(at.read(at.profiles)).toBe(
      `active = "hawser-staging"\n\n[profiles.mine]\nPREFECT_API_URL = "http://127.0.0.1:9/api"\n\n[profiles.hawser-staging]\nPREFECT_API_URL = "${URL}"\n`,
    );
    expect((await planContext(options)).steps).toEqual([]);
    await at.remove();
    expect(at.read(at.profiles)).toBe(
      'active = "mine"\n\n[profiles.mine]\nPREFECT_API_URL = "http://127.0.0.1:9/api"\n',
    );
  });
});

test('a Prefect that is not there, or fails, is told, and nothing else is changed', async () => {
  const at = new CtxPlace();
  const options = at.options();
  const plan = await planContext(options);
  const apply = { store: at.store, env: {} };
  await expect(applyByPrefect(plan, options, { ...apply, prefectProgram: '/nowhere/prefect' })).rejects.toMatchObject({
    code: 'HAWSER_CTX_TOOL_FAILED',
    exitCode: 1,
    hint: expect.stringContaining('--via-cli'),
  });
  const failing = at.write(join(at.folder, 'prefect'), '#!/bin/sh\necho "$@" is not for me >&2\nexit 7\n', 0o755);
  await expect(applyByPrefect(plan, options, { ...apply, prefectProgram: failing })).rejects.toMatchObject({
    code: 'HAWSER_CTX_TOOL_FAILED',
    message: `${failing} profile create hawser-staging failed:\nprofile create hawser-staging is not for me`,
    details: { exitCode: 7 },
  });
  expect(() => at.read(at.kubeconfig)).toThrow('ENOENT');
});

test('a secret never goes onto its command line', async () => {
  const at = new CtxPlace();
  const options = at.options({ prefect: { profile: 'p', apiUrl: URL, apiKey: 'planted' } });
  const plan = await planContext(options);
  await expect(applyByPrefect(plan, options, { store: at.store, env: {} })).rejects.toMatchObject({
    code: 'HAWSER_CTX_BAD_INPUT',
    message: expect.not.stringContaining('planted'),
  });
});
