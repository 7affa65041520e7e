import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { HfPushError } from '../../src/errors.js';
import { stageEnvironment } from '../../src/stage/stage.js';
import { removeStaging, writeStaging } from '../../src/stage/write.js';
import { readContent } from '../../src/tree/content.js';
import { treeOid } from '../../src/tree/oid.js';
import type { Staged, StageOptions } from '../../src/tree/types.js';
import {
  flatDockerfile,
  flatEnvironment,
  frontMatter,
  seedDockerfile,
  seedRepository,
} from '../../../../test/support/environments.js';
import { folderWith, writeFiles } from '../support/folders.js';

function stage(from: string, options: Partial<StageOptions> = {}): Promise<Staged> {
  return stageEnvironment({ from, environment: 'my_env', spaceName: 'my_env', ...options });
}

async function failure(run: Promise<unknown>): Promise<HfPushError> {
  const error = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof HfPushError) return error;
  throw new Error(`It did not fail as it should: ${String(error)}`);
}

function pathsOf({ files }: Staged): readonly string[] {
  return files.map(({ path }) => path);
}

async function textOf({ files }: Staged, path: string): Promise<string> {
  const file = files.find((each) => each.path === path);
  if (!file) throw new Error(`${path} is not staged`);
  return (await readContent(file)).toString();
}

const seed = { environment: 'echo_env', spaceName: 'echo_env' };
const core = ['src/core/__init__.py', 'src/core/server.py'];
const echo = [
  'README.md',
  '__init__.py',
  'client.py',
  'models.py',
  'server/Dockerfile',
  'server/__init__.py',
  'server/app.py',
].map((path) => `src/envs/echo_env/${path}`);

describe("the seed's layout", () => {
  test('is Dockerfile, README, src/core and the environment, and nothing else of the repository', async () => {
    const staged = await stage(folderWith(seedRepository()), seed);
    expect(staged).toMatchObject({ name: 'echo_env', layout: 'repository', appPort: 8000, variables: {} });
    expect(pathsOf(staged)).toEqual(['Dockerfile', 'README.md', ...core, ...echo]);
    expect(await textOf(staged, 'Dockerfile')).toBe(
      seedDockerfile
        .replace('openenv-base:latest', 'ghcr.io/meta-pytorch/openenv-base:latest')
        .replace('CMD ["uvi', 'ENV ENABLE_WEB_INTERFACE=true\nCMD ["uvi'),
    );
    expect(await textOf(staged, 'src/envs/echo_env/server/Dockerfile')).toBe(seedDockerfile);
  });

  test('makes front matter, and keeps the text under it', async () => {
    const staged = await stage(folderWith(seedRepository()), seed);
    const readme = await textOf(staged, 'README.md');
    expect(readme).toMatch(
      /^---\ntitle: Echo Env Environment Server\nemoji: .+\ncolorFrom: \w+\ncolorTo: \w+\nsdk: docker\n/,
    );
    expect(readme.endsWith('# Echo\n\nSays what it is told.\n')).toBe(true);
    expect(staged.findings.map(({ rule }) => rule)).toContain('readme/generated');
  });

  test('without a Dockerfile, one is made from the parts that are there', async () => {
    const staged = await stage(folderWith(seedRepository({ 'src/envs/echo_env/server/Dockerfile': undefined })), seed);
    const text = await textOf(staged, 'Dockerfile');
    expect(text).toContain('FROM ghcr.io/meta-pytorch/openenv-base:latest\n');
    expect(text).toContain('COPY src/core/ /app/src/core/\nCOPY src/envs/echo_env/ /app/src/envs/echo_env/\n');
    expect(text).toContain('CMD ["uvicorn", "envs.echo_env.server.app:app", "--host", "0.0.0.0", "--port", "8000"]');
    expect(text).toContain('ENV ENABLE_WEB_INTERFACE=true');
    expect(pathsOf(staged)).toEqual(expect.arrayContaining(core));
  });

  test('what else the Dockerfile copies comes along, and no more', async () => {
    const files = seedRepository({
      'src/envs/echo_env/server/Dockerfile': `${seedDockerfile}COPY pyproject.toml tools/*.sh /app/\n`,
      'pyproject.toml': '',
      'tools/run.sh': '',
      'tools/other.txt': '',
    });
    const staged = await stage(folderWith(files), seed);
    expect(pathsOf(staged)).toEqual(
      ['Dockerfile', 'README.md', 'pyproject.toml', ...core, ...echo, 'tools/run.sh'].toSorted(),
    );
  });

  test('an environment of envs/ that copies from the repository is staged from there', async () => {
    const files = flatEnvironment({
      'server/Dockerfile': 'FROM a/b\nCOPY envs/my_env/ /app\nCOPY src/core /core\nCMD ["x"]\n',
    });
    const staged = await stage(folderWith({ ...files, 'src/core/x.py': '' }));
    expect(staged.layout).toBe('repository');
    expect(pathsOf(staged)).toEqual(
      expect.arrayContaining(['Dockerfile', 'README.md', 'src/core/x.py', 'envs/my_env/models.py']),
    );
  });
});

