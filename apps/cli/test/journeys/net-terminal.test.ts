import { describe, expect, test } from '@jest/globals';
import type { TunnelStatus } from '@hawser/tunnels';
import { NetProject, Site, TakenPort } from '../support/net.js';

interface Tunnels {
  readonly tunnels: readonly TunnelStatus[];
}

const up = (forward: string, ...more: string[]): string[] => [
  'net',
  'up',
  '--via',
  'direct',
  '--forward',
  forward,
  ...more,
];

describe('in a real terminal', () => {
  test('a port that is taken: asks, says who owns it, and takes the next', async () => {
    await using project = new NetProject();
    await using site = await Site.start();
    await using taken = await TakenPort.take();
    using terminal = project.terminal(up(`web=${taken.port}:127.0.0.1:${site.port}`));
    await terminal.shows(new RegExp(`Port ${taken.port} is taken\\. What now\\?`));
    terminal.type('\u001b[B\r');
    await terminal.shows(new RegExp(`taken by process ${process.pid}`));
    terminal.type('\r');
    const [, port] = await terminal.shows(/✓[^]*web[^]*?127\.0\.0\.1:(\d+)[^]*HAWSER_NET_WEB/);
    expect(Number(port)).not.toBe(taken.port);
    expect((await terminal.exited).exitCode).toBe(0);
    expect((await project.data<Tunnels>(['net', 'status'])).tunnels).toHaveLength(1);
  });

  test('abort opens nothing: HAWSER_NET_DECLINED', async () => {
    await using project = new NetProject();
    await using taken = await TakenPort.take();
    using terminal = project.terminal(up(`web=${taken.port}:127.0.0.1:9`));
    await terminal.shows(/What now\?/);
    terminal.type('\u001b[B\u001b[B\r');
    await terminal.shows(/Nothing was opened/);
    expect((await terminal.exited).exitCode).toBe(1);
    expect((await project.data<Tunnels>(['net', 'status'])).tunnels).toEqual([]);
  });

  test.each<[string, string[], Record<string, string>]>([
    ['under CI', ['--wait', 'bound'], { CI: '1' }],
    ['with --json', ['--wait', 'bound', '--json'], {}],
  ])('nobody is asked %s', async (_what, flags, env) => {
    await using project = new NetProject();
    await using taken = await TakenPort.take();
    using terminal = project.terminal(up(`web=${taken.port}:127.0.0.1:9`, ...flags), env);
    expect((await terminal.exited).exitCode).toBe(0);
    expect(terminal.screen).not.toContain('What now');
  });

  test('a terminal that is closed leaves the tunnels up', async () => {
    await using project = new NetProject();
    await using site = await Site.start();
    const command = `node "$0" ${up(`web=127.0.0.1:${site.port}`).join(' ')}; read -r line`;
    using terminal = project.shell(command);
    await terminal.shows(/HAWSER_NET_WEB/);
    terminal.hangUp();
    await terminal.exited;
    const { tunnels } = await project.data<Tunnels>(['net', 'status']);
    const port = tunnels[0]?.local.port;
    expect(await (await fetch(`http://127.0.0.1:${port}/after`)).text()).toBe('hello /after');
  });

  test('Ctrl-C in net attach goes away and leaves the tunnels, in --foreground it closes them', async () => {
    await using project = new NetProject();
    await using site = await Site.start();
    using keeper = project.terminal(up(`web=127.0.0.1:${site.port}`, '--foreground'));
    await keeper.shows(/HAWSER_NET_WEB/);
    using attached = project.terminal(['net', 'attach']);
    await attached.shows(/Ctrl-C goes away/);
    attached.type('\u0003');
    expect((await attached.exited).exitCode).toBe(130);
    expect((await project.data<Tunnels>(['net', 'status'])).tunnels).toHaveLength(1);
    keeper.type('\u0003');
    expect((await keeper.exited).exitCode).toBe(130);
    expect((await project.data<Tunnels>(['net', 'status'])).tunnels).toEqual([]);
  });

  test('net status --watch shows the state in place, in colour, as it changes', async () => {
    await using project = new NetProject();
    await using site = await Site.start();
    using watch = project.terminal(['net', 'status', '--watch']);
    await watch.shows(/No tunnels are open/);
    await project.run(up(`web=127.0.0.1:${site.port}`));
    await watch.shows(/\[2J[^]*web[^]*\[32mready/);
    await project.run(['net', 'down', '--all']);
    await watch.shows(/ready[^]*\[2JNo tunnels are open/);
    watch.type('\u0003');
    expect((await watch.exited).exitCode).toBe(130);
  });

  test('net trust shows what a file asks for, and asks', async () => {
    await using project = new NetProject();
    project.write('tunnels.yaml', 'sets: {s: {via: {kind: ssh, host: b, configFile: x}, tunnels: {t: {to: "x:1"}}}}');
    using no = project.terminal(['net', 'trust']);
    await no.shows(/tunnels\.yaml:1:\d+: sets\.s\.via\.configFile may name programs to run\.[^]*Allow all of this\?/);
    no.type('n\r');
    expect((await no.exited).exitCode).toBe(1);
    using yes = project.terminal(['net', 'trust']);
    await yes.shows(/Allow all of this\?/);
    yes.type('y\r');
    expect((await yes.exited).exitCode).toBe(0);
  });
});
