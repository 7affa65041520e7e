import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Finding } from '../../src/tree/types.js';
import { validationRules } from '../../src/validate/rules.js';
import { toSarif } from '../../src/validate/sarif.js';
import { validateEnvironment, type ValidateOptions } from '../../src/validate/validate.js';
import { flatEnvironment, frontMatter, pyproject, seedRepository } from '../../../../test/support/environments.js';
import { folderWith } from '../support/folders.js';
import type { ValidationReport } from '../../src/validate/types.js';

type Changes = Readonly<Record<string, string | undefined>>;

function validate(changes: Changes = {}, options: Partial<ValidateOptions> = {}): Promise<ValidationReport> {
  return validateEnvironment({
    from: folderWith(flatEnvironment({ 'uv.lock': '', ...changes })),
    environment: 'my_env',
    ...options,
  });
}

function rulesOf(findings: readonly Finding[]): readonly string[] {
  return findings
    .filter(({ rule }) => rule !== 'dockerfile/no-user')
    .map(({ rule, severity }) => `${severity} ${rule}`);
}

const copyAll = 'COPY . /app\nCMD ["x"]\nHEALTHCHECK CMD x\n';

describe('an environment is validated', () => {
  test("one of today's layout passes without a finding", async () => {
    const report = await validate();
    expect(report).toMatchObject({ environment: 'my_env', layout: 'flat', passed: true, skipped: [] });
    expect(rulesOf(report.findings)).toEqual([]);
    expect(report.summary).toEqual({ errors: 0, warnings: 0, notes: 1 });
  });

  test("one of the seed's layout passes: what a push makes up for is a note", async () => {
    const report = await validateEnvironment({ from: folderWith(seedRepository()), environment: 'echo_env' });
    expect(report).toMatchObject({ layout: 'repository', passed: true });
    expect(rulesOf(report.findings)).toEqual(['note readme/generated', 'note dockerfile/local-base']);
  });

  const cases: readonly (readonly [string, Changes])[] = [
    ['error structure/missing-file', { 'openenv.yaml': undefined }],
    ['warning structure/missing-file', { 'models.py': undefined }],
    ['warning structure/no-lock', { 'uv.lock': undefined }],
    ['error pyproject/missing', { 'pyproject.toml': undefined }],
    ['error pyproject/syntax', { 'pyproject.toml': '[project\n' }],
    ['error pyproject/server-script', { 'pyproject.toml': pyproject.replace('server =', 'other =') }],
    ['error pyproject/server-script', { 'pyproject.toml': pyproject.replace(':main', ':app') }],
    ['error pyproject/no-openenv', { 'pyproject.toml': pyproject.replace('openenv[core]>=0.2.2', 'fastapi') }],
    ['error server/no-main', { 'server/app.py': 'app = 1\n' }],
    [
      'error server/main-not-called',
      { 'server/app.py': 'def main():\n    pass\n\n\nif __name__ == "__main__":\n    pass\n' },
    ],
    ['error python/syntax', { 'models.py': 'class X\n' }],
    ['error manifest/field', { 'openenv.yaml': 'spec_version: 1\nname: x\nport: many\n' }],
    ['warning manifest/unknown-key', { 'openenv.yaml': 'spec_version: 1\nname: x\ncolour: red\n' }],
    ['error manifest/yaml', { 'openenv.yaml': '- x\n' }],
    ['note readme/generated', { 'README.md': '# x\n' }],
    ['error readme/color', { 'README.md': frontMatter.replace('pink', '"#ff00ff"') }],
    ['error readme/emoji', { 'README.md': frontMatter.replace('🎯', 'x') }],
    ['error readme/sdk', { 'README.md': frontMatter.replace('docker', 'gradio') }],
    ['error readme/unclosed', { 'README.md': '---\ntitle: x\n' }],
    [
      'warning readme/app-port',
      {
        'README.md': frontMatter.replace('app_port: 8000\n', ''),
        'openenv.yaml': 'spec_version: 1\nname: x\n',
        'server/Dockerfile': `FROM a/b\n${copyAll}`,
      },
    ],
    ['error dockerfile/missing-source', { 'server/Dockerfile': `FROM a/b\nCOPY src/envs/my_env /x\n${copyAll}` }],
    ['error dockerfile/unknown-stage', { 'server/Dockerfile': `FROM a/b\nCOPY --from=builder /a /b\n${copyAll}` }],
    ['error dockerfile/local-base', { 'server/Dockerfile': `FROM openspiel-base:latest\n${copyAll}` }],
    ['note dockerfile/local-base', { 'server/Dockerfile': `FROM envtorch-base:latest\n${copyAll}` }],
    [
      'note dockerfile/web-interface-off',
      { 'server/Dockerfile': `FROM a/b\nENV ENABLE_WEB_INTERFACE=false\n${copyAll}` },
    ],
    ['warning dockerfile/platform', { 'server/Dockerfile': `FROM --platform=linux/arm64 a/b\n${copyAll}` }],
    ['note dockerfile/two', { Dockerfile: `FROM a/b\n${copyAll}` }],
    ['warning port/manifest', { 'openenv.yaml': 'spec_version: 1\nname: x\nport: 9000\n' }],
    [
      'warning port/command',
      { 'README.md': frontMatter.replace('8000', '9000'), 'openenv.yaml': 'spec_version: 1\nname: x\n' },
    ],
    ['warning port/exposed', { 'server/Dockerfile': `FROM a/b\nEXPOSE 1 2\n${copyAll}` }],
    ['error secret/found', { 'notes.txt': ['hf', 'AbCdEfGhIjKlMnOpQrStUvWxYz01234567'].join('_') }],
    ['error file/case-collision', { 'MODELS.py': '' }],
  ];
  test.each(cases)('%s', async (rule, changes) => {
    const report = await validate(changes);
    expect(rulesOf(report.findings)).toEqual([rule]);
    expect(report.passed).toBe(!rule.startsWith('error'));
  });

  test('openenv installed by the Dockerfile is enough', async () => {
    const report = await validate({
      'pyproject.toml': pyproject.replace('openenv[core]>=0.2.2', 'fastapi'),
      'server/Dockerfile': `FROM a/b\nRUN pip install \\\n  openenv\n${copyAll}`,
    });
    expect(rulesOf(report.findings)).toEqual([]);
  });

  test('--base-image is judged before it is pushed', async () => {
    expect(
      (
        await validate(
          { 'server/Dockerfile': `FROM openspiel-base:latest\n${copyAll}` },
          { baseImage: 'ghcr.io/x/y:1' },
        )
      ).passed,
    ).toBe(true);
    expect((await validate({}, { baseImage: 'localhost:5000/x' })).passed).toBe(false);
  });

  test('without Python, what needs it is skipped, not passed', async () => {
    const report = await validate({ 'models.py': 'class X\n' }, { python: '/nowhere/python3' });
    expect(report.skipped).toEqual(
      ['python/syntax', 'server/no-main', 'server/main-not-called'].map((rule) => ({
        rule,
        reason: '/nowhere/python3 is not here',
      })),
    );
  });

  test('sources that would crash a parser, or do something when run, do nothing', async () => {
    const report = await validate({ 'client.py': `x = ${'('.repeat(5000)}`, 'models.py': 'raise SystemExit(3)\n' });
    expect(
      report.skipped.length + report.findings.filter(({ rule }) => rule === 'python/syntax').length,
    ).toBeGreaterThan(0);
    expect((await validate({ 'models.py': 'raise SystemExit(3)\n' })).passed).toBe(true);
  });

  test('errors come first, then files and lines', async () => {
    const { findings } = await validate({
      'models.py': 'class X\n',
      'uv.lock': undefined,
      'README.md': frontMatter.replace('pink', 'x').replace('blue', 'y'),
    });
    expect(findings.map(({ severity, path }) => `${severity} ${path}`)).toEqual([
      'error models.py',
      'error README.md',
      'error README.md',
      'warning uv.lock',
      'note server/Dockerfile',
    ]);
  });
});

