import { describe, expect, test } from '@jest/globals';
import type { ExecutionRecord, LockRecord } from '@hawser/exec-client/contract';
import type { Style } from '@hawser/cli-kit';
import { failureOf } from '../../src/exec/outcome.js';
import { readPairs, readSecretNames, readVariables } from '../../src/exec/pairs.js';
import { readSince } from '../../src/exec/list.js';
import { renderList } from '../../src/render/exec/list.js';
import { renderLocks } from '../../src/render/exec/locks.js';
import { renderOutcome } from '../../src/render/exec/outcome.js';
import { renderProgress } from '../../src/render/exec/progress.js';
import { renderExecution } from '../../src/render/exec/status.js';
import { lengthOf, shortCommand } from '../../src/render/exec/words.js';

const same = (text: string): string => text;
const plain: Style = { good: same, warn: same, bad: same, strong: same, faint: same, link: same };
const at = (second: number): string => new Date(1_763_735_530_000 + second * 1000).toISOString();
const now = Date.parse(at(60));

const record = (changes: Partial<ExecutionRecord> = {}): ExecutionRecord => ({
  execution_id: 'exec_20251121143210_abcdefghij',
  status: 'completed',
  phase: 'succeeded',
  version: 5,
  attempt: 1,
  command: 'terraform apply -auto-approve',
  timeout_seconds: 1800,
  grace_seconds: 120,
  created_at: at(0),
  started_at: at(2),
  finished_at: at(47),
  exit_code: 0,
  created_by: { name: 'me' },
  backend: { kind: 'local', isolation: 'process' },
  ...changes,
});

describe('an execution', () => {
  test('is shown with what is known of it, and nothing else', () => {
    const text = renderExecution(
      record({
        repo: {
          url: 'https://github.com/acme/infra',
          ref: 'main',
          commit: 'a'.repeat(40),
          dirty: true,
          tree: 'b'.repeat(40),
        },
        lock: { name: 'prod', policy: 'wait', fence: 12 },
        env: { TF_VAR_region: 'us-east-1' },
        secrets: { TOKEN: 'deploy' },
      }),
      plain,
      now,
    );
    expect(text.split('\n')).toEqual([
      'Execution ID: exec_20251121143210_abcdefghij',
      'Status:       completed: succeeded, exit code 0',
      'Command:      terraform apply -auto-approve',
      'Runs on:      this machine, process',
      'Repository:   https://github.com/acme/infra, with work that is in no commit',
      'Branch:       main',
      `Commit:       ${'a'.repeat(40)}`,
      `Tree:         ${'b'.repeat(40)}`,
      'Variables:    TF_VAR_region',
      'Secrets:      TOKEN',
      'Lock:         prod, fence 12',
      'By:           me',
      'Created:      2025-11-21T14:32:10.000Z',
      'Started:      2025-11-21T14:32:12.000Z',
      'Finished:     2025-11-21T14:32:57.000Z',
      'Duration:     45.0 s',
      'Deadline:     1800 s (30 min 0 s)',
    ]);
  });

  test('that runs has run until now', () => {
    const { finished_at: _, exit_code: __, ...running } = record({ phase: 'running', status: 'running' });
    expect(renderExecution(running, plain, now)).toContain('Duration:     58.0 s');
    expect(renderList([running], plain, now)).toMatch(/running +– +2025-11-21 14:32:10 +58\.0 s +terraform apply/);
  });

  test('there may be none to list', () => {
    expect(renderList([], plain, now)).toBe('There are no such executions.');
  });

  test.each<[Partial<ExecutionRecord>, RegExp]>([
    [{}, /^✓ exec_\S+ succeeded after 45\.0 s\.$/],
    [{ cancel_requested: true }, /succeeded after 45\.0 s, before it could be cancelled\./],
    [
      { phase: 'failed', exit_code: 7, reason_code: 'exit_nonzero' },
      /^✗ exec_\S+ ended with exit code 7 after 45\.0 s\.$/,
    ],
    [
      { phase: 'failed', signal: 'SIGKILL', reason_code: 'out_of_memory', reason: 'Out of memory.' },
      /ended with SIGKILL.*\n {2}Out of memory\.\n.*--memory/,
    ],
    [
      {
        phase: 'failed',
        exit_code: 127,
        reason_code: 'command_not_found',
        reason: 'The image has no terraform.',
        backend: { kind: 'aws' },
      },
      /exit code 127.*\n {2}The image has no terraform\.\n {2}Choose an image/,
    ],
    [{ phase: 'cancelled' }, /^! exec_\S+ was cancelled after/],
    [{ phase: 'running' }, /goes on\.\n.*hawser exec wait exec_\S+\n.*hawser exec cancel exec_/],
  ])('%j ends with a line', (changes, expected) => {
    expect(renderOutcome(record(changes), plain, now)).toMatch(expected);
  });

  test.each<[Partial<ExecutionRecord>, string, number, RegExp]>([
    [
      { phase: 'error', reason_code: 'ref_not_found', reason: 'There is no branch x.' },
      'HAWSER_EXEC_NEVER_RAN',
      125,
      /Push the branch/,
    ],
    [
      { phase: 'error', reason_code: 'clone_auth', reason: 'No.' },
      'HAWSER_EXEC_NEVER_RAN',
      125,
      /secrets set git\/HOST/,
    ],
    [{ phase: 'error', reason_code: 'lock_timeout', reason: 'No.' }, 'HAWSER_EXEC_NEVER_RAN', 125, /--lock-timeout/],
    [{ phase: 'timed_out', reason_code: 'timeout' }, 'HAWSER_EXEC_TIMED_OUT', 124, /--timeout/],
    [{ phase: 'lost', reason_code: 'lost' }, 'HAWSER_EXEC_LOST', 125, /hawser exec logs exec_/],
  ])('%j is an error of ours: %s, %d', (changes, code, runExitCode, hint) => {
    const { exit_code: _, ...rest } = record(changes);
    expect(failureOf(rest)).toMatchObject({ code, runExitCode, hint: expect.stringMatching(hint) });
  });

  test.each<Partial<ExecutionRecord>>([
    {},
    { phase: 'failed', exit_code: 124 },
    { phase: 'cancelled' },
    { phase: 'running' },
  ])('%j is none', (changes) => {
    expect(failureOf(record(changes))).toBeUndefined();
  });
});

