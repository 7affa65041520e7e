import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { PlayedRemote, spawnPiped } from '../support/remote.js';

const hasEnded = (facts: readonly { how?: object }[]): boolean => facts.some(({ how }) => how !== undefined);

test('without a terminal the size is 300 × 100 and escapes are data', async () => {
  await using remote = new PlayedRemote();
  const child = spawnPiped(await remote.listen(), {});
  child.stdin?.end('one\n~.\n');
  await remote.untilTyped('\x04');
  expect(remote.facts.find(({ size }) => size)?.size).toEqual({ columns: 300, rows: 100 });
  expect(remote.typed.toString()).toBe('one\n~.\n\x04');
  remote.order('end');
  await once(child, 'close');
});

test.each([
  ['send-eot', 'unfinished', 'unfinished\r\x04', false],
  ['send-eot', '', '\x04', false],
  ['end', 'all', 'all', true],
] as const)('the end of input under %s after %j', async (onInputEnd, input, typed, inputEnded) => {
  await using remote = new PlayedRemote();
  const child = spawnPiped(await remote.listen(), { onInputEnd });
  child.stdin?.end(input);
  if (inputEnded) await remote.until((facts) => facts.some((fact) => fact.inputEnded));
  else await remote.untilTyped('\x04');
  expect(remote.typed.toString()).toBe(typed);
  remote.order('end');
  await once(child, 'close');
  expect(remote.typed.toString()).toBe(typed);
});

test('output that comes after the end of input is shown in full', async () => {
  await using remote = new PlayedRemote();
  const child = spawnPiped(await remote.listen(), { onInputEnd: 'keep-reading' });
  const [stdout, stderr] = [text(child.stdout!), text(child.stderr!)];
  child.stdin?.end('sleep');
  await remote.untilTyped('sleep');
  const late = 'late output\n'.repeat(50_000);
  remote.order('show', late);
  remote.order('showError', 'and an error\n');
  remote.order('end');
  expect(await stdout).toBe(late);
  expect(await stderr).toBe('and an error\n');
  expect(remote.typed.toString()).toBe('sleep');
  expect(remote.facts.at(-1)?.how).toEqual({ reason: 'ended' });
});

test('input waits while the far side takes none, and none of it is lost', async () => {
  await using remote = new PlayedRemote();
  const child = spawnPiped(await remote.listen(), { onInputEnd: 'end' });
  await remote.until((facts) => facts.some(({ size }) => size));
  remote.order('hold');
  const input = Buffer.alloc(4 << 20, 'a line of input that is long enough\n');
  child.stdin?.end(input);
  await remote.until(() => remote.typed.length > 0);
  // Each question is a turn of the program's loop, in which it would read another 64 KiB.
  const held = (): number[] => remote.facts.flatMap(({ heldInput }) => heldInput ?? []);
  for (let turn = 1; turn <= 50; turn += 1) {
    remote.order('memory');
    await remote.until(() => held().length === turn);
  }
  expect(Math.max(...held())).toBeLessThan(256 << 10);
  remote.order('release');
  await remote.until((facts) => facts.some((fact) => fact.inputEnded));
  expect(remote.typed.equals(input)).toBe(true);
  remote.order('end');
  await once(child, 'close');
});

test('a reader that goes away lets go of the session', async () => {
  await using remote = new PlayedRemote();
  const child = spawnPiped(await remote.listen(), {});
  await remote.until((facts) => facts.some(({ size }) => size));
  child.stdout?.destroy();
  await once(child.stdout!, 'close');
  remote.order('show', 'nobody reads this\n');
  await remote.until(hasEnded);
  expect(remote.facts.at(-1)?.how).toEqual({ reason: 'output-closed' });
});

test('an aborted signal lets go, and the process can end', async () => {
  await using remote = new PlayedRemote();
  const child = spawnPiped(await remote.listen(), {});
  await remote.until((facts) => facts.some(({ size }) => size));
  remote.order('abort');
  await once(child, 'close');
  expect(remote.facts.at(-1)?.how).toEqual({ reason: 'aborted' });
});
