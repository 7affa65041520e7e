import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { SupervisorStatus, TunnelStatus } from '@hawser/tunnels';
import { describeReal } from '../../../../test/support/counterparts.js';
import { SshHosts } from '../../../../test/support/ssh-hosts.js';
import { lives, NetProject, Site } from '../support/net.js';

interface Facts {
  readonly supervisor: SupervisorStatus | null;
  readonly tunnels: readonly TunnelStatus[];
}

const get = (port: number, path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, agent: new Agent({ keepAlive: false }) }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(text));
    });
    asked.on('error', reject);
    asked.end();
  });

describeReal(['sshd', 'ssh', 'ssh-keygen'], (path) => {
  /** A bastion, and a home that may enter it, whose ssh knows nothing of the person at this machine. */
  class Bastion implements AsyncDisposable {
    readonly hosts: SshHosts = new SshHosts(path);
    readonly project: NetProject = new NetProject();
    /** The flags that lead there. */
    words: readonly string[] = [];

    static async open(): Promise<Bastion> {
      const bastion = new Bastion();
      const { hosts, project } = bastion;
      const sshd = await hosts.host('bastion');
      const ssh = join(project.home, 'ssh');
      writeFileSync(ssh, `#!/bin/sh\nexec '${path('ssh')}' -F /dev/null "$@"\n`);
      chmodSync(ssh, 0o755);
      project.env['PATH'] = `${project.home}:${process.env['PATH'] ?? ''}`;
      const options = [
        `Port=${sshd.port}`,
        `IdentityFile=${hosts.key}`,
        'IdentitiesOnly=yes',
        `UserKnownHostsFile=${hosts.knownHosts}`,
        'GlobalKnownHostsFile=none',
      ];
      const words = ['--via', 'ssh-bastion', '--host', '127.0.0.1', '--ssh-user', 'root'];
      bastion.words = [...words, ...options.flatMap((option) => ['--ssh-option', option])];
      return bastion;
    }

    async [Symbol.asyncDispose](): Promise<void> {
      await this.project[Symbol.asyncDispose]();
      await this.hosts[Symbol.asyncDispose]();
    }
  }

  test('net up --via ssh-bastion; ssh is killed, and clients go on; net status; net down', async () => {
    await using bastion = await Bastion.open();
    const { project, words } = bastion;
    await using site = await Site.start();
    const prefect = ['--prefect-host', '127.0.0.1', '--prefect-remote-port', String(site.port), '--prefect-port', '0'];
    const up = await project.data<Facts>(['net', 'up', ...words, ...prefect, '--no-marquez', '--label', 'morning']);
    const port = up.tunnels[0]?.local.port ?? 0;
    expect(up.tunnels).toMatchObject([
      {
        spec: { name: 'prefect', set: 'morning' },
        env: { PREFECT_API_URL: `http://127.0.0.1:${port}/api` },
        link: { state: 'ready', connects: 1 },
        probe: { state: 'ok' },
      },
    ]);
    expect(await get(port, '/before')).toBe('hello /before');

    const [pid = 0] = up.tunnels[0]?.link.pids ?? [];
    process.kill(pid, 'SIGKILL');
    // Not one of them is refused: who comes while there is no link is held until there is.
    const during = await Promise.all(Array.from({ length: 8 }, (_, index) => get(port, `/${index}`)));
    expect(during).toEqual(Array.from({ length: 8 }, (_, index) => `hello /${index}`));

    const { supervisor, tunnels } = await project.data<Facts>(['net', 'status']);
    expect(tunnels).toMatchObject([{ link: { state: 'ready', connects: 2 }, connections: { refused: 0 } }]);
    const [second = 0] = tunnels[0]?.link.pids ?? [];
    expect(second).not.toBe(pid);

    expect(await project.data(['net', 'down', '--label', 'morning'])).toEqual({ stopped: ['prefect'], unknown: [] });
    expect([await lives(second), await lives(supervisor?.pid ?? 0)]).toEqual([false, false]);
    await expect(get(port, '/after')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(await project.data(['net', 'status'])).toEqual({ supervisor: null, tunnels: [], lost: [] });
  });

  test('a pid of ssh means its tunnels, one of somebody else nobody', async () => {
    await using bastion = await Bastion.open();
    const { project, words } = bastion;
    await using site = await Site.start();
    const forward = ['--forward', `web=127.0.0.1:${site.port}`];
    const { tunnels } = await project.data<Facts>(['net', 'up', ...words, ...forward]);
    const stranger = await project.run(['net', 'down', '--pid', String(process.pid), '--json']);
    expect([stranger.exitCode, stranger.json]).toMatchObject([1, { data: { stopped: [] } }]);
    const pid = String(tunnels[0]?.link.pids[0]);
    expect(await project.data(['net', 'down', '--pid', pid])).toEqual({ stopped: ['web'], unknown: [] });
  });

  test('a key that is not known there is told with the command to run: HAWSER_NET_NEEDS_AUTH', async () => {
    await using bastion = await Bastion.open();
    const { hosts, project, words } = bastion;
    writeFileSync(hosts.authorizedKeys, '');
    const { json, exitCode } = await project.run(['net', 'up', ...words, '--forward', 'web=127.0.0.1:9', '--json']);
    expect([exitCode, json]).toMatchObject([
      1,
      {
        error: {
          code: 'HAWSER_NET_NEEDS_AUTH',
          details: { tunnel: 'web', authCommand: expect.stringMatching(/^ssh /) },
        },
      },
    ]);
  });

  test('net doctor names the hop at which a bastion that is away fails', async () => {
    await using bastion = await Bastion.open();
    const { project, words } = bastion;
    const away = words.map((word) => (word.startsWith('Port=') ? 'Port=1' : word));
    const { exitCode, stdout } = await project.run(['net', 'doctor', ...away, '--forward', 'w=127.0.0.1:9']);
    expect([exitCode, stdout]).toEqual([1, expect.stringMatching(/✗ tcp /)]);
  });

  test('a person logs in at the terminal, and the supervisor takes the connection over', async () => {
    await using bastion = await Bastion.open();
    const { hosts, project, words } = bastion;
    await using site = await Site.start();
    const locked = lockKey(hosts, path('ssh-keygen'));
    const own = words.map((word) => (word.startsWith('IdentityFile=') ? `IdentityFile=${locked}` : word));
    const up = ['net', 'up', ...own, '--forward', `web=127.0.0.1:${site.port}`];
    using terminal = project.terminal(up);
    await terminal.shows(/Enter passphrase for key/);
    terminal.type('open sesame\r');
    await terminal.shows(/HAWSER_NET_WEB/);
    expect((await terminal.exited).exitCode).toBe(0);
    const { tunnels } = await project.data<Facts>(['net', 'status']);
    expect(await get(tunnels[0]?.local.port ?? 0, '/x')).toBe('hello /x');
  });
});

/** A copy of the key that opens with a passphrase only. */
function lockKey(hosts: SshHosts, keygen: string): string {
  const locked = join(hosts.directory, 'locked');
  copyFileSync(hosts.key, locked);
  chmodSync(locked, 0o600);
  execFileSync(keygen, ['-q', '-p', '-P', '', '-N', 'open sesame', '-f', locked]);
  return locked;
}
