import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { testEnvironment, testError, type TestOptions, type TestReport } from '../../src/local-test/test.js';
import { flatEnvironment } from '../../../../test/support/environments.js';
import { folderWith, writeFiles } from '../support/folders.js';

const path = process.env['PATH'];

afterEach(() => {
  process.env['PATH'] = path;
});

/** Programs of our own in front of, or instead of, those of the machine. */
function programs(scripts: Readonly<Record<string, string>>, { only = false } = {}): string {
  const folder = folderWith();
  for (const [name, body] of Object.entries(scripts)) {
    writeFiles(folder, { [name]: `#!/bin/sh\n${body}\n` });
    chmodSync(join(folder, name), 0o755);
  }
  process.env['PATH'] = only ? folder : `${folder}:${path}`;
  return folder;
}

function run(files: Readonly<Record<string, string>> = {}, options: Partial<TestOptions> = {}): Promise<TestReport> {
  const from = folderWith(flatEnvironment({ 'uv.lock': '', ...files }));
  return testEnvironment({ from, environment: 'my_env', ...options });
}

const aTest = { 'tests/test_it.py': 'def test_it():\n    assert True\n' };
/** Stands in for a Python with pytest, which this machine may not have; what it is called with is what matters. */
const python = (body: string): string =>
  `case "$*" in *ast*) exec /usr/bin/env -i PATH="${path}" python3 "$@";; *"import pytest"*) exit 0;; *) ${body};; esac`;

describe('test', () => {
  test('without tests: validation counts, the rest is skipped with the reason', async () => {
    const report = await run();
    expect(report).toMatchObject({ environment: 'my_env', passed: true, validation: { passed: true } });
    expect(report.unitTests).toEqual({ outcome: 'skipped', reason: 'there are no tests' });
    expect(report).not.toHaveProperty('build');
    expect(testError(report)).toBeUndefined();
  });

  test.each([
    ['passed', 'echo "1 passed"'],
    ['failed', 'echo "1 failed"; exit 1'],
    ['skipped', 'exit 5'],
  ])('pytest: %s', async (outcome, body) => {
    const folder = programs({ python: python(body) });
    const printed: string[] = [];
    const report = await run(aTest, { python: join(folder, 'python'), onOutput: (text) => printed.push(text) });
    expect(report.unitTests.outcome).toBe(outcome);
    expect(report.passed).toBe(outcome !== 'failed');
    if (outcome !== 'skipped') expect(printed.join('')).toBe(`1 ${outcome}\n`);
    if (outcome === 'failed')
      expect(testError(report)).toMatchObject({
        code: 'HAWSER_HF_TEST_FAILED',
        exitCode: 1,
        message: 'The test of my_env failed: pytest ended with 1.',
      });
  });

  test('pytest gets the environment as package and as folder, and leaves no traces', async () => {
    const folder = programs({ python: python('echo "$PWD $PYTHONPATH $PYTHONDONTWRITEBYTECODE $*"') });
    const from = folderWith(flatEnvironment(aTest));
    const { unitTests } = await testEnvironment({ from, environment: 'my_env', python: join(folder, 'python') });
    const env = join(from, 'envs/my_env');
    expect(unitTests.output).toMatch(
      new RegExp(`^${env} ${env}:${from}/envs:${from}/src\\S* 1 -m pytest -q -p no:cacheprovider `),
    );
  });

  test('without pytest, or without Python, the tests are skipped and say so', async () => {
    const folder = programs({ python: 'exit 1' });
    expect((await run(aTest, { python: join(folder, 'python') })).unitTests).toEqual({
      outcome: 'skipped',
      reason: 'pytest is not installed',
    });
    expect((await run(aTest, { python: '/nowhere/py' })).unitTests).toEqual({
      outcome: 'skipped',
      reason: '/nowhere/py is not here',
    });
  });

  test('errors of the validation fail it', async () => {
    const report = await run({ 'openenv.yaml': '- x\n' });
    expect(report.passed).toBe(false);
    expect(testError(report)?.message).toContain('1 errors in its validation');
  });
});

describe('test --docker', () => {
  test('without an engine is an error, never a silent pass', async () => {
    programs({}, { only: true });
    await expect(run({}, { docker: true })).rejects.toMatchObject({
      code: 'HAWSER_HF_TOOL_MISSING',
      exitCode: 1,
      message: 'No image can be built: docker is not here, and podman is not here.',
    });
    programs({ docker: 'echo cannot connect >&2; exit 1' }, { only: true });
    await expect(run({}, { docker: true })).rejects.toMatchObject({
      message: expect.stringContaining('docker does not answer'),
    });
  });

  test('builds what a push would send', async () => {
    programs({ docker: 'test "$1" = info && exit 0; cd "$3" && ls && grep ENABLE_WEB Dockerfile' });
    const { build, passed } = await run({}, { docker: true });
    expect([build?.outcome, passed]).toEqual(['passed', true]);
    expect(build?.output).toMatch(/^Dockerfile\nREADME\.md\n[\s\S]*ENV ENABLE_WEB_INTERFACE=true\n$/);
  });

  test('a build that fails fails the test', async () => {
    programs({ docker: 'test "$1" = info && exit 0; echo no; exit 17' });
    const report = await run({}, { docker: true });
    expect(report.build).toEqual({ outcome: 'failed', reason: 'docker build ended with 17', output: 'no\n' });
    expect(testError(report)?.details).toMatchObject({ failed: ['docker build ended with 17'] });
  });

  test('what does not validate is not built', async () => {
    programs({ docker: 'test "$1" = info' });
    expect((await run({ 'openenv.yaml': '- x\n' }, { docker: true })).build?.outcome).toBe('skipped');
  });
});
