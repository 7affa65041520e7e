import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { installService, uninstallService, type ServiceOptions } from '@hawser/tunnels/supervisor';
import { describeReal } from '../../../../test/support/counterparts.js';
import { Program } from '../../../../test/support/program.js';
import { Project } from '../support/project.js';

function options(project: Project, over: Partial<ServiceOptions> = {}): ServiceOptions {
  const command = [process.execPath, '/opt/haw ser/%h/$x/"q"\\bin.js', 'net', 'up', 'staging', '--foreground'];
  return { ...project.where, kind: 'systemd', set: 'staging', command, ...over };
}

/** A service manager that writes down what it is told, and fails when told so. */
async function manager(project: Project, name: string, exitCode = 0): Promise<string> {
  const folder = join(project.folder, 'bin');
  await mkdir(folder);
  await writeFile(join(folder, name), `#!/bin/sh\necho "${name} $*" >> ${folder}/log\necho no >&2\nexit ${exitCode}\n`);
  await chmod(join(folder, name), 0o755);
  return folder;
}

test('systemd: a user unit is written, told of, and taken away again', async () => {
  await using project = await Project.make();
  const folder = await manager(project, 'systemctl');
  const asked = options(project, { env: { ...project.env, PATH: `${folder}:/bin` } });
  const { name, path, text } = await installService(asked);
  expect(path).toBe(join(project.folder, '.config', 'systemd', 'user', name));
  expect(await readFile(path, 'utf8')).toBe(text);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(text).toContain('"/opt/haw ser/%%h/$$x/\\"q\\"\\\\bin.js" "net" "up" "staging" "--foreground"');
  await uninstallService(asked);
  await expect(stat(path)).rejects.toThrow('ENOENT');
  const log = (await readFile(join(folder, 'log'), 'utf8')).trim().split('\n');
  expect(log).toEqual([
    'systemctl --user daemon-reload',
    `systemctl --user enable --now ${name}`,
    `systemctl --user disable --now ${name}`,
    'systemctl --user daemon-reload',
  ]);
});

test('a manager that fails is quoted, and no file is left; one that is not there is told as such', async () => {
  await using project = await Project.make();
  const folder = await manager(project, 'systemctl', 1);
  const failing = options(project, { env: { ...project.env, PATH: `${folder}:/bin` } });
  await expect(installService(failing)).rejects.toMatchObject({
    code: 'HAWSER_NET_SERVICE_FAILED',
    message: 'systemctl --user daemon-reload failed: no',
  });
  const { path } = await installService({ ...failing, activate: false });
  await expect(installService({ ...failing, env: { ...project.env, PATH: '/nowhere' } })).rejects.toMatchObject({
    code: 'HAWSER_NET_SERVICE_FAILED',
    message: expect.stringContaining('systemctl is not there'),
    details: { program: 'systemctl' },
  });
  await expect(stat(path)).rejects.toThrow('ENOENT');
});

test('launchd: an agent is written, with what XML needs escaped', async () => {
  await using project = await Project.make();
  const { path, text } = await installService(
    options(project, { kind: 'launchd', activate: false, command: ['/usr/bin/node', '/a<b>&c.js'] }),
  );
  expect(path).toMatch(/Library\/LaunchAgents\/dev\.hawser\.net\.staging\.[0-9a-f]{8}\.plist$/);
  expect(text).toContain('<string>/a&lt;b&gt;&amp;c.js</string>');
  await uninstallService(options(project, { kind: 'launchd', activate: false }));
  await expect(stat(path)).rejects.toThrow('ENOENT');
});

test.each([
  ['a set that is no name', { set: '../x' }],
  ['a relative program', { command: ['node'] }],
  ['no program', { command: [] }],
  ['a line break in an argument', { command: ['/bin/sh', 'a\nExecStartPre=/bin/evil'] }],
  ['a relative folder', { from: 'here' }],
  ['an unknown manager', { kind: 'runit' as never }],
])('%s is refused', async (_what, over) => {
  await using project = await Project.make();
  await expect(installService(options(project, { activate: false, ...over }))).rejects.toMatchObject({
    code: 'HAWSER_NET_BAD_INPUT',
    exitCode: 2,
  });
});

describeReal('systemd-analyze', (path) => {
  test('systemd takes the unit for a good one', async () => {
    await using project = await Project.make();
    const service = await installService(
      options(project, { activate: false, command: [process.execPath, '-e', '"quoted" $HOME %h'] }),
    );
    const verdict = new Program(path('systemd-analyze'), ['--user', 'verify', service.path], {
      env: { ...process.env, ...project.env },
    });
    await verdict.ended;
    expect(verdict.stderr).not.toContain(service.path);
  });
});
