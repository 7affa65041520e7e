import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ExecutionRecord } from '@hawser/exec-client/contract';
import { ExecProject } from '../support/exec.js';

/** Prints its id and a word, ends on TERM with another, and else lives longer than any test. */
const patient = 'trap "echo ending; exit 0" TERM; echo "begun $HAWSER_EXEC_ID"; while :; do sleep 0.05; done';
/** The same, and never ends of itself. */
const stubborn = 'trap "echo no" TERM; echo "begun $HAWSER_EXEC_ID"; while :; do sleep 0.05; done';

let project: ExecProject;
beforeAll(() => {
  project = new ExecProject();
});
afterAll(() => project[Symbol.asyncDispose]());

const recordOf = (id: string): Promise<ExecutionRecord> => project.data(['status', id]);

describe('Ctrl-C on a terminal', () => {
  test('goes away, says how to come back, and leaves the execution alone: 75', async () => {
    using terminal = project.terminal([patient]);
    const [, id = ''] = await terminal.shows(/begun (exec_\w+)/);
    terminal.type('\u0003');
    await terminal.shows(/Not watched any more\. Ctrl-C again within 2 s cancels it\./);
    await terminal.shows(
      new RegExp(`${id} goes on\\.\\s+Watch it again: hawser exec wait ${id}\\s+Cancel it: hawser exec cancel ${id}`),
    );
    expect((await terminal.exited).exitCode).toBe(75);
    expect((await recordOf(id)).phase).toBe('running');
    await project.run(['cancel', id, '--wait']);
  });

  test('twice cancels: 130', async () => {
    using terminal = project.terminal([`sleep 600 & echo "begun $HAWSER_EXEC_ID"; wait`]);
    const [, id = ''] = await terminal.shows(/begun (exec_\w+)/);
    terminal.type('\u0003');
    await terminal.shows(/Not watched any more/);
    terminal.type('\u0003');
    await terminal.shows(new RegExp(`${id} was cancelled`));
    expect((await terminal.exited).exitCode).toBe(130);
    expect(await recordOf(id)).toMatchObject({ phase: 'cancelled', cancel_requested: true });
  });

  test('cancels at once with --on-interrupt cancel; a command that ended well all the same succeeded: 0', async () => {
    using terminal = project.terminal(['--on-interrupt', 'cancel', patient]);
    const [, id = ''] = await terminal.shows(/begun (exec_\w+)/);
    terminal.type('\u0003');
    // What it prints on its way out is shown.
    await terminal.shows(/Cancelling[^]*ending[^]*succeeded[^]*before it could be cancelled/);
    expect((await terminal.exited).exitCode).toBe(0);
    expect(await recordOf(id)).toMatchObject({ phase: 'succeeded', exit_code: 0, cancel_requested: true });
  });

  test('once more leaves a command no time that will not end: 130', async () => {
    using terminal = project.terminal(['--on-interrupt', 'cancel', '--grace', '10m', stubborn]);
    const [, id = ''] = await terminal.shows(/begun (exec_\w+)/);
    terminal.type('\u0003');
    await terminal.shows(/Cancelling[^]*no/);
    terminal.type('\u0003');
    await terminal.shows(/Leaving it no more time[^]*was cancelled/);
    expect((await terminal.exited).exitCode).toBe(130);
    expect((await recordOf(id)).phase).toBe('cancelled');
  });

  test('a terminal that is closed leaves the execution alone', async () => {
    using terminal = project.terminal([patient]);
    const [, id = ''] = await terminal.shows(/begun (exec_\w+)/);
    terminal.hangUp();
    await terminal.exited;
    expect((await recordOf(id)).phase).toBe('running');
    await project.run(['cancel', id, '--wait']);
  });
});

describe('without a terminal', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('%s cancels, because nobody would come back: 130', async (signal) => {
    const running = project.start(['sleep 600 & echo "begun $HAWSER_EXEC_ID"; wait']);
    const [, id = ''] = await running.until(/begun (exec_\w+)/);
    running.kill(signal);
    const { stderr, exitCode } = await running.ended;
    expect(stderr).toContain(`Cancelling ${id}`);
    expect([exitCode, (await recordOf(id)).phase]).toEqual([130, 'cancelled']);
  });

  test('SIGTERM leaves it alone with --on-interrupt detach: 75', async () => {
    const running = project.start(['--on-interrupt', 'detach', patient]);
    const [, id = ''] = await running.until(/begun (exec_\w+)/);
    running.kill('SIGTERM');
    expect((await running.ended).exitCode).toBe(75);
    expect((await recordOf(id)).phase).toBe('running');
    await project.run(['cancel', id, '--wait']);
  });

  test('kill -9 of the command line leaves the execution alone, and its log can be read to the end', async () => {
    const go = join(project.home, 'go');
    const running = project.start([
      '--isolation',
      'process',
      `echo "begun $HAWSER_EXEC_ID"; until [ -e '${go}' ]; do sleep 0.05; done; echo done; exit 5`,
    ]);
    const [, id = ''] = await running.until(/begun (exec_\w+)/);
    running.kill('SIGKILL');
    await running.ended;
    writeFileSync(go, '');
    const waited = await project.run(['wait', id]);
    expect([waited.stdout, waited.exitCode]).toEqual([`begun ${id}\ndone\n`, 5]);
    expect((await project.run(['logs', id])).stdout).toBe(`begun ${id}\ndone\n`);
  });

  test('a reader who has enough leaves the execution alone: 75', async () => {
    const ready = join(project.home, 'printed');
    const running = project.start([
      '--isolation',
      'process',
      `echo "begun $HAWSER_EXEC_ID"; until [ -e '${ready}' ]; do sleep 0.05; done; echo more; sleep 600`,
    ]);
    const [, id = ''] = await running.until(/begun (exec_\w+)/);
    running.stdout.destroy();
    writeFileSync(ready, '');
    expect((await running.ended).exitCode).toBe(75);
    expect(existsSync(ready) && readFileSync(ready, 'utf8')).toBe('');
    expect((await recordOf(id)).phase).toBe('running');
    await project.run(['cancel', id, '--force', '--wait']);
  });
});
