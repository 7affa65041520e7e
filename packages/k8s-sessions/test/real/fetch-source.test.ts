import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { fetchSource, type FetchSourceOptions } from '../../src/fetch/fetch-source.js';
import type { SourceRules } from '../../src/runner/control-types.js';
import { bytes, redirect, startSourceServer, type SourceServer } from '../support/source-server.js';

const run = promisify(execFile);
const rules: SourceRules = {
  hosts: [],
  allowHttp: true,
  allowPrivate: true,
  maxCompressedBytes: 1_000_000,
  maxUnpackedBytes: 4_000_000,
  maxEntries: 100,
  maxRatio: 200,
  timeoutMs: 60_000,
  credentials: {},
};
const gitEnv = {
  PATH: process.env['PATH'],
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example.com',
};
let home: string;
let server: SourceServer;
let commit: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'hawser-fetch-'));
  const work = join(home, 'work');
  await mkdir(join(work, 'app', 'bin'), { recursive: true });
  await writeFile(join(work, 'app', 'package.json'), '{"name":"x"}\n');
  await writeFile(join(work, 'app', '.hidden'), 'dot\n');
  await writeFile(join(work, 'app', 'bin', 'run'), '#!/bin/sh\n');
  await chmod(join(work, 'app', 'bin', 'run'), 0o755);
  await symlink('bin/run', join(work, 'app', 'start'));
  await writeFile(join(work, 'app', 'kept-out'), 'in spite of its attribute\n');
  await writeFile(join(work, '.gitattributes'), 'app/kept-out export-ignore\n');
  const git = (...args: string[]): Promise<{ stdout: string }> => run('git', args, { cwd: work, env: gitEnv });
  await git('init', '--quiet', '-b', 'main');
  await git('add', '.');
  await git('commit', '--quiet', '-m', 'first');
  await git('checkout', '--quiet', '-b', 'feature/with/slashes');
  await writeFile(join(work, 'app', 'feature'), 'yes\n');
  await git('add', '.');
  await git('commit', '--quiet', '-m', 'second');
  commit = (await git('rev-parse', 'HEAD')).stdout.trim();
  await git('tag', '-a', 'v1', '-m', 'tag');
  await git('checkout', '--quiet', 'main');
  await run('git', ['clone', '--quiet', '--bare', work, join(home, 'o', 'r.git')], { env: gitEnv });
  server = await startSourceServer({ repositories: home });
  const tree = await run('git', ['archive', '--format=tar.gz', `--prefix=r-${commit}/`, commit], {
    cwd: work,
    env: gitEnv,
    encoding: 'buffer',
  });
  server.answers.set(`/o/r/archive/${commit}.tar.gz`, redirect('/elsewhere.tar.gz'));
  server.answers.set('/elsewhere.tar.gz', bytes(tree.stdout));
  await run('tar', ['-czf', join(home, 'app.tar.gz'), '-C', work, 'app']);
  server.answers.set('/app.tar.gz', bytes(await readFile(join(home, 'app.tar.gz'))));
});
afterAll(async () => {
  await server.close();
  await rm(home, { recursive: true, force: true });
});

let count = 0;
async function get(
  path: string,
  more: Partial<FetchSourceOptions> & { readonly sum?: string } = {},
): Promise<{ folder: string; revision: string }> {
  const folder = join(home, `out-${count++}`);
  const source = { url: `${server.url}${path}`, checksumSha256: more.sum };
  const { revision } = await fetchSource({ source, rules, folder, ...more });
  return { folder, revision };
}

async function serveTar(name: string, entries: readonly TarEntry[]): Promise<string> {
  server.answers.set(`/${name}.tar.gz`, bytes(gzipSync(tarOf(entries))));
  return `/${name}.tar.gz`;
}