describe('SARIF', () => {
  test('has every finding with rule, level, file and line, and what was skipped', async () => {
    const report = await validate(
      { 'README.md': frontMatter.replace('pink', 'x'), 'a b.txt': '' },
      { python: '/nowhere/python3' },
    );
    const log = toSarif(report);
    expect(log).toMatchObject({ version: '2.1.0', $schema: expect.stringContaining('sarif-schema-2.1.0.json') });
    expect(log.runs).toHaveLength(1);
    expect(log.runs[0]).toMatchObject({
      tool: { driver: { name: 'hawser hf validate', rules: [{ id: 'dockerfile/no-user' }, { id: 'readme/color' }] } },
      originalUriBaseIds: { ENVIRONMENT: { uri: `file://${report.folder}/` } },
      invocations: [{ executionSuccessful: true, toolExecutionNotifications: [{ level: 'note' }, {}, {}] }],
      results: [
        {
          ruleId: 'readme/color',
          ruleIndex: 1,
          level: 'error',
          message: { text: expect.stringContaining('colorFrom must be one of') },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: 'README.md', uriBaseId: 'ENVIRONMENT' },
                region: { startLine: 4 },
              },
            },
          ],
        },
        { ruleId: 'dockerfile/no-user', ruleIndex: 0, level: 'note' },
      ],
    });
  });

  test('paths are URIs', () => {
    const report: ValidationReport = {
      environment: 'x',
      folder: '/x y',
      layout: 'flat',
      passed: true,
      findings: [{ rule: 'file/name', severity: 'error', message: 'm', path: 'a b/ü.txt' }],
      skipped: [],
      summary: { errors: 1, warnings: 0, notes: 0 },
    };
    expect(JSON.stringify(toSarif(report))).toContain('"uri":"a%20b/%C3%BC.txt"');
    expect(JSON.stringify(toSarif(report))).toContain('"uri":"file:///x%20y/"');
  });
});

test('every rule that a finding names is in the list, and none that no finding names', () => {
  const source = join(import.meta.dirname, '../../src');
  const files = ['stage', 'env', 'readme', 'dockerfile', 'validate', 'secrets'].flatMap((folder) =>
    readdirSync(join(source, folder)).map((name) => join(source, folder, name)),
  );
  const named = new Set<string>();
  for (const file of files.filter((each) => !each.endsWith('rules.ts'))) {
    const text = readFileSync(file, 'utf8');
    for (const [, id = ''] of text.matchAll(
      /'((?:structure|pyproject|server|python|manifest|readme|dockerfile|port|secret|file|live)\/[a-z0-9-]+)'/g,
    ))
      named.add(id);
    for (const [, id = ''] of text.matchAll(/\btell\(\s*'([a-z-]+)'/g)) named.add(`dockerfile/${id}`);
  }
  named.add('readme/emoji').add('readme/sdk');
  expect([...named].toSorted()).toEqual(Object.keys(validationRules).toSorted());
});
