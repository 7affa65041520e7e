import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ExecutionRecord, LockRecord } from '@hawser/exec-client/contract';
import { ExecProject } from '../support/exec.js';
import { expectSchema } from '../support/schema.js';

let project: ExecProject;
beforeAll(() => {
  project = new ExecProject({ files: { 'terraform*': '#!/bin/sh\necho "terraform $* under $HAWSER_EXEC_LOCK"\n' } });
});
afterAll(() => project[Symbol.asyncDispose]());

/** Holds a lock until it is told to let go. */
function holder(name: string): { readonly command: string; readonly letGo: () => void } {
  const file = join(project.home, `let-go-${name}`);
  return {
    command: `echo "holding $HAWSER_EXEC_FENCE"; until [ -e '${file}' ]; do sleep 0.05; done`,
    letGo: () => writeFileSync(file, ''),
  };
}

describe('two at once with one lock', () => {
  test('the second queues visibly, in its turn, with a greater fence', async () => {
    const { command, letGo } = holder('prod');
    const first = project.start(['--isolation', 'process', '--lock', 'prod', command]);
    const [, fence = ''] = await first.until(/holding (\d+)/);
    const second = project.start(['--lock', 'prod', 'echo "second $HAWSER_EXEC_FENCE"']);
    const [, position] = await second.until(
      /Waiting for the lock prod, number (\d+) in its queue: held by exec_/,
      'stderr',
    );
    expect(position).toBe('1');
    const { locks } = await project.data<{ locks: readonly LockRecord[] }>(['locks', 'list']);
    expect(locks).toMatchObject([{ name: 'prod', fence: Number(fence), holder: { command }, queue: [{}] }]);
    expectSchema('exec-locks', { locks });
    expect((await project.run(['locks'])).stdout).toMatch(/^prod {2}fence \d+\n {2}held by exec_[^]*\n {2}1\. exec_/);
    letGo();
    expect((await first.ended).exitCode).toBe(0);
    const { stdout, exitCode } = await second.ended;
    expect(exitCode).toBe(0);
    expect(Number(/second (\d+)/.exec(stdout)?.[1])).toBeGreaterThan(Number(fence));
  });

  test('--lock-policy fail refuses: HAWSER_EXEC_LOCK_HELD; --lock-timeout gives up; both end with 125', async () => {
    const { command, letGo } = holder('held');
    const first = project.start(['--isolation', 'process', '--lock', 'held', command]);
    await first.until(/holding/);
    const refused = await project.run(['--lock', 'held', '--lock-policy', 'fail', '--json', 'echo no']);
    expect([refused.exitCode, refused.json]).toMatchObject([125, { error: { code: 'HAWSER_EXEC_LOCK_HELD' } }]);
    const gaveUp = await project.run(['--lock', 'held', '--lock-timeout', '1', '--json', 'echo no']);
    expect([gaveUp.exitCode, gaveUp.json]).toMatchObject([
      125,
      { error: { details: { reason_code: 'lock_timeout' } } },
    ]);
    letGo();
    await first.ended;
  });

  test('locks release takes one away from a holder; nobody is asked without a terminal', async () => {
    const { command, letGo } = holder('stale');
    const first = project.start(['--isolation', 'process', '--lock', 'stale', command]);
    await first.until(/holding/);
    expect(await project.run(['locks', 'release', 'stale', '--json'])).toMatchObject({
      exitCode: 2,
      json: { error: { code: 'HAWSER_CLI_NOT_INTERACTIVE', details: { flag: '--yes' } } },
    });
    using terminal = project.terminal(['locks', 'release', 'stale']);
    await terminal.shows(/may still run\. Let another begin beside it\?/);
    terminal.type('n\r');
    // HAWSER_EXEC_DECLINED
    await terminal.shows(/stale is held as before\./);
    expect((await terminal.exited).exitCode).toBe(1);
    expectSchema('exec-locks-release', await project.data(['locks', 'release', 'stale', '--yes']));
    expect(await project.run(['--lock', 'stale', '--lock-policy', 'fail', 'echo mine'])).toMatchObject({
      stdout: 'mine\n',
      exitCode: 0,
    });
    letGo();
    await first.ended;
  });
});

describe('a command that changes state', () => {
  test('takes the lock of its repository and folder by itself, and says how to opt out', async () => {
    const { stderr, stdout, exitCode } = await project.run(['./terraform apply -auto-approve']);
    expect(exitCode).toBe(0);
    const [, name = ''] = /→ Lock: (\S+) \(because of terraform apply; --lock none opts out\)/.exec(stderr) ?? [];
    expect(name).not.toBe('');
    expect(stdout).toBe(`terraform apply -auto-approve under ${name}\n`);
  });

  test('takes none with --lock none, which is said; one that only looks takes none', async () => {
    const none = await project.run(['--lock', 'none', '--json', './terraform apply']);
    expect((none.json as { data: { execution: ExecutionRecord } }).data.execution.lock).toBeUndefined();
    const look = await project.data<{ execution: ExecutionRecord }>(['./terraform plan']);
    expect(look.execution.lock).toBeUndefined();
    expect((await project.run(['--lock', 'none', './terraform apply'])).stderr).toMatch(
      /No lock is held, as you said: terraform apply/,
    );
  });
});
