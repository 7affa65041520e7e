import { afterEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { appendFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CopyOptions } from '../../src/copy/index.js';
import { type FarFiles, noise, openFarFiles, withTools } from '../support/far-files.js';
import { sha256 } from '../support/world.js';

const MIB = 1 << 20;
const isRoot = process.getuid?.() === 0;
let files: FarFiles | undefined;
const mounted: string[] = [];
afterEach(async () => {
  for (const folder of mounted.splice(0)) execFileSync('umount', [folder]);
  await files?.[Symbol.asyncDispose]();
  files = undefined;
});
async function open(options?: Parameters<typeof openFarFiles>[0]): Promise<FarFiles> {
  files = await openFarFiles(options);
  return files;
}
/** Makes a small file system of its own below a folder. */
async function mount(parent: string, options: string): Promise<string> {
  const folder = join(parent, 'disk');
  await mkdir(folder);
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
  mounted.push(folder);
  return folder;
}
const asRoot = isRoot ? test : test.todo.bind(test);

/** Does something once, when that many bytes are there. */
function atBytes(
  bytes: number,
  act: () => void,
  isReady = (): boolean => true,
): NonNullable<CopyOptions['onProgress']> {
  let done = false;
  return (progress) => {
    if (done || progress.phase !== 'copying' || progress.bytes < bytes || !isReady()) return;
    done = true;
    act();
  };
}

describe('a copy that was interrupted', () => {
  test('goes on where it stopped, up', async () => {
    const one = await open();
    const from = join(one.near, 'f');
    const content = noise(24 * MIB);
    await writeFile(from, content);
    const controller = new AbortController();
    const reason = new Error('enough');
    const first = one.put(from, 'f', {
      signal: controller.signal,
      // What was sent may be ahead of what is written.
      onProgress: atBytes(
        12 * MIB,
        () => controller.abort(reason),
        () => (statSync(join(one.far, 'f.hawser-part'), { throwIfNoEntry: false })?.size ?? 0) > 0,
      ),
    });
    await expect(first).rejects.toBe(reason);
    expect(await one.names(one.far)).toEqual(['f.hawser-part']);
    const { size } = await stat(join(one.far, 'f.hawser-part'));
    expect(size).toBeGreaterThan(0);
    const second = await one.put(from, 'f');
    expect(second.resumedAt).toBe(size);
    expect(await one.names(one.far)).toEqual(['f']);
    expect(sha256(await readFile(join(one.far, 'f')))).toBe(sha256(content));
  });

  test('goes on where it stopped, down', async () => {
    const one = await open();
    const content = noise(24 * MIB + 77);
    await writeFile(join(one.far, 'f'), content);
    const to = join(one.near, 'f');
    const controller = new AbortController();
    const first = one.get('f', to, {
      signal: controller.signal,
      onProgress: atBytes(12 * MIB, () => controller.abort()),
    });
    await expect(first).rejects.toMatchObject({ name: 'AbortError' });
    expect(await one.names(one.near)).toEqual(['f.hawser-part']);
    const second = await one.get('f', to);
    expect(second.resumedAt).toBeGreaterThanOrEqual(8 * MIB);
    expect(second.resumedAt % MIB).toBe(0);
    expect(await one.names(one.near)).toEqual(['f']);
    expect(sha256(await readFile(to))).toBe(sha256(content));
  });

  test('goes on with a part that is whole already', async () => {
    const one = await open();
    const content = noise(2 * MIB);
    await writeFile(join(one.near, 'f'), content);
    await writeFile(join(one.far, 'f.hawser-part'), content);
    await expect(one.put(join(one.near, 'f'), 'f')).resolves.toMatchObject({ resumedAt: 2 * MIB });
    await writeFile(join(one.near, 'g.hawser-part'), content);
    await expect(one.get('f', join(one.near, 'g'))).resolves.toMatchObject({ resumedAt: 2 * MIB });
    expect(sha256(await readFile(join(one.near, 'g')))).toBe(sha256(content));
  });

  test('begins anew when the part is of another file, or longer', async () => {
    const one = await open();
    const content = noise(3 * MIB);
    await writeFile(join(one.near, 'f'), content);
    for (const part of [noise(2 * MIB), noise(5 * MIB), Buffer.concat([content, content])]) {
      await writeFile(join(one.far, 'f.hawser-part'), part);
      await expect(one.put(join(one.near, 'f'), 'f')).resolves.toMatchObject({ resumedAt: 0 });
      expect(sha256(await readFile(join(one.far, 'f')))).toBe(sha256(content));
      await writeFile(join(one.near, 'g.hawser-part'), part);
      await expect(one.get('f', join(one.near, 'g'))).resolves.toMatchObject({ resumedAt: 0 });
      expect(sha256(await readFile(join(one.near, 'g')))).toBe(sha256(content));
    }
    expect(await one.names(one.far)).toEqual(['f']);
  });

  test('does not notice a link that was cut and came back', async () => {
    const one = await open();
    const from = join(one.near, 'f');
    const content = noise(24 * MIB);
    await writeFile(from, content);
    const cut = (): void => one.world.emulator.gateway.cut();
    await expect(one.put(from, 'f', { onProgress: atBytes(8 * MIB, cut) })).resolves.toMatchObject({ resumedAt: 0 });
    expect(sha256(await readFile(join(one.far, 'f')))).toBe(sha256(content));
    const reset = (): void => one.world.emulator.gateway.cut(undefined, { reset: true });
    await expect(one.get('f', join(one.near, 'g'), { onProgress: atBytes(8 * MIB, reset) })).resolves.toMatchObject({
      resumedAt: 0,
    });
    expect(sha256(await readFile(join(one.near, 'g')))).toBe(sha256(content));
    // Down, a new session goes on: the agent would repeat what was lost at ten messages a second.
    expect(one.world.emulator.sessions.map(({ reconnects }) => reconnects)).toEqual([1, 1, 0]);
  });

  test('whose link is gone for good ends with the reason, and goes on later', async () => {
    const one = await open();
    const from = join(one.near, 'f');
    await writeFile(from, noise(16 * MIB));
    const stop = (): void => void one.world.emulator.gateway.stop();
    await expect(
      one.put(from, 'f', { onProgress: atBytes(8 * MIB, stop), tuning: { resume: { giveUpAfterMs: 1 } } }),
    ).rejects.toMatchObject({ code: 'HAWSER_SSM_LINK_LOST' });
    await one.world.emulator.gateway.start();
    await expect(one.put(from, 'f')).resolves.toMatchObject({ bytes: 16 * MIB, resumedAt: expect.any(Number) });
  });
});

describe('what goes wrong on the target', () => {
  async function near(one: FarFiles, bytes = 100): Promise<string> {
    const from = join(one.near, 'source');
    await writeFile(from, noise(bytes));
    return from;
  }

  test('a folder that is not there', async () => {
    const one = await open();
    for (const to of ['no/such', 'no/such/']) {
      await expect(one.put(await near(one), to)).rejects.toMatchObject({
        code: 'HAWSER_SSM_COPY_REMOTE_FILE',
        message: `The folder of ${to} does not exist on the target`,
        details: { kind: 'folder' },
      });
    }
    expect(await one.names(one.far)).toEqual([]);
  });

  test('a file that is not there, a folder, and what is no file', async () => {
    const one = await open();
    await mkdir(join(one.far, 'folder'));
    execFileSync('mkfifo', [join(one.far, 'pipe')]);
    await symlink('nowhere', join(one.far, 'link'));
    const refused = async (from: string, kind: string): Promise<void> => {
      await expect(one.get(from, join(one.near, 'x'))).rejects.toMatchObject({
        code: 'HAWSER_SSM_COPY_REMOTE_FILE',
        details: { kind },
      });
    };
    await refused('missing', 'missing');
    await refused('link', 'missing');
    await refused('folder', 'directory');
    await refused('pipe', 'special');
    expect(await one.names(one.near)).toEqual([]);
    await expect(one.put(await near(one), 'pipe')).rejects.toMatchObject({ details: { kind: 'special' } });
    await mkdir(join(one.far, 'folder/source'));
    await expect(one.put(await near(one), 'folder')).rejects.toMatchObject({ details: { kind: 'special' } });
  });

  test('the words of the target are passed on', async () => {
    const one = await open();
    await expect(one.get('missing file', join(one.near, 'x'))).rejects.toMatchObject({
      message: expect.stringMatching(
        /There is no file missing file on the target: .*missing file.*(No such file|nonexistent)/i,
      ),
    });
  });

  test("a part that is somebody else's link is not written through", async () => {
    const one = await open();
    await writeFile(join(one.far, 'victim'), 'untouched');
    await symlink('victim', join(one.far, 'f.hawser-part'));
    await one.put(await near(one), 'f');
    expect(await readFile(join(one.far, 'victim'), 'utf8')).toBe('untouched');
    expect(await one.names(one.far)).toEqual(['f', 'victim']);
  });

  asRoot('a full disk leaves nothing behind', async () => {
    const one = await open();
    const disk = await mount(one.far, 'size=1m');
    await writeFile(join(disk, 'f'), 'old');
    await expect(one.put(await near(one, 4 * MIB), join(disk, 'f'))).rejects.toMatchObject({
      code: 'HAWSER_SSM_COPY_REMOTE_FILE',
      exitCode: 1,
      message: expect.stringContaining('No space left on device'),
      details: { kind: 'write' },
    });
    expect(await one.names(disk)).toEqual(['f']);
    expect(await readFile(join(disk, 'f'), 'utf8')).toBe('old');
  });

  asRoot('a file system that cannot be written', async () => {
    const one = await open();
    const disk = await mount(one.far, 'size=1m,ro');
    await expect(one.put(await near(one), join(disk, 'f'))).rejects.toMatchObject({
      code: 'HAWSER_SSM_COPY_REMOTE_FILE',
      message: expect.stringContaining('Read-only file system'),
    });
  });

  asRoot('a file without permission to read it', async () => {
    const one = await open({ tools: withTools({ wc: 'echo "wc: f: Permission denied" >&2; exit 1' }) });
    await writeFile(join(one.far, 'f'), 'secret');
    await expect(one.get('f', join(one.near, 'f'))).rejects.toMatchObject({
      code: 'HAWSER_SSM_COPY_REMOTE_FILE',
      message: 'The target cannot read f: wc: f: Permission denied',
    });
  });

  test('a disk that swallows bytes without a word', async () => {
    const one = await open({
      tools: withTools({
        head: 'if [ "$1" = -c ] && [ "$2" -gt 1 ]; then head -c "$2" | head -c 50; else exec head "$@"; fi',
      }),
    });
    await expect(one.put(await near(one, 5000), 'f')).rejects.toMatchObject({
      code: 'HAWSER_SSM_COPY_REMOTE_FILE',
      message: 'The target cannot write f: only 50 of 5000 bytes were stored',
    });
    expect(await one.names(one.far)).toEqual([]);
  });

  test('bytes that change on the way, up', async () => {
    const one = await open({
      tools: withTools({ head: 'if [ "$2" -gt 1 ]; then head "$@" | tr AQ BR; else exec head "$@"; fi' }),
    });
    await writeFile(join(one.far, 'f'), 'old');
    await writeFile(join(one.near, 'source'), 'AAAA'.repeat(3000));
    await expect(one.put(join(one.near, 'source'), 'f')).rejects.toMatchObject({
      code: 'HAWSER_SSM_COPY_DIGEST_MISMATCH',
    });
    expect(await one.names(one.far)).toEqual(['f']);
    expect(await readFile(join(one.far, 'f'), 'utf8')).toBe('old');
  });

  test('bytes that change on the way, down', async () => {
    const one = await open({ tools: withTools({ dd: 'dd "$@" | tr A B' }) });
    await writeFile(join(one.far, 'f'), 'AAAA');
    await writeFile(join(one.near, 'f'), 'old');
    await expect(one.get('f', join(one.near, 'f'))).rejects.toMatchObject({
      code: 'HAWSER_SSM_COPY_DIGEST_MISMATCH',
      message: 'What arrived of f is not what the target has',
    });
    expect(await one.names(one.near)).toEqual(['f']);
    expect(await readFile(join(one.near, 'f'), 'utf8')).toBe('old');
  });

  test.each([5, -5])(
    'a file whose length was told wrong by %i is still the file, if the digests say so',
    async (change) => {
      const one = await open({ tools: withTools({ wc: `echo $(($(wc "$@") - ${change}))` }) });
      const content = noise(3000);
      await writeFile(join(one.far, 'f'), content);
      await expect(one.get('f', join(one.near, 'f'))).resolves.toMatchObject({ bytes: 3000 });
      expect(await readFile(join(one.near, 'f'))).toEqual(content);
    },
  );

  test('a file that grows while it is sent', async () => {
    // Whatever is digested has become longer than it was when its length was told.
    const longer =
      'if [ "$(head -c 1 | wc -c)" = 0 ]; then exec openssl "$@" </dev/null; else { cat; echo more; } | openssl "$@"; fi';
    const one = await open({ tools: withTools({ openssl: longer, wc: 'echo $(($(wc "$@") - 5))' }) });
    await writeFile(join(one.far, 'f'), noise(3000));
    await expect(one.get('f', join(one.near, 'f'))).rejects.toMatchObject({
      code: 'HAWSER_SSM_COPY_DIGEST_MISMATCH',
      message: 'f changed on the target while it was copied',
    });
    expect(await one.names(one.near)).toEqual([]);
  });

  test('a shell that is killed in the middle', async () => {
    const one = await open({ tools: withTools({ dd: 'dd "$@" | head -c 1000; kill -9 0' }) });
    await writeFile(join(one.far, 'f'), noise(3000));
    await expect(one.get('f', join(one.near, 'f'))).rejects.toMatchObject({ code: 'HAWSER_SSM_COPY_REMOTE_FAILED' });
  });
});

describe('what goes wrong here', () => {
  test('a file that is not there, a folder, a pipe', async () => {
    const one = await open();
    execFileSync('mkfifo', [join(one.near, 'pipe')]);
    await expect(one.put(join(one.near, 'missing'), 'f')).rejects.toMatchObject({
      code: 'HAWSER_SSM_COPY_LOCAL_FILE',
      message: `${join(one.near, 'missing')} cannot be read: no such file or folder`,
      details: { systemCode: 'ENOENT' },
    });
    await expect(one.put(one.near, 'f')).rejects.toMatchObject({
      code: 'HAWSER_SSM_COPY_LOCAL_FILE',
      message: `${one.near} is a folder`,
    });
    await expect(one.put(join(one.near, 'pipe'), 'f')).rejects.toMatchObject({
      message: `${join(one.near, 'pipe')} is not an ordinary file`,
    });
    expect(one.world.emulator.sessions).toEqual([]);
  });

  test('a folder that is not there, a folder in the way, a pipe in the way', async () => {
    const one = await open();
    await writeFile(join(one.far, 'f'), 'x');
    await mkdir(join(one.near, 'here/f'), { recursive: true });
    execFileSync('mkfifo', [join(one.near, 'pipe')]);
    for (const to of ['no/such', 'here', 'pipe']) {
      await expect(one.get('f', join(one.near, to))).rejects.toMatchObject({ code: 'HAWSER_SSM_COPY_LOCAL_FILE' });
    }
    expect(one.world.emulator.sessions).toEqual([]);
  });

  test("a part that is somebody else's link is not written through", async () => {
    const one = await open();
    await writeFile(join(one.far, 'f'), 'x');
    await writeFile(join(one.near, 'victim'), 'untouched');
    await symlink('victim', join(one.near, 'f.hawser-part'));
    await expect(one.get('f', join(one.near, 'f'))).rejects.toMatchObject({ code: 'HAWSER_SSM_COPY_LOCAL_FILE' });
    expect(await readFile(join(one.near, 'victim'), 'utf8')).toBe('untouched');
  });

  asRoot('a full disk leaves nothing behind', async () => {
    const one = await open();
    const disk = await mount(one.near, 'size=1m');
    await writeFile(join(one.far, 'f'), noise(4 * MIB));
    await expect(one.get('f', join(disk, 'f'))).rejects.toMatchObject({
      code: 'HAWSER_SSM_COPY_LOCAL_FILE',
      message: `${join(disk, 'f.hawser-part')} cannot be written: no space left on the disk`,
    });
    expect(await one.names(disk)).toEqual([]);
  });

  test.each([
    ['longer', (path: string) => appendFileSync(path, 'more')],
    ['shorter', (path: string) => writeFileSync(path, 'less')],
  ])('a file that becomes %s while it is sent', async (_how, change) => {
    const one = await open();
    const from = join(one.near, 'f');
    await writeFile(from, noise(8 * MIB));
    await expect(one.put(from, 'f', { onProgress: atBytes(2 * MIB, () => change(from)) })).rejects.toMatchObject({
      code: 'HAWSER_SSM_COPY_LOCAL_FILE',
      message: `${from} changed while it was copied`,
    });
    expect(await one.names(one.far)).not.toContain('f');
  });

  test('a path with a NUL, and a signal that was aborted before', async () => {
    const one = await open();
    await writeFile(join(one.near, 'f'), 'x');
    await expect(one.put(join(one.near, 'f'), 'a\0b')).rejects.toMatchObject({ code: 'HAWSER_SSM_BAD_INPUT' });
    const signal = AbortSignal.abort(new Error('before'));
    await expect(one.put(join(one.near, 'f'), 'f', { signal })).rejects.toThrow('before');
    await expect(one.get('f', join(one.near, 'g'), { signal })).rejects.toThrow('before');
    expect(one.world.emulator.sessions).toEqual([]);
  });

  test('a target that is offline', async () => {
    const one = await open({ targets: [{ id: 'i-0123456789abcdef0', online: false }] });
    await writeFile(join(one.near, 'f'), 'x');
    await expect(one.put(join(one.near, 'f'), 'f')).rejects.toMatchObject({ code: 'HAWSER_SSM_TARGET_NOT_CONNECTED' });
    await expect(one.get('f', join(one.near, 'g'))).rejects.toMatchObject({ code: 'HAWSER_SSM_TARGET_NOT_CONNECTED' });
    expect(await one.names(one.near)).toEqual(['f']);
  });
});
