import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { useHawser } from '../support/hawser.js';
import { openWorkshop } from '../support/hub.js';
import { startOpenEnv } from '../support/open-env.js';
import { expectSchema } from '../support/schema.js';

const hawser = useHawser();

interface Envelope<Data> {
  readonly ok: boolean;
  readonly data: Data;
}

describe('hf init', () => {
  test.each(['echo', 'coding'])(
    '--template %s: says where it wrote; what it made validates and is pushed',
    async (template) => {
      const { run, folder, hub } = await openWorkshop(hawser, { files: {} });
      const made = await run(['hf', 'init', 'my_env', '--template', template]);
      expect(made.stdout).toContain(`Made ${join(folder, 'my_env')}:\n`);
      expect(made.stdout).toContain('  server/Dockerfile\n');
      expect([made.stderr, made.exitCode]).toEqual(['', 0]);
      expect((await run(['hf', 'validate', 'my_env'])).exitCode).toBe(0);
      const dry = await run(['hf', 'push', 'my_env', '--dry-run']);
      expect(dry.stdout).toContain(`  staged in ${join(folder, 'hf-staging/my_env')}\n`);
      expect(readFileSync(join(folder, 'hf-staging/my_env/Dockerfile'), 'utf8')).toContain(
        'ghcr.io/huggingface/openenv-base:latest',
      );
      expect((await run(['hf', 'push', 'my_env'])).exitCode).toBe(0);
      expect(hub.head('hawser/my_env')?.commits).toBe(2);
    },
  );

  test('puts it into envs/ where there is one, or where it is told; its JSON keeps its schema', async () => {
    const { run, folder } = await openWorkshop(hawser, { files: { 'envs/README.md': '# Environments\n' } });
    const { json } = await run(['hf', 'init', 'my_env', '--json']);
    const { data } = json as Envelope<{ readonly folder: string }>;
    expectSchema('hf-init', data);
    expect(data.folder).toBe(join(folder, 'envs/my_env'));
    await run(['hf', 'init', 'my_env', '--output', 'elsewhere']);
    expect(existsSync(join(folder, 'elsewhere/my_env/openenv.yaml'))).toBe(true);
  });

  test.each([
    [['my_env'], 'HAWSER_HF_ENV_EXISTS'],
    [['class'], 'HAWSER_HF_BAD_INPUT'],
    [['other', '--template', 'nothing'], 'HAWSER_CLI_USAGE'],
  ])('%j is refused with 2: %s', async (args, code) => {
    const { run } = await openWorkshop(hawser, { files: { 'my_env/models.py': '' } });
    const { json, exitCode } = await run(['hf', 'init', ...args, '--json']);
    expect(json).toMatchObject({ ok: false, error: { code, exitCode: 2 } });
    expect(exitCode).toBe(2);
  });
});

describe('hf validate', () => {
  const broken = {
    'src/envs/echo_env/README.md': '---\ntitle: Echo\nsdk: gradio\n---\n',
    'src/envs/echo_env/server/Dockerfile': 'FROM python:3.11\nCOPY no/such/file /app/\nCMD ["true"]\n',
  };

  test('findings name place, rule and remedy; errors end it with 1', async () => {
    const { run, write, hub } = await openWorkshop(hawser);
    const good = await run(['hf', 'validate', 'echo_env']);
    expect(good.stdout).toMatch(/^note server\/Dockerfile:\d+: .* \[dockerfile\/no-user\]$/m);
    expect(good.stdout).toMatch(/\necho_env passed: 0 errors, \d+ warnings?, \d+ notes?\n$/);
    expect([good.stderr, good.exitCode]).toEqual(['', 0]);
    write(broken);
    const bad = await run(['hf', 'validate', 'echo_env']);
    expect(bad.stdout).toMatch(/^error README\.md:3: .* \[readme\/sdk\]$/m);
    expect(bad.stdout).toMatch(
      /^error server\/Dockerfile:2: .*no\/such\/file.* \[dockerfile\/missing-source\]\n {2}\S/m,
    );
    expect(bad.stdout).toMatch(/\necho_env failed: 4 errors, /);
    expect([bad.stderr, bad.exitCode, hub.requests]).toEqual(['', 1, []]);
  });

  test('its JSON keeps its schema', async () => {
    const { run, write } = await openWorkshop(hawser);
    write(broken);
    const { json, exitCode } = await run(['hf', 'validate', 'echo_env', '--json']);
    const { ok, data } = json as Envelope<{ readonly passed: boolean; readonly findings: readonly { rule: string }[] }>;
    expectSchema('hf-validate', data);
    expect([ok, data.passed, exitCode]).toEqual([true, false, 1]);
    expect(data.findings.map(({ rule }) => rule)).toEqual(
      expect.arrayContaining(['readme/sdk', 'dockerfile/missing-source']),
    );
  });

  test('--sarif prints SARIF, with the place of every finding', async () => {
    const { run, write } = await openWorkshop(hawser);
    write(broken);
    const { stdout, exitCode } = await run(['hf', 'validate', 'echo_env', '--sarif']);
    const { version, runs } = JSON.parse(stdout) as {
      readonly version: string;
      readonly runs: readonly { readonly results: readonly { readonly ruleId: string; readonly level: string }[] }[];
    };
    expect([version, exitCode]).toEqual(['2.1.0', 1]);
    expect(runs[0]?.results).toContainEqual(
      expect.objectContaining({
        ruleId: 'dockerfile/missing-source',
        level: 'error',
        locations: [
          expect.objectContaining({
            physicalLocation: expect.objectContaining({ region: { startLine: 2 } }) as unknown,
          }) as unknown,
        ],
      }),
    );
  });

  test('--base-image judges a push with that image', async () => {
    const { run, write } = await openWorkshop(hawser);
    write({ 'src/envs/echo_env/server/Dockerfile': 'FROM my-own-base:latest\nCMD ["true"]\n' });
    expect((await run(['hf', 'validate', 'echo_env'])).stdout).toContain('[dockerfile/local-base]');
    const { stdout } = await run(['hf', 'validate', 'echo_env', '--base-image', 'ghcr.io/me/base:1']);
    expect(stdout).not.toContain('[dockerfile/local-base]');
  });

  test('--url holds a running server to the criteria', async () => {
    await using app = await startOpenEnv();
    const { run } = await openWorkshop(hawser);
    const good = await run(['hf', 'validate', '--url', app.url]);
    expect(good).toMatchObject({ stdout: `${app.url} passed: 6 of 6 criteria met\n`, stderr: '', exitCode: 0 });
    app.isHealthy = false;
    const bad = await run(['hf', 'validate', '--url', app.url]);
    expect(bad.stdout).toBe(
      `error GET /health does not say healthy. [live/health]\n${app.url} failed: 5 of 6 criteria met\n`,
    );
    expect(bad.exitCode).toBe(1);
    const { json } = await run(['hf', 'validate', '--url', app.url, '--json']);
    expectSchema('hf-validate', (json as Envelope<unknown>).data);
  });

  test.each([[[]], [['echo_env', '--url', 'http://127.0.0.1:1']]])('%j: either one or the other', async (args) => {
    const { run } = await openWorkshop(hawser);
    const { json, exitCode } = await run(['hf', 'validate', ...args, '--json']);
    expect(json).toMatchObject({ ok: false, error: { code: 'HAWSER_CLI_USAGE', exitCode: 2 } });
    expect(exitCode).toBe(2);
  });
});

