import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { describeReal } from '../support/counterparts.js';
import { gone, patient } from '../support/patience.js';
import { type Ended, runToEnd } from '../support/run-to-end.js';
import { hawser, root } from '../support/workspace.js';
import { freePort } from '../support/free-port.js';

const readme = readFileSync(join(root, 'README.md'), 'utf8');

describe('the README', () => {
  test('has an example for programs that runs', async () => {
    const [, example = ''] = /^```ts\n([\s\S]*?)^```/m.exec(readme) ?? [];
    expect(example).toContain("from '@hawser/ssm-channel'");
    const program = [process.execPath, '--input-type=module', '--eval', `${example}\nconsole.log(end.reason);`];
    const ended = await runToEnd(process.execPath, [hawser, 'emulate', 'ssm', '--', ...program], { cwd: root });
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/load average[\s\S]*\nexited\n$/) });
  });

  test('has a map on which every room is, and no room that there is not', () => {
    const [, map = ''] = /^## What is in here$([\s\S]*?)^The documentation/m.exec(readme) ?? [];
    const shown = [...map.matchAll(/\]\(([\w./-]+)\)/g)].map(([, path = '']) => path);
    const isRoom = (path: string): boolean => /^[a-z]/.test(path) && statSync(join(root, path)).isDirectory();
    const rooms = trackedRooms().filter((path) => !['packages', 'apps'].includes(path) && isRoom(path));
    expect(rooms.filter((path) => !shown.includes(path))).toEqual([]);
    expect(shown.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test('shows a command whose exit code comes back', async () => {
    expect(await shell(lineWith('exit 7'))).toMatchObject({ code: 0, stdout: '7\n' });
  });

  test('shows a file that is copied', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hawser-readme-'));
    try {
      const command = lineWith('ssm cp README.md').replaceAll('npx ', '').replace(':/tmp/', `:${folder}/`);
      expect(await shell(command)).toMatchObject({ code: 0 });
      expect(await readFile(join(folder, 'README.md'), 'utf8')).toBe(readme);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('shows a tunnel that is up while a command runs', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hawser-readme-'));
    try {
      const port = String(await freePort());
      const line = lineWith('net run').replaceAll('npx ', '').replaceAll('18080', port);
      const ended = await shell(line, { cwd: folder, env: { TMPDIR: folder } });
      expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(`hub .* localhost:${port} +ssm +ready`) });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('shows a run on this machine, and one on an emulated Fargate', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hawser-readme-'));
    const env = { HOME: folder, TMPDIR: folder, XDG_CONFIG_HOME: join(folder, 'c'), XDG_DATA_HOME: join(folder, 'd') };
    try {
      const there = { cwd: folder, env };
      const here = await shell(lineWith('echo hi; exit 3').replaceAll('npx ', ''), there);
      expect(here).toMatchObject({
        code: 0,
        stdout: 'hi\n3\n',
        stderr: expect.stringContaining('Runs on: this machine'),
      });
      const fargate = await shell(lineWith('emulate aws').replaceAll('npx ', ''), there);
      expect(fargate).toMatchObject({ code: 0, stderr: expect.stringContaining('ECS Fargate') });
      expect(fargate.stdout).toContain('Linux');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('shows a terminal session whose exit code comes back, with nothing configured', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hawser-readme-'));
    const env = { HOME: folder, TMPDIR: folder, XDG_CONFIG_HOME: join(folder, 'c'), XDG_DATA_HOME: join(folder, 'd') };
    try {
      const line = lineWith('sessions run').replaceAll('npx ', '');
      expect(await shell(line, { cwd: folder, env })).toMatchObject({
        code: 0,
        stdout: '5\n',
        stderr: expect.stringContaining('starting one on this machine'),
      });
      const { pid } = JSON.parse(await readFile(join(folder, 'd/hawser/sessions/door/service.json'), 'utf8')) as {
        readonly pid: number;
      };
      process.kill(pid, 'SIGTERM');
      await patient(gone(pid), () => `The service ${pid} does not end.`);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  describeReal('aws-cli-v1', (path) => {
    test('shows the AWS CLI going through our plugin', async () => {
      const line = lineWith('aws ssm start-session').replaceAll('npx ', '');
      const ended = await shell(line, { input: 'echo "sum $((40 + 2))"; exit\n', path: dirname(path('aws-cli-v1')) });
      const output = expect.stringMatching(/Starting session with SessionId: [\s\S]*\bsum 42\b/);
      expect(ended).toMatchObject({ code: 0, stdout: output });
    });
  });
});

/** Folders that git knows: those at the top, and each package and app. */
function trackedRooms(): readonly string[] {
  const files = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 }).split('\n');
  return [...new Set(files.flatMap((file) => /^(?:(?:packages|apps)\/)?[^/]+(?=\/)/.exec(file) ?? []))];
}

/** The one line of the README's commands that has these words, without its comment. */
function lineWith(words: string): string {
  const [, block = ''] = /^## See it work$[\s\S]*?^```sh\n([\s\S]*?)^```/m.exec(readme) ?? [];
  const lines = block.split('\n').filter((line) => line.includes(words));
  expect(lines).toHaveLength(1);
  return lines[0]?.replace(/\s#.*$/, '') ?? '';
}

/** What a person in the checkout would type. */
function shell(command: string, { input = '', path = '', cwd = root, env: more = {} } = {}): Promise<Ended> {
  const PATH = [join(root, 'node_modules/.bin'), path, process.env['PATH']].join(delimiter);
  const env = { ...process.env, PATH, npm_config_cache: join(root, '.cache/npm'), ...more };
  return runToEnd('sh', ['-c', command], { cwd, env, input });
}
