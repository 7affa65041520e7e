import { readdirSync, watch } from 'node:fs';
import { readdir, readlink, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { currentProcess } from '@hawser/state-store/process';
import { expect, test } from '@jest/globals';
import { counterIn, storeIn, counter } from '../support/counter.js';
import { tempFolder } from '../support/folder.js';
import { gate } from '../support/gate.js';
import { startProgram } from '../support/program.js';

test('a suspended holder is never robbed: the waiter is told who holds the lock, and the holder finishes later', async () => {
  const folder = await tempFolder();
  const holder = startProgram('hold.mjs', { args: [folder] });
  expect(await holder.line()).toBe('"holding"');
  holder.child.kill('SIGSTOP');

  const waiting = storeIn(folder, 400)
    .document(counter)
    .update(() => ({ count: 100 }));
  await expect(waiting).rejects.toMatchObject({
    code: 'HAWSER_STATE_LOCKED',
    exitCode: 1,
    message: expect.stringMatching(new RegExp(`process ${holder.pid} \\(program\\) .*which is suspended`)),
    hint: expect.stringContaining(`kill -CONT ${holder.pid}`),
    details: { pid: holder.pid, tool: 'program', state: 'alive', suspended: true },
  });

  holder.child.kill('SIGCONT');
  holder.child.stdin.write('\n');
  expect(JSON.parse((await holder.ended).stdout.split('\n')[1]!)).toEqual({ ok: true });
  expect((await counterIn(folder).read()).data).toEqual({ count: 1 });
});

test('readers do not wait for a holder', async () => {
  const folder = await tempFolder();
  await counterIn(folder).update(() => ({ count: 5 }));
  const holder = startProgram('hold.mjs', { args: [folder] });
  expect(await holder.line()).toBe('"holding"');
  holder.child.kill('SIGSTOP');
  expect((await counterIn(folder).read()).data).toEqual({ count: 5 });
});

test('the lock of a killed holder is broken, and whoever waits for it gets it', async () => {
  const folder = await tempFolder();
  const holder = startProgram('hold.mjs', { args: [folder] });
  expect(await holder.line()).toBe('"holding"');
  const waiting = Promise.all([1, 2, 3].map(() => counterIn(folder).update(({ count }) => ({ count: count + 1 }))));
  holder.child.kill('SIGKILL');
  await holder.ended;
  expect((await waiting).map(({ data }) => data.count)).toEqual(expect.arrayContaining([1, 2, 3]));
});

test('a holder that lost its lock to a hand does not overwrite what came after', async () => {
  const folder = await tempFolder();
  const holder = startProgram('hold.mjs', { args: [folder] });
  expect(await holder.line()).toBe('"holding"');
  await rm(`${folder}/.hawser/locks/counter`);
  await counterIn(folder).update(() => ({ count: 50 }));
  holder.child.stdin.write('\n');
  // It begins anew, and asks again for the line.
  expect(await holder.line()).toBe('"holding"');
  holder.child.stdin.write('\n');
  await holder.ended;
  expect((await counterIn(folder).read()).data).toEqual({ count: 51 });
});

test('a holder that lost its lock to a hand does not disturb who holds it now', async () => {
  const folder = await tempFolder();
  const locks = join(folder, '.hawser', 'locks');
  const robbed = startProgram('hold.mjs', { args: [folder] });
  await robbed.line();
  await rm(join(locks, 'counter'));
  const holder = startProgram('hold.mjs', { args: [folder] });
  await holder.line();
  robbed.child.stdin.write('\n');
  // It stands in line for the lock again. Were it to write instead, it would end.
  await Promise.race([ticketIn(locks), robbed.ended]);
  holder.child.stdin.write('\n');
  expect((await holder.ended).stdout.split('\n')).toEqual(['"holding"', '{"ok":true}', '']);
  expect(await robbed.line()).toBe('"holding"');
  robbed.child.stdin.write('\n');
  await robbed.ended;
  expect((await counterIn(folder).read()).data).toEqual({ count: 2 });
});

/** Resolves when somebody stands in line for the counter's lock. */
async function ticketIn(locks: string): Promise<void> {
  const seen = gate();
  const look = (): void => {
    if (readdirSync(locks).some((entry) => entry.startsWith('counter.wait-'))) seen.open();
  };
  const watcher = watch(locks, look);
  look();
  await seen.passed;
  watcher.close();
}

test('a living lock that a breaker took away by mistake is put back', async () => {
  const folder = await tempFolder();
  await counterIn(folder).update(() => ({ count: 1 }));
  const path = join(folder, '.hawser', 'locks', 'counter');
  const self = { ...(await currentProcess()), nonce: 'a'.repeat(32), tool: 'living', at: '2026-01-01T00:00:00.000Z' };
  await symlink(JSON.stringify({ ...self, nonce: 'd'.repeat(32), start: '1' }), path);
  const program = startProgram('change.mjs', {
    args: ['update', folder],
    env: { LIVING_LOCK: JSON.stringify(self) },
    shim: 'exchange-lock.mjs',
  });
  expect(JSON.parse((await program.ended).stdout)).toMatchObject({
    code: 'HAWSER_STATE_LOCKED',
    details: { pid: process.pid, tool: 'living' },
  });
  expect(JSON.parse(await readlink(path))).toEqual(self);
  expect(await readdir(join(folder, '.hawser', 'locks'))).toEqual(['counter']);
});
