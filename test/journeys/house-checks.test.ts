import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runToEnd } from '../support/run-to-end.js';
import { root } from '../support/workspace.js';

/** A repository that keeps the rules of the house, as far as these scripts know them. */
const lawful: Record<string, string> = {
  'docs/reference/errors/HAWSER_KNOT_SLIPPED.md': [
    '<!-- Above: made from the error table. Below: written by hand. -->',
    ...['What happened', 'Why', 'What to do'].map(
      (title) => `\n## ${title}\n\nThe knot slipped under the load of a test.`,
    ),
  ].join('\n'),
  'package.json': '{ "type": "module", "private": true }',
  '.gitignore': 'node_modules',
  'pnpm-lock.yaml': "lockfileVersion: '9.0'\n",
  'packages/knots/package.json': '{ "name": "@hawser/knots", "version": "0.1.0" }',
  'packages/knots/src/errors.ts':
    "const again = 'Tie it again.';\nexport const table = { HAWSER_KNOT_SLIPPED: { exitCode: 1, hint: again } };",
  'packages/knots/test/unit/knot.test.ts':
    "test('a knot that slips says HAWSER_KNOT_SLIPPED', () => {});\ntest.each([1])('holds %i kg', () => {});",
  'docs/reference/environment.md': '# Environment variables',
  'apps/.keep': '',
  '.changeset/first.md': "---\n'@hawser/knots': minor\n---\n\nKnots.",
  'docs/README.md':
    '# Documentation\n\n## All of it\n\n- [Knots](knots.md)\n- [Reference](reference)\n- [Promises](promises)\n',
  'docs/knots.md': '# All knots\n\nSee [above](#all-knots) and [promises](promises/knots.md).',
  'docs/promises/knots.md': [
    '| Promise | Kept by | Proved by | Figure |',
    '|---|---|---|---|',
    '| A slip is told | `packages/knots/src/errors.ts` | `packages/knots/test/unit/knot.test.ts › a knot that slips says HAWSER_KNOT_SLIPPED` | – |',
    '| It holds | `packages/knots/src/errors.ts` | `packages/knots/test/unit/knot.test.ts › holds 80 kg` | 80 kg |',
  ].join('\n'),
};

const row = (kept: string, proved: string) => `| It floats | ${kept} | ${proved} | – |`;
const suite = 'packages/knots/test/unit/knot.test.ts';

