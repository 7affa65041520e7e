import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { readDockerfile } from '../../src/dockerfile/model.js';
import { webInterfaceOf } from '../../src/dockerfile/web-interface.js';
import { stageEnvironment } from '../../src/stage/stage.js';
import { readContent } from '../../src/tree/content.js';
import type { StageOptions } from '../../src/tree/types.js';
import { validateEnvironment } from '../../src/validate/validate.js';
import {
  flatEnvironment,
  frontMatter,
  pyproject,
  seedDockerfile,
  seedRepository,
} from '../../../../test/support/environments.js';
import { folderWith } from '../support/folders.js';

// Look-alikes of what makes real OpenEnv environments special.
const manifest = (port: number): string => `spec_version: 1\nname: x\nport: ${port}\n`;
const environments: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a RUN that writes a script between quotes, with a CMD in it (carla)': {
    'server/Dockerfile':
      'FROM ubuntu:22.04 AS base\nRUN printf \'#!/bin/sh\\n\\\nCMD run\\n\\\nENV ENABLE_WEB_INTERFACE=false\\n\' > /start.sh\nFROM base\nCOPY . /app\nEXPOSE 8000\nEXPOSE 2000\nCMD ["sh", "/start.sh"]\n',
  },
  'shell-form CMD and an ARG of its own for the base (openspiel)': {
    'server/Dockerfile':
      'ARG OPENSPIEL_BASE_IMAGE=ghcr.io/huggingface/openenv-openspiel-base:latest\nFROM ${OPENSPIEL_BASE_IMAGE}\nCOPY . /app\nCMD uvicorn server.app:app --host 0.0.0.0 --port 8000\n',
  },
  '--platform, and two EXPOSE lines (unity, browsergym)': {
    'server/Dockerfile':
      'FROM --platform=linux/amd64 python:3.11-slim AS builder\nCOPY . /app\nFROM --platform=linux/amd64 python:3.11-slim\nCOPY --from=builder /app /app\nEXPOSE 8000\nEXPOSE 7860\nCMD ["uvicorn", "server.app:app", "--port", "8000"]\n',
  },
  'a Dockerfile at the root, port 8004, another base_path (calendar)': {
    Dockerfile: 'FROM python:3.11-slim\nCOPY . /app\nEXPOSE 8004\nCMD ["uvicorn", "app:app", "--port", "8004"]\n',
    'README.md': frontMatter.replace('8000', '8004').replace('/web', '/docs'),
    'openenv.yaml': manifest(8004),
  },
  'the web interface off on purpose (grid_world)': {
    'server/Dockerfile': 'FROM python:3.11-slim\nCOPY . /app\nENV ENABLE_WEB_INTERFACE=false\nCMD ["x"]\n',
  },
  'a README whose body is full of rules (wildfire)': {
    'README.md': `${frontMatter}\n# x\n\n---\n\n## a: b\n\n---\n\ntext\n---\n`,
  },
  'its own .dockerignore and .env.example (jupyter)': {
    '.dockerignore': '.venv\n**/__pycache__\n*.md\n!README.md\n',
    '.env.example': 'KEY=\n',
  },
};

const inOrder = (a: string, b: string): number => a.localeCompare(b, 'en');

async function stageTexts(
  files: Readonly<Record<string, string>>,
  options: Partial<StageOptions> = {},
): Promise<{
  readonly text: (path: string) => Promise<string>;
  readonly findings: readonly string[];
  readonly appPort: number;
}> {
  const staged = await stageEnvironment({
    from: folderWith(files),
    environment: 'my_env',
    spaceName: 'my_env',
    ...options,
  });
  const text = async (path: string): Promise<string> => {
    const file = staged.files.find((each) => each.path === path);
    return file ? (await readContent(file)).toString() : '';
  };
  return {
    text,
    findings: staged.findings.map(({ rule, severity }) => `${severity} ${rule}`),
    appPort: staged.appPort,
  };
}