describe('a lock', () => {
  const lock: LockRecord = {
    name: 'prod',
    fence: 3,
    holder: { execution_id: 'exec_a', command: 'terraform apply', who: 'ann', since: at(0), lease_until: at(9) },
    queue: [{ execution_id: 'exec_b', who: 'bob', since: at(1) }],
  };
  const queued = record({ phase: 'queued', lock: { name: 'prod', policy: 'wait', position: 2 } });

  test('is waited for with its place, and who holds it', () => {
    expect(renderProgress(queued, lock)).toBe(
      `… Waiting for the lock prod, number 2 in its queue: held by exec_a of ann since ${at(0)}, 'terraform apply'`,
    );
    expect(renderProgress(queued, undefined)).toBe('… Waiting for the lock prod, number 2 in its queue');
  });

  test('that is held is told with its fence, and what needs no lock needs no word', () => {
    const running = record({ phase: 'running', lock: { name: 'prod', policy: 'wait', fence: 4 } });
    expect(renderProgress(running, undefined)).toBe('→ Lock: prod is held, fence 4');
    expect(renderProgress(record({ phase: 'running' }), undefined)).toBeUndefined();
  });

  test('is listed with its holder and its queue', () => {
    expect(renderLocks([lock], plain)).toBe(
      `prod  fence 3\n  held by exec_a of ann since ${at(0)}, at most until ${at(9)}\n  terraform apply\n  1. exec_b of bob since ${at(1)}`,
    );
    expect(renderLocks([{ name: 'old', fence: 3, queue: [] }], plain)).toContain('held by nobody');
    expect(renderLocks([], plain)).toBe('Nobody holds a lock.');
  });
});

describe('words', () => {
  test.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [4200, '4.2 s'],
    [59_999, '1 min 0 s'],
    [200_000, '3 min 20 s'],
    [7_500_000, '2 h 5 min'],
  ])('%d ms are %s', (ms, text) => {
    expect(lengthOf(ms)).toBe(text);
  });

  test('a long command is cut, and one of several lines is one', () => {
    expect(shortCommand({ command: 'a\n  b' }, 10)).toBe('a b');
    expect(shortCommand({ argv: ['echo', "it's"] }, 8)).toBe('-- echo…');
  });

  test('variables by value, by name, and none that is not there: HAWSER_EXEC_SETTING', () => {
    expect(readVariables(['A=1=2', 'B', 'A=3'], { B: 'b' })).toEqual({ A: '3', B: 'b' });
    expect(readSecretNames(['TOKEN', 'KEY=deploy/key'])).toEqual({ TOKEN: 'TOKEN', KEY: 'deploy/key' });
    expect(readPairs(['team=a'], 'label')).toEqual({ team: 'a' });
    for (const word of ['C', '=x', '1A=x', 'A B=x']) {
      expect(() => readVariables([word], {})).toThrow(expect.objectContaining({ code: 'HAWSER_EXEC_SETTING' }));
    }
    expect(() => readPairs(['x'], 'label')).toThrow("'x' sets no label.");
  });

  test('a time is a date, or how long ago it is', () => {
    expect(readSince('2h', now)).toBe(new Date(now - 7_200_000).toISOString());
    expect(readSince('2025-11-21', now)).toBe('2025-11-21T00:00:00.000Z');
    expect(() => readSince('2025-99-99', now)).toThrow(expect.objectContaining({ code: 'HAWSER_CLI_USAGE' }));
    expect(() => readSince('yesterday', now)).toThrow(expect.objectContaining({ code: 'HAWSER_CLI_USAGE' }));
  });
});
