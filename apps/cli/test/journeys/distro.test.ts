import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { useHawser } from '../support/hawser.js';

const app = join(import.meta.dirname, '../..');
const hawser = useHawser();
let folder: string;
let manuals: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hawser-distro-'));
  manuals = join(folder, 'manuals');
  expect(await hawser.run(['distro', 'docs', '--output', manuals])).toMatchObject({ exitCode: 0 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Every file below a folder with its digest. */
async function digests(of: string): Promise<Record<string, string>> {
  const entries = await readdir(of, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(
      files.map(async (file) => [
        file.slice(of.length + 1),
        createHash('sha256')
          .update(await readFile(file))
          .digest('hex'),
      ]),
    ),
  ) as Record<string, string>;
}

async function made(...path: string[]): Promise<string> {
  return await readFile(join(manuals, ...path), 'utf8');
}

describe('manuals of the installed package', () => {
  test('are Markdown, HTML, man pages, completions and schemas, each with its digest in the manifest', async () => {
    const { 'manifest.json': _, ...files } = await digests(manuals);
    const manifest = JSON.parse(await made('manifest.json')) as {
      files: { path: string; bytes: number; sha256: string }[];
    };
    expect(Object.fromEntries(manifest.files.map(({ path, sha256 }) => [path, sha256]))).toEqual(files);
    expect(Object.keys(files)).toEqual(
      expect.arrayContaining([
        'cli.md',
        'errors.md',
        'environment.md',
        'hawser.html',
        'man/man1/hawser.1',
        'man/man1/hawser-distro-docs.1',
        'man/man1/hawser-ssm-start.1',
        'completions/hawser.bash',
        'completions/_hawser',
        'completions/hawser.fish',
        'schemas/ssm-list.json',
      ]),
    );
  });

  test('name every command in every form', async () => {
    const { commands } = JSON.parse(await readFile(join(app, 'oclif.manifest.json'), 'utf8')) as {
      commands: Record<string, { hidden?: boolean }>;
    };
    const names = Object.entries(commands).flatMap(([id, { hidden }]) => (hidden ? [] : [id.replaceAll(':', ' ')]));
    const [markdown, html] = [await made('cli.md'), await made('hawser.html')];
    for (const name of names) {
      expect(markdown).toContain(`\n## hawser ${name}\n`);
      expect(html).toContain(`>hawser ${name}</h2>`);
      expect(await made('man/man1', `hawser-${name.replaceAll(' ', '-')}.1`)).toContain('.SH SYNOPSIS');
    }
  });

  test('have the how-to pages and the reference of the site, from the same Markdown', async () => {
    const source = await readFile(join(app, '../../docs/how-to/copy-files.md'), 'utf8');
    const title = source.slice(2, source.indexOf('\n'));
    expect(await made('copy-files.md')).toMatch(new RegExp(`^# ${title}\n`));
    expect(await made('hawser.html')).toContain(`<h1 id="copy-files">${title}</h1>`);
    expect(await made('man/man7/hawser-copy-files.7')).toContain(`\\- ${title}\n`);
    expect(await made('man/man7/hawser-exit-codes.7')).toMatch(/\.TP\n\\fB75\\fR\n/);
    expect(await made('man/man1/hawser-net.1')).toContain('hawser net up');
  });

  test('the one HTML file needs no other, and every link in it leads somewhere', async () => {
    const html = await made('hawser.html');
    const ids = new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    const links = [...html.matchAll(/<a [^>]*href="#([^"]*)"/g)].map(([, id]) => id);
    expect(links.length).toBeGreaterThan(30);
    expect(links.filter((id) => !ids.has(id))).toEqual([]);
    expect(html).not.toMatch(/<(?:script|img|link)\b|@import|url\(/);
  });

  test('are the same bytes again, and nothing is written a second time', async () => {
    const [before, touched] = [await digests(manuals), (await stat(join(manuals, 'cli.md'))).mtimeMs];
    const again = await hawser.run(['distro', 'docs', '--output', manuals, '--json']);
    expect(again).toMatchObject({ exitCode: 0, json: { ok: true, data: { unchanged: true, removed: [] } } });
    expect(await digests(manuals)).toEqual(before);
    expect((await stat(join(manuals, 'cli.md'))).mtimeMs).toBe(touched);
  });

  test('are the same from the packed archive', async () => {
    const pnpm = [join(app, '../../scripts/pnpm.mjs'), '--dir', app, 'pack', '--json', '--pack-gzip-level', '1'];
    const { filename } = JSON.parse(
      execFileSync(process.execPath, [...pnpm, '--pack-destination', folder], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    ) as { filename: string };
    const [output, archive] = [join(folder, 'of-archive'), filename];
    expect(await hawser.run(['distro', 'docs', '--output', output, '--archive', archive])).toMatchObject({
      exitCode: 0,
    });
    expect(await digests(output)).toEqual(await digests(manuals));
  });

  test('SOURCE_DATE_EPOCH dates the pages', async () => {
    const output = join(folder, 'dated');
    await hawser.run(['distro', 'docs', '--output', output], { env: { SOURCE_DATE_EPOCH: '1700000000' } });
    expect(await readFile(join(output, 'man/man1/hawser.1'), 'utf8')).toContain('"2023-11-14"');
  });
});

describe('a folder', () => {
  test('of somebody else is refused, and nothing in it is touched', async () => {
    const foreign = join(folder, 'foreign');
    await mkdir(foreign);
    await writeFile(join(foreign, 'thesis.txt'), 'years of work');
    const { json, exitCode } = await hawser.run(['distro', 'docs', '--output', foreign, '--json']);
    expect(exitCode).toBe(2);
    expect(json).toMatchObject({ error: { code: 'HAWSER_DISTRO_FOREIGN_FOLDER' } });
    expect(Object.keys(await digests(foreign))).toEqual(['thesis.txt']);
  });

  test('of ours keeps what others put there, and loses what is no longer made', async () => {
    const ours = join(folder, 'ours');
    await cp(manuals, ours, { recursive: true });
    await writeFile(join(ours, 'notes.txt'), 'mine');
    await mkdir(join(ours, 'old'));
    await writeFile(join(ours, 'old/page.md'), 'old\n');
    const manifest = JSON.parse(await readFile(join(ours, 'manifest.json'), 'utf8')) as { files: object[] };
    const sha256 = createHash('sha256').update('old\n').digest('hex');
    manifest.files.push({ path: 'old/page.md', bytes: 4, sha256 });
    await writeFile(join(ours, 'manifest.json'), JSON.stringify(manifest));
    const { json } = await hawser.run(['distro', 'docs', '--output', ours, '--json']);
    expect(json).toMatchObject({ ok: true, data: { removed: ['old/page.md'] } });
    expect(await digests(ours)).toEqual({ ...(await digests(manuals)), 'notes.txt': expect.any(String) });
  });

  test('of ours whose page was edited is refused by the name of the page', async () => {
    const edited = join(folder, 'edited');
    await cp(manuals, edited, { recursive: true });
    await writeFile(join(edited, 'cli.md'), 'my own words');
    const { stderr, exitCode } = await hawser.run(['distro', 'docs', '--output', edited]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('cli.md was changed')]);
    expect(await readFile(join(edited, 'cli.md'), 'utf8')).toBe('my own words');
  });

  test('whose manifest leads elsewhere is not ours', async () => {
    const hostile = join(folder, 'hostile');
    await mkdir(hostile);
    await writeFile(join(folder, 'victim.txt'), 'keep');
    const sha256 = createHash('sha256').update('keep').digest('hex');
    const files = [{ path: '../victim.txt', bytes: 4, sha256 }];
    await writeFile(join(hostile, 'manifest.json'), JSON.stringify({ kind: 'hawser-docs', files }));
    expect(await hawser.run(['distro', 'docs', '--output', hostile])).toMatchObject({ exitCode: 2 });
    expect(await readFile(join(folder, 'victim.txt'), 'utf8')).toBe('keep');
  });

  test('that cannot be made is told', async () => {
    const { json, exitCode } = await hawser.run(['distro', 'docs', '--output', '/proc/hawser-manuals', '--json']);
    expect(exitCode).toBe(1);
    expect(json).toMatchObject({ error: { code: 'HAWSER_DISTRO_WRITE_FAILED' } });
  });

  test('that is a file is refused', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    const { json, exitCode } = await hawser.run(['distro', 'docs', '--output', join(file, 'below'), '--json']);
    expect(exitCode).toBe(2);
    expect(json).toMatchObject({ error: { code: 'HAWSER_DISTRO_FOREIGN_FOLDER' } });
  });
});

test('a full disk is told, and no half of a page is left', async () => {
  const small = join(folder, 'small');
  await mkdir(small);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', small]).status === 0;
  // Where nothing may be mounted, a file in the place of a folder stands in.
  if (!mounted) await writeFile(join(small, 'of-manuals'), '');
  try {
    const output = mounted ? join(small, 'of-manuals') : join(small, 'of-manuals/below');
    const { json, exitCode } = await hawser.run(['distro', 'docs', '--output', output, '--json']);
    if (!mounted) return expect(exitCode).toBe(2);
    expect([exitCode, json]).toEqual([
      1,
      expect.objectContaining({ error: expect.objectContaining({ code: 'HAWSER_DISTRO_WRITE_FAILED' }) }),
    ]);
    const left = await digests(output);
    const whole = await digests(manuals);
    for (const [name, digest] of Object.entries(left)) expect([name, digest]).toEqual([name, whole[name]]);
  } finally {
    if (mounted) spawnSync('umount', [small]);
  }
});

describe('an archive', () => {
  const mebibyte = gzipSync(Buffer.alloc(1024 * 1024));

  test.each([
    ['that is not there', () => undefined],
    ['that is none', () => Buffer.from('not a tarball')],
    ['of something else', () => gzipSync(Buffer.alloc(1024))],
    ['that unpacks without end', () => Buffer.concat(Array.from({ length: 300 }, () => mebibyte))],
  ])('%s is refused in words', async (_, content) => {
    const archive = join(folder, 'some.tgz');
    await rm(archive, { force: true });
    const bytes = content();
    if (bytes) await writeFile(archive, bytes);
    const output = join(folder, 'never');
    const ended = await hawser.run(['distro', 'docs', '--output', output, '--archive', archive, '--json']);
    expect(ended).toMatchObject({ exitCode: 2, json: { error: { code: 'HAWSER_DISTRO_PACKAGE_INVALID' } } });
    await expect(stat(output)).rejects.toThrow('ENOENT');
  });
});

describeReal('mandoc', (path) => {
  test('every man page is one, without a warning', async () => {
    const pages = (await readdir(join(manuals, 'man'), { recursive: true })).filter((name) => /\.[17]$/.test(name));
    expect(pages).toEqual(
      expect.arrayContaining(['man1/hawser-net.1', 'man7/hawser-exit-codes.7', 'man7/hawser-copy-files.7']),
    );
    const { status, stdout } = spawnSync(path('mandoc'), ['-T', 'lint', '-W', 'warning', ...pages], {
      cwd: join(manuals, 'man'),
      encoding: 'utf8',
    });
    expect([stdout, status]).toEqual(['', 0]);
  });
});

describe('completions', () => {
  test('of bash know words and flags', () => {
    const complete = (...words: string[]): string[] => {
      const script =
        'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _hawser; printf "%s\\n" "${COMPREPLY[@]}"';
      const argv = ['-c', script, 'bash', join(manuals, 'completions/hawser.bash'), ...words];
      return execFileSync('bash', argv, { encoding: 'utf8' }).trim().split('\n');
    };
    expect(complete('hawser', 'dis')).toEqual(['distro']);
    expect(complete('hawser', 'distro', '')).toEqual(['docs']);
    expect(complete('hawser', 'ssm', 'start', 'i-1', '--reg')).toEqual(['--region']);
    expect(complete('hawser', '--json', 'ssm', 'li')).toEqual(['list']);
  });
});

describeReal('fish', (path) => {
  test('of fish know words and flags', () => {
    const complete = (line: string): string[] =>
      execFileSync(
        path('fish'),
        ['--no-config', '-c', `source $argv[1]; complete -C $argv[2]`, join(manuals, 'completions/hawser.fish'), line],
        {
          encoding: 'utf8',
          env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder },
        },
      )
        .trim()
        .split('\n')
        .map((shown) => shown.split('\t')[0] ?? '');
    expect(complete('hawser dis')).toEqual(['distro']);
    expect(complete('hawser distro d')).toEqual(['docs']);
    expect(complete('hawser ssm start i-1 --reg')).toEqual(['--region']);
  });
});

describeReal('zsh', (path) => {
  test('of zsh are defined', () => {
    const script = `autoload -Uz compinit; compinit -D -u; source ${join(manuals, 'completions/_hawser')}; print -r -- $_comps[hawser]`;
    expect(execFileSync(path('zsh'), ['-f', '-c', script], { encoding: 'utf8' }).trim()).toBe('_hawser_complete');
  });
});
