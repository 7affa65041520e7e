import { afterEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeReal } from '../../../../test/support/counterparts.js';
import { scale } from '../../../../test/support/scale.js';
import { type FarFiles, NEEDED, noise, onlyTools, openFarFiles, withTools } from '../support/far-files.js';
import { sha256 } from '../support/world.js';

const MIB = 1 << 20;
let files: FarFiles | undefined;
afterEach(async () => {
  await files?.[Symbol.asyncDispose]();
  files = undefined;
});
async function open(options?: Parameters<typeof openFarFiles>[0]): Promise<FarFiles> {
  files = await openFarFiles(options);
  return files;
}

/** Up, down again, and the same at every station. */
async function roundTrip(one: FarFiles, content: Buffer, name = 'file.bin'): Promise<void> {
  const [from, there, back] = [join(one.near, 'source'), join(one.far, name), join(one.near, 'back')];
  await writeFile(from, content, { mode: 0o640 });
  const up = await one.put(from, there);
  expect(up).toMatchObject({ path: there, bytes: content.length, resumedAt: 0 });
  expect(sha256(await readFile(there))).toBe(sha256(content));
  expect((await stat(there)).mode & 0o777).toBe(0o640);
  const down = await one.get(there, back);
  expect(down).toMatchObject({ path: back, bytes: content.length, resumedAt: 0, digest: up.digest });
  expect(sha256(await readFile(back))).toBe(sha256(content));
  expect((await stat(back)).mode & 0o777).toBe(0o640);
  const names = [...(await one.names(one.far)), ...(await one.names(one.near))];
  expect(names.filter((made) => made.includes('hawser-part'))).toEqual([]);
}

/** Down only, for what comes in segments: an upload has none. */
async function comesDown(one: FarFiles, content: Buffer): Promise<void> {
  const [there, back] = [join(one.far, 'whole'), join(one.near, 'whole')];
  await writeFile(there, content);
  await expect(one.get(there, back)).resolves.toMatchObject({ bytes: content.length, resumedAt: 0 });
  expect(sha256(await readFile(back))).toBe(sha256(content));
}

