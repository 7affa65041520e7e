import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { scale } from '../../../../test/support/scale.js';
import { HfPushError } from '../../src/errors.js';
import { createIgnoreRules } from '../../src/ignore/rules.js';
import { createSecretScanner } from '../../src/secrets/scan.js';
import { findCollisions } from '../../src/stage/collisions.js';
import { stageEnvironment } from '../../src/stage/stage.js';
import { walkTree } from '../../src/stage/walk.js';
import type { Staged, StageOptions } from '../../src/tree/types.js';
import { flatEnvironment, seedRepository } from '../../../../test/support/environments.js';
import { folderWith, writeFiles } from '../support/folders.js';

const letters = 'AbCdEfGhIjKlMnOpQrStUvWxYz01234567';
/** Put together here, so that no scanner finds them in this file. */
const planted = {
  'Hugging Face token': `hf_${letters}`,
  'AWS access key': ['AKIA', 'Q3EGT5NMJ6KLP2W7'].join(''),
  'GitHub token': `ghp_${letters}ab`,
  'private key': ['-----BEGIN OPENSSH PRIVATE', ` KEY-----\n${'b3BlbnNzaC1rZXktdjEAAAAABG5vbmU'.repeat(3)}\n`].join(''),
  'AWS secret key': ['aws_secret_access_key', 'wJalrXUtnFEMIK7MDENGbPxRfiCYzKqW91aB0cDe'].join(' = '),
};

function environment(files: Readonly<Record<string, string | Uint8Array>> = {}): { from: string; folder: string } {
  const from = folderWith(flatEnvironment());
  const folder = join(from, 'envs/my_env');
  writeFiles(folder, files);
  return { from, folder };
}

function stage(from: string, options: Partial<StageOptions> = {}): Promise<Staged> {
  return stageEnvironment({ from, environment: 'my_env', spaceName: 'my_env', ...options });
}

async function refusal(run: Promise<unknown>): Promise<HfPushError> {
  const error = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof HfPushError) return error;
  throw new Error(`It was not refused: ${String(error)}`);
}

describe('secrets', () => {
  test.each(Object.entries(planted))('a %s is found, told by file and line, and never shown', async (kind, secret) => {
    const { from } = environment({ 'config/settings.py': `# one\n# two\nvalue = '''${secret}'''\n` });
    const error = await refusal(stage(from));
    expect(error).toMatchObject({ code: 'HAWSER_HF_SECRET_FOUND', exitCode: 2 });
    expect(error.message).toContain(`config/settings.py holds what looks like a ${kind}, in line 3.`);
    expect(JSON.stringify([error.message, error.hint, error.details, error.stack])).not.toContain(secret.slice(-20));
    const staged = await stage(from, { allowSecrets: true });
    expect(staged.findings).toEqual(
      expect.arrayContaining([expect.objectContaining({ rule: 'secret/found', severity: 'warning', line: 3 })]),
    );
  });

  test('an AWS secret key is found in the form of a shell, too', async () => {
    const { from } = environment({
      'run.sh': planted['AWS secret key'].replace('aws_secret_access_key = ', 'AWS_SECRET_ACCESS_KEY='),
    });
    expect(await refusal(stage(from))).toMatchObject({ code: 'HAWSER_HF_SECRET_FOUND' });
  });

  test.each([
    `hf_${'x'.repeat(34)}`,
    'hf_your_token_here_and_nothing_else_at_all',
    'my_hf_hub_download_function_with_a_long_name',
    ['AKIAIOSFODNN7', 'EXAMPLE'].join(''),
    '-----BEGIN PRIVATE KEY-----',
    'aws_secret_access_key = os.environ["AWS_SECRET_ACCESS_KEY"]',
    `ghp_${'0'.repeat(36)}`,
  ])('%s is none', async (text) => {
    await stage(environment({ 'notes.txt': `${text}\n` }).from);
  });

  test('one that lies across two pieces of a large file is found, in its line', async () => {
    const before = 'line\n'.repeat(209_000);
    const cut = `${before}${' '.repeat((1 << 20) - before.length - 10)}${planted['Hugging Face token']}\n`;
    const { from } = environment({ 'large.txt': `${cut}${'more\n'.repeat(1000)}` });
    expect((await refusal(stage(from))).details?.['findings']).toMatchObject([
      { path: 'large.txt', line: before.split('\n').length },
    ]);
  });

  test('whatever the pieces, the same is found', () => {
    const bytes = Buffer.from(`a\nb\n${Object.values(planted).join('\nx\n')}\n`);
    const whole = createSecretScanner();
    whole.see(bytes);
    for (const size of [1, 7, 64]) {
      const pieces = createSecretScanner();
      for (let at = 0; at < bytes.length; at += size) pieces.see(bytes.subarray(at, at + size));
      expect(pieces.found()).toEqual(whole.found());
    }
    expect(whole.found()).toHaveLength(5);
  });

  test('bytes that are no text are not looked through', async () => {
    await stage(environment({ 'model.bin': Buffer.from(`\0\0${planted['Hugging Face token']}`) }).from);
  });

  test('those in files that are left out do no harm', async () => {
    await stage(environment({ '.env': planted['Hugging Face token'], 'deploy.pem': planted['private key'] }).from);
  });
});

