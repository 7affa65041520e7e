import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { runToEnd } from '../../../../test/support/run-to-end.js';
import { NetProject } from '../support/net.js';
import { expectSchema } from '../support/schema.js';

interface Service {
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

/** A project with a set, and a service manager that writes down what it is told; `ending` is how it ends. */
function serviced(ending: string): NetProject {
  const project = new NetProject();
  project.write('tunnels.yaml', 'sets: {staging: {via: direct, tunnels: {web: {to: "127.0.0.1:9"}}}}');
  mkdirSync(join(project.home, 'bin'));
  const script = `#!/bin/sh\necho "$*" >> '${project.home}/told'\n${ending}\n`;
  writeFileSync(join(project.home, 'bin/systemctl'), script, { mode: 0o755 });
  project.env['PATH'] = `${project.home}/bin:${process.env['PATH'] ?? ''}`;
  return project;
}

describe('net install-service', () => {
  test('writes a unit of the user, starts it, and takes it away again', async () => {
    await using project = serviced('exit 0');
    const told = (): string => readFileSync(join(project.home, 'told'), 'utf8');
    const data = await project.data<Service>(['net', 'install-service', 'staging']);
    expectSchema('net-install-service', data);
    expect(data.name).toMatch(/^hawser-net-staging-[0-9a-f]{8}\.service$/);
    expect(data.path).toBe(join(project.home, '.config/systemd/user', data.name));
    expect(readFileSync(data.path, 'utf8')).toContain(`WorkingDirectory=${project.folder}\n`);
    expect(told()).toBe(`--user daemon-reload\n--user enable --now ${data.name}\n`);
    await project.data(['net', 'install-service', 'staging', '--remove']);
    expect(told()).toContain(`--user disable --now ${data.name}\n`);
    expect(existsSync(data.path)).toBe(false);
  });

  test('a service manager that refuses is told in its words: HAWSER_NET_SERVICE_FAILED', async () => {
    await using project = serviced('echo "Failed to connect to bus" >&2; exit 1');
    const { json, exitCode } = await project.run(['net', 'install-service', 'staging', '--json']);
    expect([exitCode, json]).toMatchObject([
      1,
      { error: { code: 'HAWSER_NET_SERVICE_FAILED', message: expect.stringContaining('Failed to connect to bus') } },
    ]);
  });

  test('--dry-run installs nothing, and neither does its older spelling', async () => {
    await using project = serviced('exit 0');
    const { stdout } = await project.run(['net', 'install-service', 'staging', '--dry-run']);
    expect(stdout).toMatch(/^\[Unit\]\n/);
    expect((await project.run(['net', 'install-service', 'staging', '--print'])).stdout).toBe(stdout);
    expect(existsSync(join(project.home, '.config'))).toBe(false);
    expect(existsSync(join(project.home, 'told'))).toBe(false);
  });
});

describeReal('systemd-analyze', (path) => {
  test('systemd finds nothing wrong with the unit', async () => {
    await using project = serviced('exit 0');
    const { path: unit } = await project.data<Service>(['net', 'install-service', 'staging']);
    const { code, stdout, stderr } = await runToEnd(path('systemd-analyze'), ['verify', '--user', unit], {
      env: { ...process.env, ...project.env },
    });
    expect([code, `${stdout}${stderr}`.split('\n').filter((line) => line.includes('hawser'))]).toEqual([0, []]);
  });
});
