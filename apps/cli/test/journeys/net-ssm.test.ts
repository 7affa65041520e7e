import { expect, test } from '@jest/globals';
import type { TunnelStatus } from '@hawser/tunnels';
import { target, useEmulator } from '../support/emulator.js';
import { NetProject, Site } from '../support/net.js';

const aws = useEmulator();

test('net up --via ssm; the gateway cuts the session, and clients go on', async () => {
  await using project = new NetProject(aws.env);
  await using site = await Site.start();
  const words = ['--via', 'ssm', '--instance', target, '--forward', `web=127.0.0.1:${site.port}`];
  const { tunnels } = await project.data<{ tunnels: readonly TunnelStatus[] }>(['net', 'up', ...words]);
  expect(tunnels).toMatchObject([
    { spec: { via: { kind: 'ssm', target } }, link: { state: 'ready' }, probe: { state: 'ok' } },
  ]);
  const url = `http://127.0.0.1:${tunnels[0]?.local.port}`;
  expect(await (await fetch(`${url}/before`)).text()).toBe('hello /before');
  aws.emulator.gateway.cut();
  expect(await (await fetch(`${url}/after`)).text()).toBe('hello /after');
  // Nothing that is secret is written down or shown.
  const { stdout, stderr } = await project.run(['net', 'logs', '--debug']);
  for (const secret of [aws.env['AWS_SECRET_ACCESS_KEY'] ?? '?', 'TokenValue']) {
    expect(`${stdout}${stderr}`).not.toContain(secret);
  }
});

test('a node that is not there is told: HAWSER_NET_LINK_FAILED', async () => {
  await using project = new NetProject(aws.env);
  const words = ['--via', 'ssm', '--host', 'tag:Role=nothing', '--forward', 'web=127.0.0.1:9'];
  const { json, exitCode } = await project.run(['net', 'up', ...words, '--timeout', '10s', '--json']);
  expect(exitCode).toBe(1);
  expect(json).toMatchObject({
    ok: false,
    error: { code: 'HAWSER_NET_LINK_FAILED' },
  });
});