const planted = [
  {
    script: 'check-promises',
    file: 'docs/promises/a.md',
    text: row('`lost.ts`', `\`${suite} › holds %i kg\``),
    says: 'lost.ts',
  },
  {
    script: 'check-promises',
    file: 'docs/promises/b.md',
    text: row('`docs/knots.md`', 'by hand'),
    says: 'no test proves',
  },
  {
    script: 'check-promises',
    file: 'docs/promises/c.md',
    text: row('`docs/knots.md`', '`lost.test.ts › x`'),
    says: 'lost.test.ts',
  },
  {
    script: 'check-promises',
    file: 'docs/promises/d.md',
    text: row('`docs/knots.md`', `\`${suite} › floats\``),
    says: 'no test named',
  },
  { script: 'check-promises', file: 'docs/promises/e.md', text: '| It floats | `docs/knots.md` |', says: 'four cells' },
  { script: 'check-docs', file: 'docs/a.md', text: '[gone](gone.md)', says: 'does not exist' },
  { script: 'check-docs', file: 'docs/b.md', text: '[gone](knots.md#no-knots)', says: 'no such heading' },
  { script: 'check-docs', file: 'docs/c.md', text: '[out](../../elsewhere.md)', says: 'out of the repository' },
  { script: 'check-docs', file: 'apps/a/src/a.ts', text: "process.env['HAWSER_KNOT']", says: 'reads HAWSER_KNOT' },
  {
    script: 'check-tracked',
    file: 'pnpm-lock.yaml',
    text: 'tarball: https://example.org/a.tgz',
    says: 'host name in the lock file',
  },
  {
    script: 'check-tracked',
    file: 'docs/d.md',
    text: ['https://', 'registry.example.org/a'].join(''),
    says: 'package registry',
  },
  {
    script: 'check-tracked',
    file: 'docs/e.md',
    text: ['see /home', 'anna/notes'].join('/'),
    says: 'path of one machine',
  },
  { script: 'check-tracked', file: 'a.test.ts', text: ['test', "only('x')"].join('.'), says: 'switched-off test' },
  { script: 'check-docs', file: 'docs/lost.md', text: '# Lost', says: 'docs/lost.md: no link leads there' },
  {
    script: 'check-changesets',
    file: '.changeset/a.md',
    text: "---\n'@hawser/hemp': minor\n---\n\nRope.",
    says: "no package '@hawser/hemp'",
  },
  {
    script: 'check-changesets',
    file: '.changeset/b.md',
    text: "---\n'@hawser/knots': big\n---\n\nRope.",
    says: "'big' is not",
  },
  {
    script: 'check-changesets',
    file: '.changeset/c.md',
    text: "---\n'@hawser/knots': minor\n---\n",
    says: 'says nothing',
  },
  {
    script: 'check-changesets',
    file: 'packages/rope/package.json',
    text: '{ "name": "@hawser/rope", "version": "1.0.0" }',
    says: 'no changeset says how',
  },
  {
    script: 'errors-reference',
    file: 'packages/knots/src/deep/errors.ts',
    text: 'const t = { HAWSER_KNOT_WET: { exitCode: 1, hint: "Dry it." } };',
    says: 'HAWSER_KNOT_WET is provoked by no test',
  },
  {
    script: 'errors-reference',
    file: 'packages/knots/src/damp/errors.ts',
    text: 'const t = { HAWSER_KNOT_DAMP: { exitCode: 3, hint: "" } };',
    says: 'HAWSER_KNOT_DAMP has no exit code 1 or 2',
  },
  {
    script: 'errors-reference',
    file: 'packages/knots/src/twice/errors.ts',
    text: 'const t = { HAWSER_KNOT_SLIPPED: { exitCode: 1, hint: "x" } };',
    says: 'stands in two tables',
  },
  {
    script: 'errors-reference',
    file: 'packages/knots/src/wet/errors.ts',
    text: 'const t = { HAWSER_KNOT_SOAKED: { exitCode: 1, hint: "Dry it." } };',
    says: 'HAWSER_KNOT_SOAKED has no page',
  },
  {
    script: 'errors-reference',
    file: 'docs/reference/errors/HAWSER_KNOT_GONE.md',
    text: '# HAWSER_KNOT_GONE',
    says: 'is the page of no error',
  },
  {
    script: 'errors-reference',
    file: 'docs/reference/errors.md',
    text: '# Errors',
    says: 'is not what the error tables make',
  },
];

describe('the checks of the house', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hawser-house-'));
    for (const name of await readdir(join(root, 'scripts')))
      await cp(join(root, 'scripts', name), join(folder, 'scripts', name), { recursive: true });
    // The order of the manual is read by the check of its links.
    for (const name of ['contents.mjs', 'markdown.mjs']) await cp(join(root, 'site', name), join(folder, 'site', name));
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    for (const [file, text] of Object.entries(lawful)) await put(file, text);
    await runToEnd('git', ['init', '--quiet'], { cwd: folder });
    await put('docs/reference/.keep', '');
    await check('errors-reference', '--update');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each([...new Set(planted.map(({ script }) => script))])(
    '%s is content where the rules are kept',
    async (script) => {
      expect(await check(script)).toBe('');
    },
  );

  const complaints = new Map<string, Promise<string>>();
  test.each(planted)('$script says "$says" of $file', async (fault) => {
    const { script, file, says } = fault;
    // Every other fault in the tables makes this one, too.
    if (file === 'docs/reference/errors.md') return expect(await checkWith([fault])).toContain(says);
    const together = planted.filter((other) => other.script === script && other.file !== 'docs/reference/errors.md');
    const all = complaints.get(script) ?? checkWith(together);
    complaints.set(script, all);
    return expect(await all).toContain(says);
  });

  /** What a check complains about while these faults are there, all of one script. */
  async function checkWith(faults: readonly (typeof planted)[number][]): Promise<string> {
    const before = await Promise.all(
      faults.map(({ file }) => readFile(join(folder, file), 'utf8').catch(() => undefined)),
    );
    for (const { file, text } of faults) await put(file, text);
    try {
      return await check(faults[0]?.script ?? '');
    } finally {
      for (const [index, { file }] of faults.entries()) {
        const text = before[index];
        if (text === undefined) await rm(join(folder, file));
        else await writeFile(join(folder, file), text);
      }
    }
  }

  async function put(file: string, text: string): Promise<void> {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), `${text}\n`);
  }

  /** What a check complains about; nothing when it ends with success. */
  async function check(script: string, ...argv: string[]): Promise<string> {
    const program = join(folder, 'scripts', `${script}.mjs`);
    const { code, stderr } = await runToEnd(process.execPath, [program, ...argv], { cwd: folder });
    return code === 0 ? '' : stderr;
  }
});