describe('links', () => {
  test.each([
    ['file/link-outside', '/etc/passwd', 'to a file outside'],
    ['file/link-outside', '../../..', 'to a folder outside'],
    ['file/dangling-link', 'nothing-there', 'to nothing'],
    ['file/link-ignored', '.env', 'to a file that is left out'],
    ['file/link-ignored', '.git/config', 'into a folder that is left out'],
    ['file/link-loop', '.', 'to the folder it is in'],
  ])('%s: one to %s, %s', async (rule, target) => {
    const { from, folder } = environment({ '.env': 'A=1', '.git/config': '' });
    symlinkSync(target, join(folder, 'link'));
    const error = await refusal(stage(from));
    expect(error).toMatchObject({ code: 'HAWSER_HF_UNSAFE_FILE', exitCode: 2, details: { findings: [{ rule }] } });
  });

  test('one that goes out and in again by another link is seen through', async () => {
    const { from, folder } = environment({ 'a/x.txt': '' });
    symlinkSync('/tmp', join(folder, 'a/out'));
    symlinkSync('a/out', join(folder, 'b'));
    const { details } = await refusal(stage(from));
    expect(details?.['findings']).toMatchObject([{ rule: 'file/link-outside' }, { rule: 'file/link-outside' }]);
  });

  test('those that stay inside become what they lead to', async () => {
    const { from, folder } = environment({ 'data/x.txt': 'x' });
    symlinkSync('data/x.txt', join(folder, 'file-link'));
    symlinkSync('data', join(folder, 'folder-link'));
    const paths = (await stage(from)).files.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['data/x.txt', 'file-link', 'folder-link/x.txt']));
  });

  test('one of the environment to another part of the repository is none to the outside', async () => {
    const from = folderWith(seedRepository());
    symlinkSync('../../core/server.py', join(from, 'src/envs/echo_env/shared.py'));
    const staged = await stage(from, { environment: 'echo_env' });
    expect(staged.files.map(({ path }) => path)).toContain('src/envs/echo_env/shared.py');
  });

  test('one into what the Hub takes not is refused, though an ignore file took that back', async () => {
    const { from, folder } = environment({ '.hfignore': '!.git\n', '.git/config': 'url = https://me:secret@host' });
    symlinkSync('.git/config', join(folder, 'link'));
    expect((await refusal(stage(from))).details?.['findings']).toMatchObject([
      { rule: 'file/name', path: '.git' },
      { rule: 'file/link-ignored', path: 'link' },
    ]);
  });

  test('one that is left out is not followed', async () => {
    const { from, folder } = environment();
    symlinkSync('/usr', join(folder, '.venv'));
    await stage(from);
  });
});