describe.each(Object.entries(environments))('%s', (_, changes) => {
  const files = flatEnvironment(changes);

  test('is staged: web interface on, README as it is, no warning', async () => {
    const { text, findings, appPort } = await stageTexts(files);
    expect(webInterfaceOf(readDockerfile(await text('Dockerfile')))).toBe('true');
    expect(await text('README.md')).toBe(files['envs/my_env/README.md']);
    expect(findings.filter((each) => !each.startsWith('note '))).toEqual([]);
    expect(appPort).toBe(changes['README.md']?.includes('8004') ? 8004 : 8000);
  });

  test('takes another base image without breaking', async () => {
    const baseImage = 'ghcr.io/my-org/base:1';
    const model = readDockerfile(await (await stageTexts(files, { baseImage })).text('Dockerfile'));
    const roots = model.stages.filter(({ parent }) => !parent);
    expect(roots.map(({ resolvedImage }) => resolvedImage)).toEqual(roots.map(() => baseImage));
    const before = readDockerfile(changes['Dockerfile'] ?? files['envs/my_env/server/Dockerfile'] ?? '');
    expect(model.stages.map(({ name, platform }) => [name, platform])).toEqual(
      before.stages.map(({ name, platform }) => [name, platform]),
    );
  });
});

describe('what would fail after a push of the official CLI is refused before ours', () => {
  test.each([
    [
      'paths of the repository that are not there (coding)',
      { 'server/Dockerfile': 'FROM a/b\nCOPY src/core/ /app/core\nCMD ["x"]\n' },
    ],
    ['a base of the author (grid_world)', { 'server/Dockerfile': 'FROM my-envtorch:local\nCOPY . /app\nCMD ["x"]\n' }],
    [
      'an instruction with a letter too many (browsergym)',
      { 'server/Dockerfile': 'FROM a/b\nxWORKDIR /app\nCMD ["x"]\n' },
    ],
    ['hexadecimal colours (atari, chat)', { 'README.md': frontMatter.replace('pink', '"#8B5CF6"') }],
    [
      'a stage that is gone (25 of 34 after --base-image)',
      { 'server/Dockerfile': 'FROM a/b\nFROM a/b\nCOPY --from=builder /a /b\nCMD ["x"]\n' },
    ],
  ])('%s', async (_, changes) => {
    await expect(stageTexts(flatEnvironment(changes))).rejects.toMatchObject({ code: 'HAWSER_HF_ENV_INVALID' });
  });
});

