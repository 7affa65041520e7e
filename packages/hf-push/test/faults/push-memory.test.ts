import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { runToEnd } from '../../../../test/support/run-to-end.js';
import { scale } from '../../../../test/support/scale.js';
import { flatEnvironment } from '../../../../test/support/environments.js';
import { folderWith, writeFiles } from '../support/folders.js';
import { startHub } from '../support/hub.js';

const limitBytes = 120 << 20;
/** Names, digests and answers of ten thousand files take some more; their bytes, held, would take twice that. */
const manyLimitBytes = scale(120, 175) << 20;
const pusher = join(import.meta.dirname, '../support/pusher.mjs');

/** Pushes an environment in a process of its own; answers with how much memory that had at most. */
async function peakOf(from: string): Promise<number> {
  const emulator = await startHub({ multipartBytes: 16 << 20 });
  const [account] = emulator.accounts;
  const input = { endpoint: emulator.endpoint, token: account?.token, from, environment: 'my_env' };
  const { stdout, stderr } = await runToEnd(process.execPath, [pusher, JSON.stringify(input)], { env: {} });
  expect(stderr).toBe('');
  const { result, peakBytes } = JSON.parse(stdout) as { result: { treeId: string }; peakBytes: number };
  expect(emulator.head('hawser/my_env')).toMatchObject({ tree: result.treeId, commits: 2 });
  await emulator.close();
  return peakBytes;
}

test('large files are pushed in less than 120 MB, Node and all imports included', async () => {
  const from = folderWith(flatEnvironment());
  const [count, bytes] = [scale(4, 10), scale(20, 50) * 1_000_000];
  for (let index = 0; index < count; index += 1) {
    const file = openSync(join(from, `envs/my_env/model-${index}.bin`), 'w');
    writeSync(file, `model ${index}\0`);
    ftruncateSync(file, bytes);
    closeSync(file);
  }
  expect(await peakOf(from)).toBeLessThan(limitBytes);
});

test('thousands of files are pushed in one commit, whose bytes are not held in memory', async () => {
  const from = folderWith(flatEnvironment());
  const text = 'x'.repeat(8000);
  const files = Array.from({ length: scale(2000, 10_000) }, (_, index) => [
    `envs/my_env/data/${index % 50}/${index}.txt`,
    `${index} ${text}\n`,
  ]);
  writeFiles(from, Object.fromEntries(files) as Record<string, string>);
  expect(await peakOf(from)).toBeLessThan(manyLimitBytes);
});
