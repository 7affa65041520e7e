import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { exitCodeOf } from '../../src/contract/exit-code.js';
import { fargateSize } from '../../src/contract/fargate.js';
import { isExecutionId, newExecutionId } from '../../src/contract/ids.js';
import { isEnd, mayFollow, statusOf, type Phase } from '../../src/contract/phases.js';
import { parseRepository, repositoryName } from '../../src/contract/repository.js';

const random = (bytes: number): string => randomBytes(bytes).toString('hex');

describe('ids of executions', () => {
  test('are of the form that is checked, sort by time and do not repeat', () => {
    const day = Date.UTC(2025, 9, 25, 14, 32, 10);
    expect(newExecutionId(day, () => '00000000000000')).toBe('exec_20251025143210_aaaaaaaaaa');
    const ids = Array.from({ length: 10_000 }, () => newExecutionId(day, random));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every(isExecutionId)).toBe(true);
    expect(newExecutionId(day + 1000, random) > ids.toSorted().at(-1)!).toBe(true);
  });

  test.each(['exec_2025_abcdefgh', 'exec_20251025143210_ABCDEFGHIJ', 'exec_20251025143210_abc', '../x', ''])(
    'are not %j',
    (text) => expect(isExecutionId(text)).toBe(false),
  );
});

describe('exit codes', () => {
  test.each([
    [{ phase: 'succeeded' as const, exit_code: 0 }, 0, 'command'],
    [{ phase: 'failed' as const, exit_code: 7 }, 7, 'command'],
    [{ phase: 'failed' as const, exit_code: 124 }, 124, 'command'],
    [{ phase: 'failed' as const, signal: 'SIGKILL' }, 137, 'command'],
    [{ phase: 'timed_out' as const, exit_code: 0 }, 124, 'timed_out'],
    [{ phase: 'cancelled' as const }, 130, 'cancelled'],
    [{ phase: 'error' as const }, 125, 'never_ran'],
    [{ phase: 'lost' as const }, 125, 'lost'],
    [{ phase: 'running' as const }, 75, 'still_running'],
    [{ phase: 'queued' as const }, 75, 'still_running'],
  ])('of %j is %i by %s', (record, code, origin) => {
    expect(exitCodeOf(record)).toEqual({ code, origin });
  });
});

describe('phases', () => {
  const ways: readonly Phase[] = ['accepted', 'queued', 'provisioning', 'preparing', 'running', 'cancelling'];
  const ends: readonly Phase[] = ['succeeded', 'failed', 'timed_out', 'cancelled', 'error', 'lost'];

  test('go forward, from anywhere to any end, and never on from there', () => {
    for (const [index, from] of ways.entries()) {
      expect(ways.filter((to) => mayFollow(from, to))).toEqual(ways.slice(index + 1));
      expect(ends.every((to) => mayFollow(from, to))).toBe(true);
      expect(isEnd(from)).toBe(false);
    }
    for (const from of ends) expect([...ways, ...ends].some((to) => mayFollow(from, to)) || !isEnd(from)).toBe(false);
  });

  test('have the coarse words of the design document', () => {
    expect(ways.map(statusOf)).toEqual(['starting', 'starting', 'starting', 'starting', 'running', 'running']);
    expect(ends.map(statusOf)).toEqual(['completed', 'failed', 'failed', 'failed', 'failed', 'failed']);
  });
});

describe('addresses of repositories', () => {
  test.each([
    ['https://github.com/user/infra.git', 'https', 'github.com'],
    ['ssh://git@GitHub.com:22/user/infra', 'ssh', 'github.com:22'],
    ['git@github.com:user/infra.git', 'ssh', 'github.com'],
    ['git+ssh://git@github.com/user/infra/', 'ssh', 'github.com'],
  ])('%s is one name of one repository', (address, scheme, host) => {
    expect(parseRepository(address)).toMatchObject({ scheme, host, hasCredentials: false });
    expect(repositoryName(address)).toBe('github.com/user/infra');
  });

  test('are read without their credentials', () => {
    const repository = parseRepository('https://me:planted@github.com/user/infra');
    expect(repository).toMatchObject({ hasCredentials: true, url: 'https://github.com/user/infra' });
    expect(parseRepository('ssh://me:planted@github.com/user/infra')).toMatchObject({
      hasCredentials: true,
      url: 'ssh://me@github.com/user/infra',
    });
    expect(parseRepository('ssh://me@github.com/x')).toMatchObject({ hasCredentials: false, user: 'me' });
  });

  test.each(['/srv/my infra.git', 'file:///srv/infra'])('%s is a path', (address) => {
    expect(parseRepository(address)).toMatchObject({ scheme: 'file', host: '' });
  });

  test.each([
    'ext::sh -c x',
    '-x',
    'ssh://-oProxyCommand=x/y',
    '-x@host:y',
    'infra',
    'https://',
    'fd::17',
    'ftp://a/b',
    'file://host/x',
    'a b:c',
  ])('%j is none', (text) => expect(parseRepository(text)).toBeUndefined());

  test('never lead to a host or a user that is an option', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.constantFrom('ssh://', 'https://', ''), (host, path, scheme) => {
        for (const text of [
          `${scheme}-${host}:${path}`,
          `${scheme}-${host}@h/${path}`,
          `${scheme}u@-${host}/${path}`,
        ]) {
          const repository = parseRepository(text);
          expect(repository?.host.startsWith('-') || repository?.user?.startsWith('-') || false).toBe(false);
          expect(repository?.url.startsWith('-') ?? false).toBe(false);
        }
      }),
    );
  });
});

test('sizes of Fargate are completed, and pairs that it does not take are none', () => {
  expect(fargateSize({ cpu: 256 })).toEqual({ cpu: 256, memory: 512 });
  expect(fargateSize({ memory: 16_384 })).toEqual({ cpu: 2048, memory: 16_384 });
  expect(fargateSize({ cpu: 8192, memory: 61_440 })).toEqual({ cpu: 8192, memory: 61_440 });
  expect(fargateSize({})).toEqual({ cpu: 256, memory: 512 });
  expect(fargateSize({ cpu: 256, memory: 4096 })).toBeUndefined();
  expect(fargateSize({ cpu: 16_384, memory: 122_880 })).toBeDefined();
});
