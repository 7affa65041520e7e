import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ExecutionRecord } from '@hawser/exec-client/contract';
import type { HawserProcess } from '@hawser/cli-kit/testing';
import { ExecProject } from '../support/exec.js';
import { bin } from '../support/hawser.js';
import { expectSchema } from '../support/schema.js';

interface Watched {
  readonly execution: ExecutionRecord;
  readonly exit: { readonly code: number; readonly origin: string };
}

const planted = 'planted-3f9c2b71d8e64a05';

describe.each(['in this process', 'by hawser exec serve'])('a fresh clone, executions %s', (how) => {
  let project: ExecProject;
  let server: HawserProcess | undefined;
  beforeAll(async () => {
    project = new ExecProject({
      files: { 'README.md': 'A project.\n', 'sub/here.txt': 'here\n', 'print*': '#!/bin/sh\necho printed "$@"\n' },
      branches: { other: { 'other.txt': 'other\n' } },
      env: { PLANTED: planted },
    });
    if (how === 'in this process') return;
    server = project.start(['serve', '--json']);
    const { env } = JSON.parse((await server.until(/^\{.*\}$/m))[0]) as { readonly env: Record<string, string> };
    project.configure(`api_endpoint: ${env['HAWSER_EXEC_ENDPOINT']}\napi_key: ${env['HAWSER_EXEC_API_KEY']}\n`);
  });
  afterAll(async () => {
    await project[Symbol.asyncDispose]();
  });

  test('runs a command: its output is our standard output and nothing else, its exit code is ours', async () => {
    const { stdout, stderr, exitCode } = await project.run(["sh -c 'echo hi; echo there >&2; exit 7'"]);
    expect([stdout, exitCode]).toEqual(['hi\nthere\n', 7]);
    const [first = ''] = stderr.split('\n');
    expect(first).toMatch(how === 'in this process' ? /^→ Runs on: this machine/ : /^→ Runs on: .*127\.0\.0\.1/);
    expect(stderr).toContain(`→ Repository: ${project.origin.path} (auto-detected from git remote)\n`);
    expect(stderr).toMatch(/→ Branch: main \(.+\)\n/);
    expect(stderr).toMatch(/✓ Execution started: exec_\d{14}_[a-z2-7]{8,12}\n/);
    expect(stderr).toMatch(/✗ exec_\S+ ended with exit code 7 after /);
  });

  test('runs exactly the words behind --, a verb among them', async () => {
    const words = ['./print', '$(echo no)', "it's", 'two\nlines', '--json', '', '`no`', '*'];
    const { stdout, exitCode } = await project.run(['--', ...words]);
    expect([stdout, exitCode]).toEqual([`printed ${words.slice(1).join(' ')}\n`, 0]);
    expect(await project.run(['--', 'logs'])).toMatchObject({
      exitCode: 127,
      stdout: expect.not.stringContaining('{'),
    });
  });

  test('what never ran ends with 125, with the reason and the next step', async () => {
    const { stdout, stderr, exitCode } = await project.run(['--branch', 'no-such-branch', 'echo never']);
    expect([stdout, exitCode]).toEqual(['', 125]);
    expect(stderr).toMatch(/✗ The command never ran: .*no-such-branch/);
    expect(stderr).toContain('Push the branch, or name another with --branch');
    const { json } = await project.run(['--branch', 'no-such-branch', '--json', 'echo never']);
    expect(json).toMatchObject({
      ok: false,
      error: {
        code: 'HAWSER_EXEC_NEVER_RAN',
        exitCode: 125,
        details: { phase: 'error', reason_code: 'ref_not_found' },
      },
    });
  });

  test('what runs too long ends with 124: HAWSER_EXEC_TIMED_OUT', async () => {
    const { json, stderr, exitCode } = await project.run([
      '--timeout',
      '1',
      '--grace',
      '1',
      '--json',
      'echo begun; sleep 600',
    ]);
    expect(exitCode).toBe(124);
    expect(json).toMatchObject({
      ok: false,
      error: { code: 'HAWSER_EXEC_TIMED_OUT', details: { phase: 'timed_out' } },
    });
    // With --json the output is talk.
    expect(stderr).toBe('begun\n');
  });

  test('--wait-timeout stops watching and ends with 75; the execution goes on until it is cancelled', async () => {
    const { stderr, exitCode } = await project.run(['--wait-timeout', '1ms', 'sleep 600']);
    expect(exitCode).toBe(75);
    const [, id = ''] = /hawser exec cancel (exec_\S+)/.exec(stderr) ?? [];
    expect(['accepted', 'queued', 'provisioning', 'preparing', 'running']).toContain(
      (await project.data<ExecutionRecord>(['status', id])).phase,
    );
    const cancelled = await project.data<ExecutionRecord>(['cancel', id, '--reason', 'enough', '--force', '--wait']);
    expect(cancelled).toMatchObject({ phase: 'cancelled', cancel_reason: 'enough' });
    expect(await project.run(['wait', id, '--json'])).toMatchObject({
      exitCode: 130,
      json: { data: { execution: { execution_id: id }, exit: { code: 130, origin: 'cancelled' } } },
    });
  });

  test('--detach comes back at once; logs, wait, status and list tell the rest', async () => {
    const started = await project.run([
      '--detach',
      '--label',
      'kind=detached',
      'echo one; echo two; printf three; exit 3',
    ]);
    expect([started.stdout, started.exitCode]).toEqual(['', 0]);
    const [, id = ''] = /Execution started: (exec_\S+)/.exec(started.stderr) ?? [];
    expect(started.stderr).toContain(`Run 'hawser exec status ${id}' to check status`);
    expect(started.stderr).toContain(`Run 'hawser exec logs ${id}' to view logs`);
    const followed = await project.run(['logs', '--follow', id]);
    expect([followed.stdout, followed.exitCode]).toEqual(['one\ntwo\nthree', 0]);
    expect(await project.run(['logs', id])).toMatchObject({ stdout: 'one\ntwo\nthree', exitCode: 0 });
    const lines = (await project.run(['logs', '-f', '--json', id])).stdout.trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual(['one', 'two', 'three']);
    const waited = await project.run(['wait', id]);
    expect([waited.stdout, waited.exitCode]).toEqual(['one\ntwo\nthree', 3]);
    const status = await project.data<ExecutionRecord>(['status', id.slice(0, -4)]);
    expect(status).toMatchObject({ execution_id: id, phase: 'failed', exit_code: 3, labels: { kind: 'detached' } });
    expectSchema('exec-status', status);
    const listed = await project.data<{ executions: readonly ExecutionRecord[] }>(['list', '--label', 'kind=detached']);
    expect(listed.executions.map(({ execution_id }) => execution_id)).toEqual([id]);
    expectSchema('exec-list', listed);
    const shown = await project.run(['status', id]);
    expect(shown.stdout).toMatch(new RegExp(`^Execution ID: ${id}\nStatus: +failed: failed, exit code 3\n`));
  });

  test('rerun runs the same from the same commit, and says so in its record', async () => {
    const first = await project.data<Watched>(['--env', 'A=1', 'echo "$A"; git rev-parse HEAD']);
    project.origin.commit('main', { 'more.txt': 'more\n' });
    const again = await project.run(['rerun', first.execution.execution_id, '--json']);
    expect(again.stderr).toBe(`1\n${first.execution.repo?.commit}\n`);
    const { execution } = (again.json as { data: Watched }).data;
    expect(execution.source?.rerun_of).toBe(first.execution.execution_id);
    expectSchema('exec-rerun', (again.json as { data: Watched }).data);
    expectSchema('exec', first);
  });
});