describe('hf test', () => {
  test('says what was validated and tested, and what was skipped', async () => {
    const { run } = await openWorkshop(hawser);
    const { stdout, exitCode } = await run(['hf', 'test', 'echo_env']);
    expect(stdout).toMatch(/\necho_env passed: 0 errors, .*\nunit tests skipped: there are no tests\n$/);
    expect(exitCode).toBe(0);
    const { json } = await run(['hf', 'test', 'echo_env', '--json']);
    expectSchema('hf-test', (json as Envelope<unknown>).data);
  });

  test('what fails ends it with 1', async () => {
    const { run, write } = await openWorkshop(hawser);
    write({ 'src/envs/echo_env/server/Dockerfile': 'FROM python:3.11\nCOPY no/such/file /app/\nCMD ["true"]\n' });
    expect((await run(['hf', 'test', 'echo_env'])).exitCode).toBe(1);
  });

  test('--docker without an engine is an error, never a silent pass: HAWSER_HF_TOOL_MISSING', async () => {
    const { run } = await openWorkshop(hawser);
    const { json, exitCode } = await run(['hf', 'test', 'echo_env', '--docker', '--json'], {
      env: { PATH: '/nonexistent' },
    });
    expect(json).toMatchObject({ ok: false, error: { code: 'HAWSER_HF_TOOL_MISSING', exitCode: 1 } });
    expect(exitCode).toBe(1);
  });
});

describe('hf upgrade', () => {
  test('--dry-run shows the changes and makes none; without it they are made, with a copy of what was there', async () => {
    const { run, folder } = await openWorkshop(hawser);
    const args = ['hf', 'upgrade', 'echo_env', '--to-version', '0.10.0'];
    const pyproject = join(folder, 'src/envs/echo_env/pyproject.toml');
    const dry = await run([...args, '--dry-run']);
    expect(dry.stdout).toMatch(/^\+\+\+ .*pyproject\.toml/m);
    expect(dry.stdout).toMatch(/\nNothing was changed\.\n$/);
    expect([existsSync(pyproject), dry.exitCode]).toEqual([false, 0]);
    const done = await run(args);
    expect(done.stdout).toMatch(new RegExp(`\nBackup in ${folder}/\\.hawser/backups/\\S+\n$`));
    expect([existsSync(pyproject), done.exitCode]).toEqual([true, 0]);
    const again = await run([...args, '--json']);
    expectSchema('hf-upgrade', (again.json as Envelope<unknown>).data);
    expect(again.json).toMatchObject({ ok: true, data: { changes: [], applied: false } });
  });

  test('what is not committed is not touched: HAWSER_HF_DIRTY_TREE', async () => {
    const { run, folder } = await openWorkshop(hawser);
    execFileSync('git', ['init', '--quiet', folder]);
    const args = ['hf', 'upgrade', 'echo_env', '--to-version', '0.10.0'];
    const { json, exitCode } = await run([...args, '--json']);
    expect(json).toMatchObject({ ok: false, error: { code: 'HAWSER_HF_DIRTY_TREE', exitCode: 2 } });
    expect(exitCode).toBe(2);
    expect((await run([...args, '--force'])).exitCode).toBe(0);
  });
});