describe("today's layout", () => {
  test('is the folder itself, its Dockerfile moved to the root', async () => {
    const from = folderWith(flatEnvironment());
    const staged = await stage(from);
    expect(staged).toMatchObject({ layout: 'flat', appPort: 8000, folder: join(from, 'envs/my_env') });
    expect(pathsOf(staged)).toEqual([
      'Dockerfile',
      'README.md',
      '__init__.py',
      'client.py',
      'models.py',
      'openenv.yaml',
      'pyproject.toml',
      'server/__init__.py',
      'server/app.py',
      'server/my_env_environment.py',
    ]);
    const readme = staged.files.find(({ path }) => path === 'README.md');
    expect(readme?.content).toMatchObject({ path: join(from, 'envs/my_env/README.md') });
  });

  test('a Dockerfile at the root, port 8004', async () => {
    const dockerfile = 'FROM python:3.11-slim\nCOPY . /app\nEXPOSE 8004\nCMD uvicorn server.app:app --port 8004\n';
    const files = flatEnvironment({
      Dockerfile: dockerfile,
      'README.md': '# Calendar\n',
      'openenv.yaml': 'spec_version: 1\nname: calendar\nport: 8004\n',
    });
    const staged = await stage(folderWith(files));
    expect(staged.appPort).toBe(8004);
    expect(await textOf(staged, 'README.md')).toContain('app_port: 8004\n');
    expect(staged.findings.map(({ rule }) => rule)).toEqual(
      expect.arrayContaining(['dockerfile/two', 'dockerfile/shell-form']),
    );
    expect(pathsOf(staged)).toContain('server/Dockerfile');
  });

  test('--base-image, --no-interface and variables', async () => {
    const files = flatEnvironment({ 'openenv.yaml': 'spec_version: 1\nname: x\nvariables: { MODE: fast, N: 3 }\n' });
    const from = folderWith(files);
    const staged = await stage(from, { baseImage: 'ghcr.io/my-org/x:1', webInterface: false });
    expect(await textOf(staged, 'Dockerfile')).toBe(
      flatDockerfile.replace('ghcr.io/huggingface/openenv-base:latest', 'ghcr.io/my-org/x:1'),
    );
    expect(staged.variables).toEqual({ MODE: 'fast', N: '3' });
    expect((await failure(stage(from, { baseImage: 'a b' }))).code).toBe('HAWSER_HF_BAD_INPUT');
  });

  test('a foreign base stays without the flag', async () => {
    const staged = await stage(
      folderWith(flatEnvironment({ 'server/Dockerfile': 'FROM python:3.11-slim\nCOPY . /a\nCMD ["x"]\n' })),
    );
    expect(await textOf(staged, 'Dockerfile')).toContain('FROM python:3.11-slim\n');
  });
});

