import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ExecutionRecord } from '@hawser/exec-client/contract';
import { Terminal } from '../../../../test/support/terminal.js';
import { bin } from '../support/hawser.js';
import { ExecProject } from '../support/exec.js';
import { expectSchema } from '../support/schema.js';

let project: ExecProject;
beforeAll(() => {
  project = new ExecProject({ files: { 'README.md': 'A project.\n', 'sub/here.txt': 'here\n' } });
});
afterAll(() => project[Symbol.asyncDispose]());
beforeEach(() => {
  project.git('clean', '-qfdx');
  project.git('reset', '--quiet', '--hard');
  project.configure('');
});

describe('.hawser.yaml', () => {
  test('gives values, flags beat them, and each says where it is from; env merges', async () => {
    project.write(
      '.hawser.yaml',
      `repo: ${project.origin.path}\nbranch: main\ntimeout: 30m\nenv: {A: file, B: file}\nlabels: {team: a}\n`,
    );
    const { stdout, stderr } = await project.run(['--env', 'B=flag', '--timeout', '90', 'echo "$A $B"']);
    expect(stdout).toBe('file flag\n');
    expect(stderr).toContain(`→ Repository: ${project.origin.path} (from .hawser.yaml)`);
    expect(stderr).toContain('→ Branch: main (from .hawser.yaml)');
    expect(stderr).toContain('→ Variables: A, B (from .hawser.yaml and --env)');
    expect(stderr).toContain('→ Timeout: 90s (from --timeout)');
  });

  test('that is wrong is named with its line, and nothing runs: 125', async () => {
    project.write('.hawser.yaml', 'branch: main\nimgae: x\n');
    const { json, exitCode } = await project.run(['--json', 'echo no']);
    expect([exitCode, json]).toMatchObject([
      125,
      { error: { code: 'HAWSER_EXEC_CONFIG_INVALID', message: expect.stringMatching(/\.hawser\.yaml:2.*image/s) } },
    ]);
  });
});

describe('work that is in no commit', () => {
  test('does not run, which is said; with --dirty it is shown, goes along, and its tree is recorded', async () => {
    project.write('README.md', 'Changed.\n');
    project.write('new/file.txt', 'new\n');
    const clean = await project.run(['cat README.md']);
    expect(clean.stdout).toBe('A project.\n');
    expect(clean.stderr).toMatch(/^! What is not committed does not run: 1 file changed, 1 untracked\. --dirty/m);
    const dirty = await project.run(['--dirty', '--json', 'cat README.md new/file.txt']);
    expect(dirty.stderr).toBe('Changed.\nnew\n');
    const { execution } = (dirty.json as { data: { execution: ExecutionRecord } }).data;
    expect(execution.repo).toMatchObject({ dirty: true, tree: expect.stringMatching(/^[0-9a-f]{40}$/) });
    const shown = await project.run(['--dirty', 'true']);
    expect(shown.stderr).toMatch(
      /→ Changes: 2 files on top of [0-9a-f]{12}, \d+ bytes \(from --dirty\)\n {4}~ README\.md \(9 bytes\)\n {4}\+ new\/file\.txt/,
    );
    expect(shown.stderr.indexOf('→ Changes')).toBeLessThan(shown.stderr.indexOf('Execution started'));
  });

  test('--dirty with nothing to take along says so', async () => {
    expect((await project.run(['--dirty', 'true'])).stderr).toContain('→ Changes: none that the remote has not got');
  });
});