test('a tar.gz of real tar arrives whole, its one folder lifted, and is held to its checksum', async () => {
  const sum = createHash('sha256')
    .update(await readFile(join(home, 'app.tar.gz')))
    .digest('hex');
  const { folder, revision } = await get('/app.tar.gz', { sum });
  expect(revision).toBe(sum);
  expect((await readdir(folder)).toSorted()).toEqual(['.hidden', 'bin', 'kept-out', 'package.json', 'start']);
  expect((await stat(join(folder, 'bin', 'run'))).mode & 0o777).toBe(0o755);
  expect(await readlink(join(folder, 'start'))).toBe('bin/run');
  await expect(get('/app.tar.gz', { sum: 'f'.repeat(64) })).rejects.toMatchObject({
    code: 'HAWSER_SESSIONS_SOURCE_FAILED',
    message: expect.stringContaining('checksum'),
  });
  expect(await readdir(join(home, `out-${count - 1}`))).toEqual([]);
});

describeReal('git', () => {
  test('a tree URL finds the longest ref, then the folder in it, with files that begin with a dot', async () => {
    const { folder, revision } = await get('/o/r/tree/feature/with/slashes/app');
    expect(revision).toBe(commit);
    expect((await readdir(folder)).toSorted()).toEqual(['.hidden', 'bin', 'feature', 'package.json', 'start']);
    const tagged = await get('/o/r/tree/v1', { sum: commit });
    expect((await readdir(tagged.folder)).toSorted()).toEqual(['.gitattributes', 'app']);
    await expect(get('/o/r/tree/feature/with/slashes/ap')).rejects.toThrow(/no folder ap/);
    await expect(get('/o/r/tree/nowhere/app')).rejects.toThrow(/no branch or tag/);
    await expect(get('/o/none/tree/main')).rejects.toMatchObject({ code: 'HAWSER_SESSIONS_SOURCE_FAILED' });
  });

  test('a repository arrives as the commit that was advertised, clean and without its history', async () => {
    const { folder, revision } = await get('/o/r.git#feature/with/slashes', { sum: commit });
    expect(revision).toBe(commit);
    expect(await readFile(join(folder, 'app', 'kept-out'), 'utf8')).toContain('in spite');
    const inside = (...args: string[]): Promise<{ stdout: string }> => run('git', args, { cwd: folder, env: gitEnv });
    expect((await inside('rev-parse', 'HEAD')).stdout.trim()).toBe(commit);
    expect((await inside('status', '--porcelain')).stdout).toBe('');
    expect((await inside('rev-list', '--count', 'HEAD')).stdout.trim()).toBe('1');
    await expect(get('/o/r.git#gone')).rejects.toThrow(/no branch or tag gone/);
    await expect(get('/o/r.git', { rules: { ...rules, maxEntries: 2 } })).rejects.toThrow(/more than 2 entries/);
    await expect(get('/o/r.git', { rules: { ...rules, maxCompressedBytes: 100 } })).rejects.toThrow(
      /larger than 100 bytes/,
    );
  });
});

describeReal('zip', () => {
  test('a zip of real zip arrives whole, with modes and links', async () => {
    await run('zip', ['-qry', join(home, 'app.zip'), 'app'], { cwd: join(home, 'work') });
    server.answers.set('/app.zip', bytes(await readFile(join(home, 'app.zip'))));
    const { folder } = await get('/app.zip');
    expect(await readFile(join(folder, 'package.json'), 'utf8')).toBe('{"name":"x"}\n');
    expect((await stat(join(folder, 'bin', 'run'))).mode & 0o777).toBe(0o755);
    expect(await readlink(join(folder, 'start'))).toBe('bin/run');
    const damaged = await readFile(join(home, 'app.zip'));
    const place = damaged.indexOf('{"name":"x"}');
    damaged[place] = (damaged[place] as number) ^ 0xff;
    server.answers.set('/damaged.zip', bytes(damaged));
    await expect(get('/damaged.zip')).rejects.toThrow(/package.json is not what was packed/);
    server.answers.set('/none.zip', bytes(Buffer.from('no zip at all')));
    await expect(get('/none.zip')).rejects.toThrow(/no directory/);
  });

  test('a zip that claims to be small is stopped while it unpacks', async () => {
    await writeFile(join(home, 'zeros'), Buffer.alloc(8_000_000));
    await run('zip', ['-qj', join(home, 'bomb.zip'), join(home, 'zeros')]);
    const bomb = await readFile(join(home, 'bomb.zip'));
    server.answers.set('/bomb.zip', bytes(bomb));
    await expect(get('/bomb.zip', { rules: { ...rules, maxRatio: 1_000_000 } })).rejects.toThrow(
      /more than 4000000 bytes/,
    );
    await expect(get('/bomb.zip', { rules: { ...rules, maxUnpackedBytes: 1e9 } })).rejects.toThrow(
      /200 times its size/,
    );
    bomb.writeUInt32LE(10, bomb.indexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 24);
    server.answers.set('/liar.zip', bytes(bomb));
    await expect(get('/liar.zip')).rejects.toThrow(/larger than the directory says/);
  });
});