describe('copying a file there and back', () => {
  test('keeps every byte of files of every size', async () => {
    const one = await open();
    for (const size of [0, 1, 2, 3, 1023, 1024, 2999, 3000, 3001, 65_536, MIB - 1, MIB, MIB + 1]) {
      await roundTrip(one, noise(size));
    }
  });

  test('keeps every byte of large files', async () => {
    const one = await open();
    const sizes = [16 * MIB + 1, 16 * MIB - 1, 64 * MIB].slice(0, scale(1, 3));
    for (const size of sizes) await roundTrip(one, noise(size));
  });

  test.each([
    [
      'encrypted sessions',
      { kms: { keyId: 'arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef' } },
    ],
    ["an agent at the real one's pace", { paced: true }],
    ['an agent that takes no large messages', { maxInputPayloadBytes: 1024, payloadBytes: 1024 }],
  ])('works through %s', async (_what, agent) => {
    await roundTrip(await open({ agent }), Buffer.concat([noise(300_000), Buffer.from('\ufffd')]));
  });

  test('keeps single control bytes and line ends as they are', async () => {
    const one = await open();
    for (const text of [
      '\n',
      '\r',
      '\r\n',
      '\u0003',
      '\u0004',
      '\u001a',
      '\u001c',
      '\u0011\u0013',
      '\0',
      '@',
      `@${'0'.repeat(16)} done\n`,
    ]) {
      await roundTrip(one, Buffer.from(text, 'latin1'));
    }
  });

  test.each([true, false])('keeps U+FFFD, which agents mangle (agent with its quirks: %s)', async (quirks) => {
    const one = await open({ agent: { quirks } });
    const u = Buffer.from('\ufffd');
    const many = Buffer.concat(Array.from({ length: 2000 }, () => u));
    const straddling = noise(17 * MIB);
    u.copy(straddling, 0);
    u.copy(straddling, 16 * MIB - 1);
    u.copy(straddling, 17 * MIB - 3);
    u.copy(straddling, 5 * MIB);
    u.copy(straddling, 5 * MIB + 3);
    // Whoever takes these for a whole character and its first byte for a mangled one is wrong by two bytes.
    Buffer.from([0xef, 0xbf, 0xbd, 0xbf, 0xbd, 0xef, 0xef, 0xbf]).copy(straddling, 6 * MIB);
    for (const content of [u, u.subarray(0, 1), u.subarray(0, 2), many]) await roundTrip(one, content);
    await roundTrip(one, straddling.subarray(scale(5 * MIB, 0), scale(6 * MIB + 8, 17 * MIB)));
    await comesDown(one, straddling);
  });

  test.each([
    'with space',
    "it's",
    'a "quoted" name',
    '-rf',
    '--help',
    '*',
    '$(touch hurt)',
    '`touch hurt`',
    '${HOME}',
    'a;b|c&d>e<f',
    'back\\slash',
    '%s%n',
    'line\nend',
    'ends with a line end\n',
    'tab\tbed',
    'ünïcødé 文件 🚢',
    'n'.repeat(243),
    'ü'.repeat(121),
  ])('keeps the name %j', async (name) => {
    const one = await open();
    await roundTrip(one, noise(5000), name);
    expect(execFileSync('find', [one.far, '-name', 'hurt'], { encoding: 'utf8' })).toBe('');
  });

  test('finds relative paths below the home folder, and names the file itself in a folder', async () => {
    const one = await open();
    const from = join(one.near, 'file');
    await writeFile(from, 'content');
    await mkdir(join(one.far, 'sub dir'));
    for (const [to, path, where] of [
      ['a', 'a', 'a'],
      ['~/b', '~/b', 'b'],
      ['sub dir', 'sub dir/file', 'sub dir/file'],
      ['~/sub dir/', '~/sub dir/file', 'sub dir/file'],
      ['', 'file', 'file'],
      ['~', '~/file', 'file'],
    ] as const) {
      await expect(one.put(from, to)).resolves.toMatchObject({ path });
      expect(await readFile(join(one.far, where), 'utf8')).toBe('content');
    }
    await mkdir(join(one.near, 'here'));
    await expect(one.get('sub dir/file', join(one.near, 'here'))).resolves.toMatchObject({
      path: join(one.near, 'here/file'),
    });
    await expect(one.get('~/a', join(one.near, 'b'))).resolves.toMatchObject({ path: join(one.near, 'b') });
  });

  test('keeps the mode of what it replaces, else takes the one of the source, else the one asked for', async () => {
    const one = await open();
    const [near, far] = [join(one.near, 'f'), join(one.far, 'f')];
    const mode = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);
    await writeFile(near, 'new', { mode: 0o755 });
    await writeFile(far, 'old', { mode: 0o600 });
    await one.put(near, far);
    expect(await mode(far)).toBe('600');
    await one.put(near, far, { mode: 0o444 });
    expect(await mode(far)).toBe('444');
    await one.get(far, near);
    expect(await mode(near)).toBe('755');
    await one.get(far, `${near}2`);
    expect(await mode(`${near}2`)).toBe('444');
    await one.get(far, near, { mode: 0o700 });
    expect(await mode(near)).toBe('700');
  });

  test('writes through a link, not over it', async () => {
    const one = await open();
    for (const folder of [one.near, one.far]) {
      await writeFile(join(folder, 'real'), 'old');
      await symlink('real', join(folder, 'link'));
    }
    await writeFile(join(one.near, 'new'), 'new');
    await one.put(join(one.near, 'new'), 'link');
    await one.get('real', join(one.near, 'link'));
    for (const folder of [one.near, one.far]) {
      expect(await readFile(join(folder, 'real'), 'utf8')).toBe('new');
      expect((await stat(join(folder, 'link'))).isFile()).toBe(true);
    }
  });

  test('tells its progress sparsely, to the end', async () => {
    const one = await open();
    const from = join(one.near, 'f');
    await writeFile(from, noise(10 * MIB));
    for (const copy of [
      () => one.put(from, 'f', { onProgress }),
      () => one.get('f', join(one.near, 'g'), { onProgress }),
    ]) {
      seen.length = 0;
      await copy();
      expect(seen.length).toBeLessThan(30);
      expect(seen[0]).toEqual({ phase: 'copying', bytes: 0, totalBytes: 10 * MIB });
      expect(seen.at(-1)).toEqual({ phase: 'verifying', bytes: 10 * MIB, totalBytes: 10 * MIB });
      const copied = seen.filter(({ phase }) => phase === 'copying').map(({ bytes }) => bytes);
      expect(copied).toEqual(copied.toSorted((a, b) => a - b));
      expect(copied.at(-1)).toBe(10 * MIB);
    }
  });
  const seen: { phase: string; bytes: number; totalBytes: number }[] = [];
  const onProgress = (progress: { phase: 'copying' | 'verifying'; bytes: number; totalBytes: number }): void => {
    seen.push(progress);
  };
});

