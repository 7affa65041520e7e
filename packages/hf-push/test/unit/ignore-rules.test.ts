import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createIgnoreRules, type IgnoreRules } from '../../src/ignore/rules.js';
import { folderWith, writeFiles } from '../support/folders.js';

/** What a walk would leave out: it does not enter what is ignored. */
function isLeftOut(rules: IgnoreRules, path: string): boolean {
  const names = path.split('/');
  return names.some((_, index) => rules.isIgnored(names.slice(0, index + 1).join('/'), index < names.length - 1));
}

function gitIgnored(folder: string, paths: readonly string[]): ReadonlySet<string> {
  const env = {
    ...process.env,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_DIR: join(folder, '.git'),
  };
  const { stdout } = spawnSync('git', ['check-ignore', '--no-index', '--stdin', '-z'], {
    cwd: folder,
    input: paths.map((path) => `${path}\0`).join(''),
    env,
    encoding: 'utf8',
  });
  return new Set(stdout.split('\0').filter((path) => path !== ''));
}

describe('patterns', () => {
  const names = ['a', 'b', 'ab', 'a.log', 'B'];
  const segment = fc.constantFrom('a', 'b', 'ab', 'a*', '*.log', '?', '[ab]', '[!a]', '**', 'B');
  const pattern = fc
    .tuple(
      fc.constantFrom('', '', '', '!'),
      fc.constantFrom('', '', '/'),
      fc.array(segment, { minLength: 1, maxLength: 3 }),
      fc.constantFrom('', '', '/', ' ', '\\ '),
    )
    .map(([not, start, segments, end]) => `${not}${start}${segments.join('/')}${end}`);
  const files = names.flatMap((x) => [
    x,
    ...names.flatMap((y) => [`${x}/${y}`, ...names.map((z) => `${x}/${y}/${z}`)]),
  ]);

  test('mean what they mean to git check-ignore', () => {
    const folder = folderWith();
    spawnSync('git', ['init', '-q', folder]);
    // Every third level is a file, so that the folders above are there for git to look at.
    const deep = files.filter((path) => path.split('/').length === 3);
    writeFiles(folder, Object.fromEntries(deep.map((path) => [path, ''])));
    fc.assert(
      fc.property(
        fc.array(pattern, { minLength: 1, maxLength: 5 }),
        fc.array(pattern, { maxLength: 3 }),
        (root, inner) => {
          writeFiles(folder, { '.gitignore': root.join('\n'), 'a/.gitignore': inner.join('\n') });
          const rules = createIgnoreRules(
            [
              { folder: '', patterns: root },
              { folder: 'a', patterns: inner },
            ],
            [],
            [],
          );
          const ignored = gitIgnored(folder, deep);
          for (const path of deep) expect([path, isLeftOut(rules, path)]).toEqual([path, ignored.has(path)]);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('comments, escaped marks and trailing spaces', () => {
    const rules = createIgnoreRules([{ folder: '', patterns: '# no\n\\#yes\n\\!yes\nspace \n' }], [], []);
    expect(['# no', '#yes', '!yes', 'space', 'other'].map((path) => rules.isIgnored(path, false))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
  });
});

describe('what never goes to a Space', () => {
  const rules = createIgnoreRules([], []);

  test.each([
    '.git/config',
    'src/.git',
    'a/__pycache__/x.cpython-311.pyc',
    'x.pyc',
    '.venv/bin/python',
    '.env',
    '.env.local',
    '.ENV',
    'deep/down/.env.production',
    'id_ed25519',
    'server.key',
    'cert.pem',
    'node_modules/x/index.js',
    '.pytest_cache/v/x',
    '.cache/huggingface/token',
    '.netrc',
  ])('%s is left out', (path) => {
    expect(isLeftOut(rules, path)).toBe(true);
  });

  test.each(['.env.example', '.env.sample', '.dockerignore', '.gitattributes', 'Dockerfile', 'venv.py', 'key.py'])(
    '%s stays',
    (path) => {
      expect(isLeftOut(rules, path)).toBe(false);
    },
  );

  test('a person may take a pattern back, and what is excluded by hand counts most', () => {
    const taken = createIgnoreRules([{ folder: '', patterns: '!cert.pem\n!x.pyc\n' }], ['x.pyc']);
    expect(taken.isIgnored('cert.pem', false)).toBe(false);
    expect(taken.isIgnored('x.pyc', false)).toBe(true);
  });
});