describe('where it runs', () => {
  test('a backend that the project names and nobody has configured is an error: HAWSER_EXEC_BACKEND_UNKNOWN', async () => {
    project.write('.hawser.yaml', 'backend: prod\n');
    const { stderr, exitCode } = await project.run(['echo no']);
    expect(exitCode).toBe(125);
    expect(stderr).toContain('No backend is called prod (from .hawser.yaml).');
    expect(stderr).toContain('hawser exec configure');
    expect(await project.run(['--local', 'echo here'])).toMatchObject({ stdout: 'here\n', exitCode: 0 });
    expect((await project.run(['list', '--backend', 'local'])).exitCode).toBe(0);
  });

  test('--backend, HAWSER_EXEC_BACKEND and the person’s file choose, in this order, and the first line says so', async () => {
    project.configure('backend: there\nbackends:\n  there: {api_endpoint: "http://127.0.0.1:9", api_key: sk_live_x}\n');
    const there = project.start(['true']);
    await there.until(/^→ Runs on: there, 127\.0\.0\.1:9 \(from config\.yaml\)\n/, 'stderr');
    there.kill('SIGKILL');
    const flagged = await project.run(['--backend', 'local', 'true'], { env: { HAWSER_EXEC_BACKEND: 'there' } });
    expect(flagged.stderr).toMatch(/^→ Runs on: this machine \(from --backend\)\n/);
    const variable = await project.run(['true'], { env: { HAWSER_EXEC_BACKEND: 'local' } });
    expect(variable.stderr).toMatch(/^→ Runs on: this machine \(from HAWSER_EXEC_BACKEND\)\n/);
    const both = await project.run(['--local', '--backend', 'there', 'true']);
    expect([both.exitCode, both.stderr]).toMatchObject([
      125,
      expect.stringContaining('--local and --backend name two places.'),
    ]);
  });

  test('a project that ran elsewhere does not fall back to this machine without --local: HAWSER_EXEC_REMOTE_EXPECTED', async () => {
    await using elsewhere = new ExecProject();
    const server = elsewhere.start(['serve', '--json']);
    const { env } = JSON.parse((await server.until(/^\{.*\}$/m))[0]) as { readonly env: Record<string, string> };
    expect(await elsewhere.run(['true'], { env })).toMatchObject({ exitCode: 0 });
    const refused = await elsewhere.run(['--json', 'echo no']);
    expect([refused.exitCode, refused.json]).toMatchObject([125, { error: { code: 'HAWSER_EXEC_REMOTE_EXPECTED' } }]);
    expect(await elsewhere.run(['--local', 'echo yes'])).toMatchObject({ stdout: 'yes\n', exitCode: 0 });
  });

  test('a key that nobody knows is refused: HAWSER_EXEC_UNAUTHORIZED, and 125', async () => {
    const server = project.start(['serve', '--json']);
    const { endpoint } = JSON.parse((await server.until(/^\{.*\}$/m))[0]) as { readonly endpoint: string };
    const env = { HAWSER_EXEC_ENDPOINT: endpoint, HAWSER_EXEC_API_KEY: `sk_live_${'0'.repeat(64)}` };
    await using other = new ExecProject();
    const { json, exitCode } = await other.run(['--json', 'echo no'], { env });
    expect([exitCode, json]).toMatchObject([125, { error: { code: 'HAWSER_EXEC_UNAUTHORIZED' } }]);
    server.kill('SIGTERM');
    expect((await server.ended).exitCode).toBe(143);
  });

  test('attach says that there is nothing to attach to on this machine: 125', async () => {
    const { execution } = await project.data<{ execution: ExecutionRecord }>(['true']);
    const { json, exitCode } = await project.run(['attach', execution.execution_id, '--json', '--', 'ps']);
    expect([exitCode, json]).toMatchObject([
      125,
      { error: { code: 'HAWSER_EXEC_REFUSED', hint: expect.stringContaining('Fargate') } },
    ]);
  });
});

describe('init-project', () => {
  test('writes what it finds and the flags say, once, keeping what is there with --force', async () => {
    const args = ['init-project', '--yes', '--branch', 'main', '--env', 'TF_VAR_region=us-east-1', '--timeout', '1h'];
    const made = await project.data<{ path: string; text: string }>(args);
    expectSchema('exec-init-project', made);
    expect(readFileSync(made.path, 'utf8')).toBe(made.text);
    expect(made.text).toContain(`repo: ${project.origin.path}`);
    expect(made.text).toContain('timeout: 3600');
    expect((await project.run(['echo "$TF_VAR_region"'])).stdout).toBe('us-east-1\n');
    const again = await project.run(['init-project', '--yes', '--json']);
    expect([again.exitCode, again.json]).toMatchObject([2, { error: { code: 'HAWSER_EXEC_FILE' } }]);
    writeFileSync(made.path, `# ours\n${made.text}`);
    const forced = await project.data<{ text: string }>(['init-project', '--yes', '--force', '--image', 'alpine:3']);
    expect(forced.text).toMatch(/^# ours\n[^]*TF_VAR_region: us-east-1[^]*image: alpine:3/);
  });

  test('asks a person at a terminal, with what it found to be taken', async () => {
    using terminal = new Terminal(process.execPath, [bin, 'exec', 'init-project'], {
      cwd: project.folder,
      env: { PATH: process.env['PATH'], TERM: 'xterm', ...project.env },
      size: { columns: 160, rows: 40 },
    });
    await terminal.shows(new RegExp(`Repository URL:.*${project.origin.path}`));
    terminal.type('\r');
    await terminal.shows(/Branch .*:/);
    terminal.type('main\r');
    await terminal.shows(/Container image/);
    terminal.type('\r');
    await terminal.shows(/Timeout in seconds:/);
    terminal.type('\r');
    await terminal.shows(/Add environment variables\?/);
    terminal.type('y\r');
    await terminal.shows(/KEY:/);
    terminal.type('GREETING\r');
    await terminal.shows(/VALUE:/);
    terminal.type('hi\r');
    await terminal.shows(/Add another\?/);
    terminal.type('n\r');
    await terminal.shows(/Created .*\.hawser\.yaml/);
    expect((await terminal.exited).exitCode).toBe(0);
    expect(readFileSync(join(project.folder, '.hawser.yaml'), 'utf8')).toBe(
      `# yaml-language-server: $schema=https://hawser.dev/schemas/project-1.json\nrepo: ${project.origin.path}\nbranch: main\ntimeout: 1800\nenv:\n  GREETING: hi\n`,
    );
  });
});