describe('names and kinds', () => {
  test('a name that is not UTF-8', async () => {
    const { from, folder } = environment();
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/bad-`), Buffer.from([0xff, 0xfe])]), 'x');
    expect((await refusal(stage(from))).details?.['findings']).toMatchObject([{ rule: 'file/not-utf8' }]);
  });

  test.each([
    ['a line feed', 'a\nb', 'file/name'],
    ['a backslash', 'a\\b', 'file/name'],
  ])('a name with %s', async (_, name, rule) => {
    const { from } = environment({ [name]: '' });
    expect((await refusal(stage(from))).details?.['findings']).toMatchObject([{ rule }]);
  });

  test.each(['.git/config', 'vendor/.cache/x'])('%s, taken back by an ignore file', async (path) => {
    const { from } = environment({ '.hfignore': '!.git\n!.cache\n', [path]: '' });
    expect(await refusal(stage(from))).toMatchObject({
      code: 'HAWSER_HF_UNSAFE_FILE',
      details: { findings: [{ rule: 'file/name' }] },
    });
  });

  test.each([[['readme.MD', 'README.md']], [['Data/a', 'data/b']], [['e\u0301', '\u00e9']]])(
    '%j, which one folder cannot hold everywhere',
    async (names) => {
      const { from } = environment(
        Object.fromEntries(names.filter((name) => name !== 'README.md').map((name) => [name, ''])),
      );
      expect((await refusal(stage(from))).details?.['findings']).toMatchObject([{ rule: 'file/case-collision' }]);
      expect(findCollisions(names)).toHaveLength(1);
    },
  );

  test('a named pipe does not stop the walk', async () => {
    const { from, folder } = environment();
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    expect((await refusal(stage(from))).details?.['findings']).toMatchObject([{ rule: 'file/special', path: 'pipe' }]);
  });
});

test('a folder that cannot be read is named', async () => {
  const root = join(folderWith({}), 'gone');
  const options = { root, trees: [''], rules: createIgnoreRules([], []), allowSecrets: false };
  await expect(walkTree(options)).rejects.toMatchObject({
    code: 'HAWSER_HF_LOCAL_FILE',
    message: expect.stringContaining(`${root} cannot be read`),
  });
});

describe('hostile Dockerfiles', () => {
  const size = scale(40, 120) << 10;
  const filled = (line: string): string => line.repeat(Math.floor(size / line.length));
  test.each([
    [
      'stages upon stages',
      Array.from({ length: 6000 }, (_, index) => `FROM ${index > 0 ? `s${index - 1}` : 'a/b'} AS s${index}\n`)
        .join('')
        .slice(0, size),
    ],
    ['one instruction without end', `FROM a/b\nRUN ${filled('x \\\n')}`],
    ['very many instructions', `FROM a/b\n${filled('RUN x\n')}`],
    ['values that double', `FROM a/b\nENV A=xx\n${'ENV A=$A$A\n'.repeat(60)}COPY $A /x\n`],
    ['quotes without end', `FROM a/b\nRUN ${filled('\'"')}`],
    ['zero bytes', `FROM a/b\n${filled('\0')}`],
    ['stars', `FROM a/b\nCOPY ${'*'.repeat(2000)}x /y\n`],
  ])('%s: judged, and no hang', async (_, text) => {
    const { from } = environment({ 'server/Dockerfile': text });
    const end = await stage(from).then(
      ({ name }) => name,
      (error: unknown) => (error instanceof HfPushError ? error.code : error),
    );
    expect(['my_env', 'HAWSER_HF_ENV_INVALID']).toContain(end);
  });

  test('one that is larger than any', async () => {
    const { from } = environment({ 'server/Dockerfile': `FROM a/b\n${'#\n'.repeat(1 << 17)}` });
    expect(await refusal(stage(from))).toMatchObject({
      code: 'HAWSER_HF_LOCAL_FILE',
      message: 'server/Dockerfile is larger than 128 KiB.',
    });
  });
});

describe('many files', () => {
  test('ten thousand are staged with bounded memory', async () => {
    const { from, folder } = environment();
    const count = scale(500, 10_000);
    const content = Buffer.alloc(8192, 'data ');
    for (let index = 0; index < count; index += 1) {
      const below = join(folder, 'data', String(index % 50));
      if (index < 50) mkdirSync(below, { recursive: true });
      writeFileSync(join(below, `${index}.txt`), content);
    }
    const before = process.memoryUsage().rss;
    const staged = await stage(from);
    expect(staged.files).toHaveLength(count + 10);
    // All of it would be 82 MB at full scale.
    expect(process.memoryUsage().rss - before).toBeLessThan(64 << 20);
  });

  test('a large file is hashed in pieces', async () => {
    const { from, folder } = environment();
    const bytes = scale(20, 500) << 20;
    writeFileSync(join(folder, 'weights.bin'), '');
    truncateSync(join(folder, 'weights.bin'), bytes);
    const before = process.memoryUsage().rss;
    const staged = await stage(from);
    expect(staged.files.find(({ path }) => path === 'weights.bin')?.size).toBe(bytes);
    expect(process.memoryUsage().rss - before).toBeLessThan(16 << 20);
  });
});