describe('a run on this machine', () => {
  let project: ExecProject;
  beforeAll(() => {
    project = new ExecProject({
      files: { 'README.md': 'A project.\n', 'sub/here.txt': 'here\n' },
      branches: { other: { 'other.txt': 'other\n' } },
      env: { PLANTED: planted },
    });
  });
  afterAll(() => project[Symbol.asyncDispose]());

  test('runs a command of several lines, quotes and $(…) once and exactly', async () => {
    const command = `printf '%s|' "$(echo "in'ner")" 'a  b' \\$x\nif true; then echo "line \`echo two\`"; fi\necho run >> runs; cat runs`;
    const { stdout, exitCode } = await project.run([command]);
    expect([stdout, exitCode]).toEqual(["in'ner|a  b|$x|line two\nrun\n", 0]);
  });

  test('gives every byte back as it was written, text or not', () => {
    const octal = Array.from({ length: 256 }, (_, byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
    const args = [bin, 'exec', '--quiet', `printf '${octal}'`];
    const where = { cwd: project.folder, env: { ...process.env, ...project.env } };
    const printed = execFileSync(process.execPath, args, where);
    expect(printed).toEqual(Buffer.from(Uint8Array.from({ length: 256 }, (_, byte) => byte)));
    const [id = ''] =
      /exec_\d{14}_\w+/.exec(execFileSync(process.execPath, [bin, 'exec', 'list', '--limit', '1'], where).toString()) ??
      [];
    expect(execFileSync(process.execPath, [bin, 'exec', 'logs', id], where)).toEqual(printed);
  });

  test('sees the variables it is given, the ones passed by name, and no other of ours', async () => {
    const hidden = await project.run(['env']);
    expect(hidden.exitCode).toBe(0);
    expect(hidden.stdout).not.toContain(planted);
    expect(hidden.stdout).toMatch(/^HAWSER_EXEC_ID=exec_/m);
    const shown = await project.run(['--env', 'PLANTED', '--env', 'GREETING=a=b c', 'echo "$GREETING $PLANTED"']);
    expect(shown.stdout).toBe(`a=b c ${planted}\n`);
    const missing = await project.run(['--env', 'NO_SUCH_VARIABLE', 'env']);
    expect([missing.stdout, missing.exitCode]).toEqual(['', 125]);
    expect(missing.stderr).toContain('Your environment has no NO_SUCH_VARIABLE to pass on.');
  });

  test('runs a branch, a tag and a commit, and warns when one stands on another branch', async () => {
    const other = await project.run(['--branch', 'other', 'cat other.txt']);
    expect([other.stdout, other.exitCode]).toEqual(['other\n', 0]);
    expect(other.stderr).toContain('→ Branch: other (from --branch)');
    expect(other.stderr).toMatch(/^! .*main/m);
    const commit = await project.run(['--branch', project.origin.commitOf('other'), 'cat other.txt']);
    expect(commit.stdout).toBe('other\n');
  });

  test('runs in a folder of the repository, and without one', async () => {
    expect(await project.run(['--workdir', 'sub', 'cat here.txt'])).toMatchObject({ stdout: 'here\n', exitCode: 0 });
    expect(await project.run(['--no-repo', 'ls -A | wc -l'])).toMatchObject({
      stdout: expect.stringMatching(/^\s*0\n$/),
      exitCode: 0,
    });
  });

  test('a megabyte of output arrives whole and in order', async () => {
    const { stdout, exitCode } = await project.run(['seq 1 150000']);
    expect(exitCode).toBe(0);
    expect(stdout).toBe(`${Array.from({ length: 150_000 }, (_, index) => index + 1).join('\n')}\n`);
  });

  test('--quiet leaves the output', async () => {
    expect(await project.run(['--quiet', 'echo hi'])).toMatchObject({ stdout: 'hi\n', stderr: '', exitCode: 0 });
  });

  test('an execution that is not there is an error: HAWSER_EXEC_NOT_FOUND', async () => {
    for (const verb of ['status', 'logs', 'cancel']) {
      const { json, exitCode } = await project.run([verb, 'exec_20200101000000_aaaaaaaaaa', '--json']);
      expect([exitCode, json]).toMatchObject([2, { ok: false, error: { code: 'HAWSER_EXEC_NOT_FOUND' } }]);
    }
    expect(await project.run(['wait', 'exec_20200101000000_aaaaaaaaaa'])).toMatchObject({ exitCode: 125 });
  });

  test('no variable of ours that was not passed lies in what is kept, nor does the value of a secret', async () => {
    await using other = new ExecProject({ env: { PLANTED: planted } });
    await other.run(['secrets', 'set', 'kept'], { stdin: `secret-${planted}` });
    expect(await other.run(['--secret', 'S=kept', 'env; echo "$S"'])).toMatchObject({ exitCode: 0 });
    const data = join(other.home, 'data');
    const leaked = readdirSync(data, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(data, name)).isFile())
      .filter((name) => readFileSync(join(data, name), 'utf8').includes(planted));
    // The log is masked when it is read; as it lies there it is the person's own, and readable by nobody else.
    expect(leaked.filter((name) => !name.includes('/logs/'))).toEqual(['hawser/exec/secrets.json']);
  });

  test('loads no AWS module and no bcrypt, neither in the command line nor in the supervisor', async () => {
    await using fresh = new ExecProject();
    const folder = join(fresh.home, 'loaded');
    expect(await fresh.run(['echo hi'], { env: { NODE_V8_COVERAGE: folder } })).toMatchObject({ exitCode: 0 });
    await fresh.run(['list']);
    const runs = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
    const loaded = runs.map((text) =>
      (JSON.parse(text) as { result: readonly { url: string }[] }).result
        .filter(({ url }) => url.startsWith('file:'))
        .map(({ url }) => fileURLToPath(url)),
    );
    expect(loaded.some((paths) => paths.some((path) => path.endsWith('exec-supervisor.js')))).toBe(true);
    for (const path of new Set(loaded.flat())) {
      expect([path, /@aws-sdk|bcrypt\.node|ecs\.amazonaws/.test(readFileSync(path, 'utf8'))]).toEqual([path, false]);
    }
  });
});

describe('the words of a command', () => {
  let project: ExecProject;
  beforeAll(() => {
    project = new ExecProject();
  });
  afterAll(() => project[Symbol.asyncDispose]());

  test.each([
    [['terraform', 'plan'], /2 words[^]*hawser exec "terraform plan"/],
    [['destory'], /Did you mean hawser exec destroy\?/],
    [['--json', 'status'], /hawser exec status/],
  ])('%j is refused, and nothing runs', async (words, expected) => {
    const { stdout, stderr, exitCode } = await project.run(words);
    expect(`${stdout}${stderr}`).toMatch(expected);
    expect(exitCode).toBe(125);
    expect((await project.data<{ executions: readonly unknown[] }>(['list'])).executions).toEqual([]);
  });
});