test.each<[string, readonly TarEntry[], RegExp]>([
  ['absolute', [{ name: '/etc/passwd', data: 'x' }], /absolute/],
  ['parent', [{ name: 'a/../../x', data: 'x' }], /leads out/],
  ['backslash', [{ name: '..\\x', data: 'x' }], /no name/],
  ['link-out', [{ name: 'a', type: '2', target: '../../etc' }], /leads out/],
  ['link-absolute', [{ name: 'a', type: '2', target: '/etc/passwd' }], /leads out/],
  [
    'link-chain',
    [
      { name: 'd/e/up', type: '2', target: '../..' },
      { name: 'x', type: '2', target: 'd/e/up/..' },
    ],
    /leads out/,
  ],
  [
    'link-circle',
    [
      { name: 'a', type: '2', target: 'b' },
      { name: 'b', type: '2', target: 'a' },
    ],
    /circle/,
  ],
  [
    'through-link',
    [
      { name: 'a', type: '2', target: 'b' },
      { name: 'a/x', data: 'x' },
    ],
    /twice/,
  ],
  ['hard-link-out', [{ name: 'a', type: '1', target: '../../etc/passwd' }], /leads out/],
  ['device', [{ name: 'null', type: '3' }], /device/],
  ['pipe', [{ name: 'p', type: '6' }], /device/],
  [
    'case',
    [
      { name: 'Makefile', data: 'x' },
      { name: 'makefile', data: 'y' },
    ],
    /twice, as Makefile/,
  ],
  [
    'case-folder',
    [
      { name: 'A/x', data: 'x' },
      { name: 'a/y', data: 'y' },
    ],
    /twice, as A/,
  ],
  ['many', Array.from({ length: 101 }, (_, index) => ({ name: `f${index}`, data: '' })), /more than 100 entries/],
])('an archive with a hostile entry is refused whole: %s', async (name, entries, sentence) => {
  const path = await serveTar(name, entries);
  const fetched = get(path);
  await expect(fetched).rejects.toThrow(sentence);
  await expect(fetched).rejects.toMatchObject({ code: 'HAWSER_SESSIONS_SOURCE_REJECTED' });
  expect(await readdir(join(home, `out-${count - 1}`))).toEqual([]);
});

test('a hard link becomes a link, and long names of both kinds are read', async () => {
  const long = `${'d'.repeat(90)}/${'f'.repeat(90)}`;
  const path = await serveTar('long', [
    { name: 'top/file', data: 'one' },
    { name: 'top/again', type: '1', target: 'top/file' },
    { name: `top/${long}`, data: 'two', pax: true },
  ]);
  const { folder } = await get(path);
  expect(await readFile(join(folder, 'again'), 'utf8')).toBe('one');
  expect(await readFile(join(folder, long), 'utf8')).toBe('two');
});

test('a name that leads inside is refused at every hop, and nobody inside is asked', async () => {
  const before = server.asked.length;
  const closed = { ...rules, allowPrivate: false, hosts: [`source.example.com:${server.port}`] };
  const url = `http://source.example.com:${server.port}/app.tar.gz`;
  const folder = join(home, 'closed');
  const resolve = async (): Promise<{ address: string; family: 4 }[]> => [
    { address: '93.184.216.34', family: 4 },
    { address: '10.0.0.1', family: 4 },
  ];
  await expect(fetchSource({ source: { url }, rules: closed, folder, resolve })).rejects.toThrow(
    /10\.0\.0\.1, which is not public/,
  );
  expect(server.asked).toHaveLength(before);
});

