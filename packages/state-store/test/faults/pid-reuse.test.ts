import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { identifyProcess, livenessOf, type ProcessIdentity } from '@hawser/state-store/process';
import { expect, test } from '@jest/globals';
import { counterIn } from '../support/counter.js';
import { tempFolder } from '../support/folder.js';
import { startProgram, type Program } from '../support/program.js';

const owner = (identity: ProcessIdentity): string =>
  JSON.stringify({ ...identity, nonce: 'ab'.repeat(16), tool: 'gone', at: '2026-01-01T00:00:00.000Z' });

test('a lock whose process id now belongs to a later process is the lock of a dead owner', async () => {
  const folder = await tempFolder();
  const document = counterIn(folder);
  await document.update(() => ({ count: 1 }));
  const living = startProgram('hold.mjs', { args: [await tempFolder()] });
  await living.line();
  const present = (await identifyProcess(living.pid))!;
  const earlier = { ...present, start: String(Number(present.start) - 100) };
  expect(await livenessOf(earlier)).toEqual({ state: 'dead', why: 'pid-reused' });
  await symlink(owner(earlier), join(folder, '.hawser', 'locks', 'counter'));
  expect((await document.update(({ count }) => ({ count: count + 1 }))).data).toEqual({ count: 2 });

  await symlink(owner(present), join(folder, '.hawser', 'locks', 'counter'));
  await expect(document.update(() => ({ count: 9 }), { timeoutMs: 150 })).rejects.toMatchObject({
    code: 'HAWSER_STATE_LOCKED',
    details: { pid: living.pid },
  });
});

test('when the kernel really gives the id of a killed holder to another process, the lock is still broken', async () => {
  const folder = await tempFolder();
  const holder = startProgram('hold.mjs', { args: [folder] });
  await holder.line();
  const dead = (await identifyProcess(holder.pid))!;
  holder.child.kill('SIGKILL');
  await holder.ended;
  const heir = await startWithPid(holder.pid);
  if (heir === undefined) {
    process.stderr.write(
      'NOT RUN with a reused process id: setting ns_last_pid needs root; the test above stands in.\n',
    );
    return;
  }
  expect(await livenessOf(dead)).toEqual({ state: 'dead', why: 'pid-reused' });
  expect((await counterIn(folder).update(({ count }) => ({ count: count + 1 }))).data).toEqual({ count: 1 });
  expect(await readFile(`/proc/${holder.pid}/stat`, 'utf8')).toContain(String(holder.pid));
});

/** Starts a process under a certain id, by telling Linux which one it gave out last. */
async function startWithPid(pid: number): Promise<Program | undefined> {
  for (let attempt = 0; attempt < 20; attempt++) {
    try {
      await writeFile('/proc/sys/kernel/ns_last_pid', String(pid - 1));
    } catch {
      return undefined;
    }
    const program = startProgram('hold.mjs', { args: [await tempFolder()] });
    await program.line();
    if (program.pid === pid) return program;
    program.child.kill('SIGKILL');
    await program.ended;
  }
  return undefined;
}
