import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { startContainer, type ContainerOrder } from '../../src/aws/ecs/container.js';
import { Stream } from '../../src/aws/logs/stream.js';
import { eventually } from '../support/aws.js';

describe('on a machine without namespaces', () => {
  const order = (more: Partial<ContainerOrder>): ContainerOrder => ({
    image: { digest: 'sha256:0' },
    folder: '/nowhere',
    mounts: [],
    entrypoint: ['/bin/sh', '-c'],
    command: ['echo "$WORD"; exit 3'],
    environment: { WORD: 'plain' },
    directory: undefined,
    user: undefined,
    readOnlyRoot: false,
    initProcess: false,
    isolation: 'none',
    stream: undefined,
    nowMs: () => 0,
    ...more,
  });

  test('a container that needs no files of its own runs as a plain process', async () => {
    const stream = new Stream('s', 0);
    const { ended } = await startContainer(order({ stream }));
    expect(await ended).toBe(3);
    expect(stream.lines.map(({ message }) => message)).toEqual(['plain']);
  });

  test.each([
    ['volumes', { mounts: [{ from: '/tmp', to: '/exec', readOnly: false }] }],
    ['an image of its own', { image: { digest: 'sha256:0', root: '/somewhere' } }],
  ])('one with %s does not start, and says why', async (_what, more) => {
    await expect(startContainer(order(more))).rejects.toThrow('this machine lets the emulator make no namespaces');
  });
});

describe('kill -9 of the emulator', () => {
  test('takes its containers with it', async () => {
    const folder = mkdtempSync(join(fileURLToPath(new URL('../../dist/', import.meta.url)), 'kill-'));
    try {
      writeFileSync(join(folder, 'emulator.mjs'), program);
      const emulator = spawn(process.execPath, [join(folder, 'emulator.mjs')], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [line] = (await once(emulator.stdout, 'data')) as [Buffer];
      const pid = Number(line.toString());
      expect(isAlive(pid)).toBe(true);
      emulator.kill('SIGKILL');
      await eventually(() => (isAlive(pid) ? undefined : true));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** Starts a container and prints which process of this machine it is. */
const program = `
import { startContainer } from '../aws/ecs/container.js';
import { findIsolation } from '../aws/ecs/isolation.js';
import { fileURLToPath } from 'node:url';
const container = await startContainer({
  image: { digest: 'sha256:0' }, folder: fileURLToPath(new URL('root', import.meta.url)), mounts: [],
  entrypoint: ['/bin/sleep'], command: ['600'], environment: {}, initProcess: false, readOnlyRoot: false,
  isolation: await findIsolation(), nowMs: () => 0,
});
const target = container.enter([]).command.join(' ').match(/--target (\\d+)/);
process.stdout.write(target[1]);
await container.ended;
`;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