describe('front matter', () => {
  test('of server/README.md goes before the text of README.md', async () => {
    const files = flatEnvironment({ 'README.md': '# Mine\n', 'server/README.md': `${frontMatter}# Server\n` });
    expect(await textOf(await stage(folderWith(files)), 'README.md')).toBe(`${frontMatter}\n# Mine\n`);
  });

  test('of server/README.md is enough where there is no other', async () => {
    const files = flatEnvironment({ 'README.md': undefined, 'server/README.md': `${frontMatter}# Server\n` });
    expect(await textOf(await stage(folderWith(files)), 'README.md')).toBe(`${frontMatter}# Server\n`);
  });

  test('that is made keeps what the Space shows, and is the same each time', async () => {
    const from = folderWith(flatEnvironment({ 'README.md': undefined }));
    const remoteReadme = frontMatter.replace('🎯', '🐙').replace('pink', 'gray');
    const first = await textOf(await stage(from, { remoteReadme }), 'README.md');
    expect(first).toContain('emoji: 🐙\ncolorFrom: gray\ncolorTo: blue\n');
    expect(await textOf(await stage(from), 'README.md')).toBe(await textOf(await stage(from), 'README.md'));
    expect(await textOf(await stage(from, { spaceName: 'other' }), 'README.md')).not.toBe(
      await textOf(await stage(from), 'README.md'),
    );
  });

  test('that the Hub would refuse is refused, and mended on demand', async () => {
    const from = folderWith(flatEnvironment({ 'README.md': frontMatter.replace('pink', '"#00ff00"') }));
    expect(await failure(stage(from))).toMatchObject({
      code: 'HAWSER_HF_ENV_INVALID',
      exitCode: 2,
      message: expect.stringContaining('colorFrom must be one of red, yellow'),
      hint: expect.stringContaining('--fix-readme'),
      details: { findings: [{ rule: 'readme/color', path: 'README.md', line: 4 }] },
    });
    const staged = await stage(from, { fixReadme: true });
    expect(await textOf(staged, 'README.md')).toBe(frontMatter.replace('pink', 'green'));
  });

  test('without app_port is told of, and given one on demand', async () => {
    const from = folderWith(flatEnvironment({ 'README.md': frontMatter.replace('app_port: 8000\n', '') }));
    const staged = await stage(from);
    expect(staged.appPort).toBe(7860);
    expect(staged.findings.map(({ rule }) => rule)).toEqual(
      expect.arrayContaining(['readme/app-port', 'port/command', 'port/manifest']),
    );
    expect((await stage(from, { fixReadme: true })).appPort).toBe(8000);
  });
});

describe('what would not build is refused', () => {
  test.each([
    ['dockerfile/missing-source', { 'server/Dockerfile': 'FROM a/b\nCOPY nothing/ /app\nCMD ["x"]\n' }],
    ['dockerfile/unknown-stage', { 'server/Dockerfile': 'FROM a/b\nCOPY --from=builder /a /b\nCMD ["x"]\n' }],
    ['dockerfile/local-base', { 'server/Dockerfile': 'FROM openspiel-base:latest\nCMD ["x"]\n' }],
    [
      'dockerfile/ignored-source',
      { '.dockerignore': '*.py\n', 'server/Dockerfile': 'FROM a/b\nCOPY models.py /\nCMD ["x"]\n' },
    ],
    ['manifest/field', { 'openenv.yaml': 'spec_version: 1\n' }],
    ['readme/front-matter', { 'README.md': '---\n- a\n---\n' }],
  ])('%s', async (rule, changes) => {
    const error = await failure(stage(folderWith(flatEnvironment(changes))));
    expect(error.code).toBe('HAWSER_HF_ENV_INVALID');
    expect(error.details?.['findings']).toMatchObject([{ rule }]);
  });

  test('an ignore file that leaves out what is copied', async () => {
    const files = flatEnvironment({
      '.hfignore': 'models.py\n',
      'server/Dockerfile': 'FROM a/b\nCOPY models.py /\nCMD ["x"]\n',
    });
    expect((await failure(stage(folderWith(files)))).message).toContain(
      'models.py is copied, but will not be in the Space',
    );
  });
});

describe('what is left out', () => {
  test('ignore files of every folder, patterns by hand, and the built-in list', async () => {
    const from = folderWith(
      flatEnvironment({
        '.gitignore': '*.log\n!keep.log\n',
        '.openenvignore': 'notes/\n',
        '.hfignore': 'extra.txt\n',
        'data/.gitignore': 'raw*\n',
        'a.log': '',
        'keep.log': '',
        'notes/x.md': '',
        'extra.txt': '',
        'data/raw.bin': '',
        'data/fine.bin': '',
        'by-hand.txt': '',
        '.env': 'X=1',
        '.env.example': 'X=',
        '__pycache__/models.cpython-311.pyc': '',
        '.venv/bin/python': '',
        '.git/config': '',
      }),
    );
    const plain = pathsOf(await stage(folderWith(flatEnvironment())));
    expect(pathsOf(await stage(from, { exclude: ['by-*'] })).filter((path) => !plain.includes(path))).toEqual([
      '.env.example',
      '.gitignore',
      'data/.gitignore',
      'data/fine.bin',
      'keep.log',
    ]);
  });

  test("the repository's .gitignore counts for the seed's layout", async () => {
    const files = seedRepository({ '.gitignore': '*.db\n', 'src/envs/echo_env/x.db': '', 'src/core/y.db': '' });
    const paths = pathsOf(await stage(folderWith(files), seed));
    expect(paths.filter((path) => path.endsWith('.db'))).toEqual([]);
  });
});