test('redirects are followed five times, judged each, and connect to what was resolved then', async () => {
  server.answers.set('/to-metadata.zip', redirect('http://169.254.169.254/latest/x.zip'));
  server.answers.set('/to-file.zip', redirect('file:///etc/passwd'));
  for (let hop = 0; hop < 7; hop++) server.answers.set(`/hop${hop}.zip`, redirect(`/hop${hop + 1}.zip`));
  const only = { ...rules, hosts: ['named.example.com:' + server.port] };
  let resolved = 0;
  const resolve = async (): Promise<{ address: string; family: 4 }[]> => {
    resolved++;
    return [{ address: '127.0.0.1', family: 4 }];
  };
  const ask = (path: string): Promise<unknown> =>
    fetchSource({
      source: { url: `http://named.example.com:${server.port}${path}` },
      rules: only,
      folder: join(home, 'r'),
      resolve,
    });
  await expect(ask('/to-metadata.zip')).rejects.toThrow(/not among the hosts/);
  await expect(get('/to-file.zip')).rejects.toThrow(/not file/);
  await expect(ask('/hop0.zip')).rejects.toThrow(/on and on/);
  expect(resolved).toBe(7);
  await ask('/app.tar.gz');
});

test('limits of size and time hold, and what breaks off is no source', async () => {
  await expect(get('/app.tar.gz', { rules: { ...rules, maxCompressedBytes: 100 } })).rejects.toThrow(
    /larger than 100 bytes/,
  );
  server.answers.set('/slow.zip', (_request, response) => void response.writeHead(200).write('x'));
  await expect(get('/slow.zip', { rules: { ...rules, timeoutMs: 200 } })).rejects.toThrow(/within 0.2 s/);
  await expect(get('/slow.zip', { signal: AbortSignal.abort() })).rejects.toThrow(/stopped/);
  server.answers.set('/half.tar.gz', (_request, response) => {
    response.writeHead(200, { 'content-length': 1_000 });
    response.write('half', () => response.destroy());
  });
  await expect(get('/half.tar.gz')).rejects.toMatchObject({ code: 'HAWSER_SESSIONS_SOURCE_FAILED' });
  server.answers.set('/cut.tar.gz', bytes((await readFile(join(home, 'app.tar.gz'))).subarray(0, 150)));
  await expect(get('/cut.tar.gz')).rejects.toMatchObject({ code: 'HAWSER_SESSIONS_SOURCE_FAILED' });
});

test('a credential goes to its own host only', async () => {
  const seen: (string | undefined)[] = [];
  server.answers.set('/private.tar.gz', (request, response) => {
    seen.push(request.headers.authorization);
    redirect(`http://localhost:${server.port}/public.tar.gz`)(request, response);
  });
  const body = await readFile(join(home, 'app.tar.gz'));
  server.answers.set('/public.tar.gz', (request, response) => {
    seen.push(request.headers.authorization);
    bytes(body)(request, response);
  });
  const resolve = async (): Promise<{ address: string; family: 4 }[]> => [{ address: '127.0.0.1', family: 4 }];
  await get('/private.tar.gz', { rules: { ...rules, credentials: { '127.0.0.1': 'planted-token' } }, resolve });
  expect(seen).toEqual(['Bearer planted-token', undefined]);
});

interface TarEntry {
  readonly name: string;
  readonly type?: string;
  readonly target?: string;
  readonly data?: string;
  /** Says its name in a pax header. */
  readonly pax?: boolean;
}

/** Writes a ustar archive, also one that no tar program would write. */
function tarOf(entries: readonly TarEntry[]): Buffer {
  const blocks: Buffer[] = [];
  for (const { name, type = '0', target = '', data = '', pax } of entries) {
    if (pax) {
      const record = ` path=${name}\n`;
      const length = record.length + String(record.length + 3).length;
      blocks.push(...entryOf('pax', 'x', '', `${length}${record}`));
    }
    blocks.push(...entryOf(name.slice(0, 100), type, target, data));
  }
  return Buffer.concat([...blocks, Buffer.alloc(1_024)]);
}

function entryOf(name: string, type: string, target: string, data: string): Buffer[] {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write(`${Buffer.byteLength(data).toString(8).padStart(11, '0')}\0`, 124);
  header.write('        ', 148);
  header.write(type, 156);
  header.write(target, 157);
  header.write('ustar\u000000', 257);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  const body = Buffer.alloc(Math.ceil(Buffer.byteLength(data) / 512) * 512);
  body.write(data);
  return [header, body];
}