describe('what the repository leaves out (the data of finqa)', () => {
  const names = [
    'a.csv',
    'data/a.csv',
    'data/kept.csv',
    'deep/data/a.csv',
    'outputs/log.txt',
    'server/outputs/log.txt',
  ];
  const ignoring = {
    '.gitignore': 'envs/my_env/data/*\noutputs/\n/deep\nmy_env/server/*.txt\n/a.csv\n',
    'envs/.gitignore': '!my_env/data/kept.csv\nmy_env/deep/\n',
    'envs/my_env/.gitignore': '!/deep/\n',
  };

  test('does not go to a Space, as far as git says so', async () => {
    const given = Object.fromEntries(names.map((name) => [`envs/my_env/${name}`, '1\n']));
    const from = folderWith({ ...flatEnvironment(), ...given, ...ignoring });
    spawnSync('git', ['init', '-q'], { cwd: from });
    const { stdout } = spawnSync('git', ['ls-files', '-co', '--exclude-standard', 'envs/my_env'], {
      cwd: from,
      encoding: 'utf8',
      env: { ...process.env, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' },
    });
    const kept = stdout
      .trim()
      .split('\n')
      .map((path) => path.replace('envs/my_env/', ''));
    const { files } = await stageEnvironment({ from, environment: 'my_env', spaceName: 'my_env' });
    expect(kept).toContain('data/kept.csv');
    const staged = files.map(({ path }) => (path === 'Dockerfile' ? 'server/Dockerfile' : path));
    expect(staged.toSorted(inOrder)).toEqual(kept.toSorted(inOrder));
  });

  test('goes there when all of it is left out, and it is pushed nevertheless', async () => {
    const from = folderWith({ ...flatEnvironment(), '.gitignore': 'envs/\n' });
    const { files } = await stageEnvironment({ from, environment: 'my_env', spaceName: 'my_env' });
    expect(files).toHaveLength(Object.keys(flatEnvironment()).length);
  });
});

test.each([
  ['envs/ that copies from the repository (grid_world): by its present name', 'envs', 'huggingface'],
  ["src/envs/: by the seed's", 'src/envs', 'meta-pytorch'],
])('the published base of an environment in %s', async (_, folder, owner) => {
  const { text } = await stageTexts({
    [`${folder}/my_env/server/Dockerfile`]: `FROM envtorch-base:latest\nCOPY src/openenv/core/ /core\nCOPY ${folder}/my_env/ /app\nCMD ["x"]\n`,
    'src/openenv/core/__init__.py': '',
  });
  expect(await text('Dockerfile')).toContain(`FROM ghcr.io/${owner}/openenv-base:latest\n`);
});

describe('Python that is newer than the one here (tau2 asks for 3.12)', () => {
  const newer = 'match(1):\n';
  test.each([
    ['is skipped, not refused', '>=3.99', []],
    ['with an upper limit is skipped too', '<4, >= 3.99.1', []],
    ['is refused where this one should read it', '>=3.8', ['python/syntax']],
    ['is refused where nothing is asked for', '', ['python/syntax']],
  ])('%s', async (_, required, rules) => {
    const files = flatEnvironment({
      'models.py': newer,
      'pyproject.toml': pyproject.replace('>=3.10', required),
      'uv.lock': '',
    });
    const { findings, skipped } = await validateEnvironment({ from: folderWith(files), environment: 'my_env' });
    expect(findings.filter(({ severity }) => severity === 'error').map(({ rule }) => rule)).toEqual(rules);
    expect(skipped.map(({ rule }) => rule)).toEqual(
      rules.length > 0 ? [] : ['python/syntax', 'server/no-main', 'server/main-not-called'],
    );
  });
});

test("every placeholder base of the seed's layout makes way for the published one", async () => {
  for (const base of ['openenv-base:latest', 'envtorch-base:latest', 'openenv-base']) {
    const files = seedRepository({
      'src/envs/echo_env/server/Dockerfile': seedDockerfile.replace('openenv-base:latest', base),
    });
    // oxlint-disable-next-line no-await-in-loop -- three small ones
    const { text, findings } = await stageTexts(files, { environment: 'echo_env' });
    expect(findings).toContain('note dockerfile/local-base');
    expect(readDockerfile(await text('Dockerfile')).final?.resolvedImage).toBe(
      'ghcr.io/meta-pytorch/openenv-base:latest',
    );
  }
});

describe('the program that takes real environments', () => {
  const program = fileURLToPath(new URL('../acceptance/real-environments.mjs', import.meta.url));
  const run = (...args: readonly string[]): ReturnType<typeof spawnSync> =>
    spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });

  test('takes look-alikes through everything, and counts', () => {
    const checkout = folderWith({
      ...seedRepository(),
      ...flatEnvironment({ 'server/Dockerfile': 'FROM python:3.11\nCOPY envs/my_env /app\nCMD ["x"]\n' }),
      ...flatEnvironment({ 'README.md': frontMatter.replace('pink', '"#8B5CF6"') }, 'envs/hex_env/'),
      ...flatEnvironment({ 'server/Dockerfile': 'FROM a/b\nCOPY gone /app\nCMD ["x"]\n' }, 'envs/gone_env/'),
    });
    const { stdout, status } = run(checkout, '--json');
    const { environments: taken, totals } = JSON.parse(String(stdout));
    expect(taken.flatMap(({ failures }: { failures: readonly string[] }) => failures)).toEqual([]);
    expect(totals).toMatchObject({
      environments: 4,
      pushed: 3,
      refusedAsTheyAre: 2,
      repositoryLayout: 2,
      danglingAlone: 3,
      failed: 0,
      rules: { 'error readme/color': 1, 'error dockerfile/missing-source': 1, 'note dockerfile/local-base': 1 },
    });
    expect(status).toBe(0);
  });

  test.each([[[]], [['--unknown']], [['/nowhere']]])('%j is no input', (args) => {
    expect(run(...args)).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('Usage: ') });
  });
});