describe('staging is a function of the files', () => {
  test('order, ids and content do not depend on times or modes', async () => {
    const [one, two] = [folderWith(flatEnvironment()), folderWith(flatEnvironment())];
    chmodSync(join(two, 'envs/my_env/client.py'), 0o755);
    utimesSync(join(two, 'envs/my_env/client.py'), 1, 1);
    const ids = async (from: string): Promise<unknown> =>
      (await stage(from)).files.map(({ path, oid, size }) => ({ path, oid, size }));
    expect(await ids(one)).toEqual(await ids(two));
  });

  test('sorted by bytes, and the tree is what git makes of it', async () => {
    const files = flatEnvironment({ 'b/x': '1', 'b.txt': '2', ｚ: '3', '😀': '4', é: '5', 'b-': '6' });
    const staged = await stage(folderWith(files));
    const paths = pathsOf(staged);
    expect(paths).toEqual(paths.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    const folder = await writeStaging(staged, join(folderWith(), 'hf-staging/my_env'));
    const env = { ...process.env, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' };
    const git = (...args: string[]): string => execFileSync('git', args, { cwd: folder, env, encoding: 'utf8' }).trim();
    git('init', '-q');
    git('-c', 'core.autocrlf=false', 'add', '-A', '-f');
    expect(treeOid(staged.files)).toBe(git('write-tree'));
  });

  test('it stops when it is told to', async () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`f${index}`, '']));
    const signal = AbortSignal.abort();
    await expect(stage(folderWith(flatEnvironment(many)), { signal })).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('the staging folder', () => {
  test('holds exactly what the Space is to hold, and is replaced and removed', async () => {
    const staged = await stage(folderWith(flatEnvironment()));
    const above = folderWith();
    const folder = join(above, 'hf-staging', 'my_env');
    expect(await writeStaging(staged, folder)).toBe(folder);
    expect(readFileSync(join(folder, 'Dockerfile'), 'utf8')).toBe(await textOf(staged, 'Dockerfile'));
    writeFiles(folder, { 'left-over': '' });
    await writeStaging(staged, folder);
    expect(existsSync(join(folder, 'left-over'))).toBe(false);
    await removeStaging(folder);
    expect(existsSync(join(above, 'hf-staging'))).toBe(false);
    await removeStaging(folder);
  });

  test("somebody else's folder is neither replaced nor removed", async () => {
    const staged = await stage(folderWith(flatEnvironment()));
    const folder = folderWith({ precious: '1' });
    for (const run of [() => writeStaging(staged, folder), () => removeStaging(folder)])
      expect(await failure(run())).toMatchObject({ code: 'HAWSER_HF_LOCAL_FILE', details: { path: folder } });
    expect(readFileSync(join(folder, 'precious'), 'utf8')).toBe('1');
  });

  test('a link in its place is left alone', async () => {
    const precious = folderWith({ precious: '1' });
    const above = folderWith({ 'my_env.hawser': 'my_env\n' });
    symlinkSync(precious, join(above, 'my_env'));
    await failure(removeStaging(join(above, 'my_env')));
    expect(existsSync(join(precious, 'precious'))).toBe(true);
  });

  test('a file that changed meanwhile leaves the folder as it was', async () => {
    // Smaller files are kept as they were.
    const weights = Buffer.alloc(2 << 20, 'w');
    const from = folderWith({ ...flatEnvironment(), 'envs/my_env/weights.bin': weights });
    const staged = await stage(from);
    const above = folderWith();
    const folder = join(above, 'my_env');
    await writeStaging(staged, folder);
    writeFileSync(join(from, 'envs/my_env/weights.bin'), 'changed');
    expect(await failure(writeStaging(staged, folder))).toMatchObject({
      message: 'weights.bin changed after it was staged.',
    });
    expect(readFileSync(join(folder, 'weights.bin')).equals(weights)).toBe(true);
  });

  test('a small file that changed meanwhile is written as it was staged', async () => {
    const from = folderWith(flatEnvironment());
    const staged = await stage(from);
    writeFileSync(join(from, 'envs/my_env/models.py'), 'changed');
    const folder = join(folderWith(), 'my_env');
    await writeStaging(staged, folder);
    expect(readFileSync(join(folder, 'models.py'), 'utf8')).toContain('MyAction');
  });

  test('a place that cannot be written is named', async () => {
    const staged = await stage(folderWith(flatEnvironment()));
    const blocked = join(folderWith({ file: '' }), 'file', 'below');
    expect(await failure(writeStaging(staged, blocked))).toMatchObject({ code: 'HAWSER_HF_LOCAL_FILE' });
  });
});