describe('what a target must have', () => {
  const without = (...missing: string[]): string[] => NEEDED.filter((name) => !missing.includes(name));

  test('a POSIX shell, base64 and basics of POSIX are enough', async () => {
    const one = await open({ tools: onlyTools(NEEDED) });
    for (const size of [0, 1, 3001, scale(MIB + 1, 5 * MIB)]) await roundTrip(one, noise(size));
    const { digest } = await one.put(join(one.near, 'source'), 'again');
    expect(digest.algorithm).toBe('cksum');
  });

  test.each([
    ['OpenSSL', 'openssl', 'sha256'],
    ['sha256sum', 'sha256sum', 'sha256'],
    ['cksum alone', undefined, 'cksum'],
  ])('digests are made by %s', async (_what, tool, algorithm) => {
    const one = await open({ tools: onlyTools([...NEEDED, 'stty', ...(tool ? [tool] : [])]) });
    await writeFile(join(one.near, 'f'), noise(100_000));
    const { digest } = await one.put(join(one.near, 'f'), 'f');
    expect(digest.algorithm).toBe(algorithm);
    const command = algorithm === 'cksum' ? 'cksum' : 'sha256sum';
    const printed = execFileSync(command, [join(one.near, 'f')], { encoding: 'utf8' });
    expect(printed.startsWith(`${digest.value} `)).toBe(true);
  });

  test.each([
    ['base64', 'The target has no base64, which a copy needs'],
    ['cksum', 'The target has no cksum, which a copy needs'],
  ])('without %s the copy says so', async (tool, message) => {
    const one = await open({ tools: onlyTools(without(tool)) });
    await writeFile(join(one.near, 'f'), 'x');
    await writeFile(join(one.far, 'f'), 'x');
    const refused = { code: 'HAWSER_SSM_COPY_UNSUPPORTED', message, details: { kind: 'tools' } };
    await expect(one.put(join(one.near, 'f'), 'g')).rejects.toMatchObject(refused);
    await expect(one.get('f', join(one.near, 'g'))).rejects.toMatchObject(refused);
    expect(await one.names(one.near)).toEqual(['f']);
    expect(await one.names(one.far)).toEqual(['f']);
  });

  test('a Windows node is named as what it is', async () => {
    const one = await open({
      tools: onlyTools(['cat']),
      targets: [{ id: 'i-0123456789abcdef0', platform: 'Windows' }],
    });
    await writeFile(join(one.near, 'f'), 'x');
    const refused = { code: 'HAWSER_SSM_COPY_UNSUPPORTED', message: expect.stringContaining('Windows') };
    await expect(one.get('f', join(one.near, 'g'))).rejects.toMatchObject(refused);
    await expect(one.put(join(one.near, 'f'), 'g')).rejects.toMatchObject(refused);
  });

  test('a target without a shell is told in its own words', async () => {
    const one = await open({ tools: onlyTools(['cat']) });
    await expect(one.get('f', join(one.near, 'g'))).rejects.toMatchObject({
      code: 'HAWSER_SSM_COPY_UNSUPPORTED',
      message: expect.stringContaining('executable file not found'),
    });
  });

  test('raw bytes that do not arrive as they were sent are sent again as text', async () => {
    const one = await open({
      tools: withTools({
        head: 'if [ "$1" = -c ] && [ "$2" -gt 1 ]; then head -c "$2" | tr a b; else exec head "$@"; fi',
        // Knows its options, and finds nothing.
        grep: 'if [ -t 0 ]; then exit 1; fi; grep "$@" | head -n 1 | grep "^1:"',
      }),
    });
    await roundTrip(one, Buffer.from('\ufffdabcdefg'.repeat(1000)));
  });
});

describeReal('busybox', (path) => {
  // Its shell finds its own sha256sum without a PATH.
  test.each([
    ['the least', [...NEEDED]],
    ['all it has', [...NEEDED, 'stty', 'grep', 'sha256sum', 'readlink', 'chown']],
  ])('a target with %s of busybox', async (_what, tools) => {
    const one = await open({ tools: onlyTools(tools, path('busybox')) });
    for (const size of [0, 1, 3001, scale(MIB + 1, 17 * MIB)]) await roundTrip(one, noise(size));
    await comesDown(one, noise(17 * MIB));
    await roundTrip(one, Buffer.from('\ufffd\n'.repeat(100)), "it's -n \n");
    await expect(one.put(join(one.near, 'source'), 'f')).resolves.toMatchObject({
      digest: { algorithm: 'sha256' },
    });
    await expect(one.get('missing', join(one.near, 'x'))).rejects.toMatchObject({ details: { kind: 'missing' } });
  });
});
