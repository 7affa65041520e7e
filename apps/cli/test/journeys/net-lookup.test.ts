import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { runToEnd } from '../../../../test/support/run-to-end.js';
import { NetProject, Site } from '../support/net.js';

/** What contexts and env files are told of a project's tunnels, by the part of the bundle that they import. */
async function lookUp(project: NetProject): Promise<unknown> {
  const part = join(import.meta.dirname, '../../dist/lib/net-lookup.js');
  const script = `import { lookUpTunnels } from ${JSON.stringify(part)};
const signal = new AbortController().signal;
console.log(JSON.stringify(await lookUpTunnels({ signal })()));`;
  const { code, stdout, stderr } = await runToEnd(process.execPath, ['--input-type=module', '-e', script], {
    cwd: project.folder,
    env: { PATH: process.env['PATH'], ...project.env },
  });
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

test('contexts are told which tunnels live, how they are, and which are only written down', async () => {
  await using project = new NetProject();
  await using site = await Site.start();
  project.write(
    'tunnels.yaml',
    `sets:
  default:
    via: direct
    tunnels:
      prefect: {to: "127.0.0.1:${site.port}", env: {PREFECT_API_URL: "http://{addr}/api"}}
      unwell: {to: "127.0.0.1:1"}
  later: {via: direct, tunnels: {lazy: {to: "127.0.0.1:${site.port}", lazy: true}}}
`,
  );
  expect(await lookUp(project)).toEqual({ live: [], dead: [] });
  await project.run(['net', 'up', '--wait', 'bound']);
  await project.run(['net', 'wait', 'prefect']);
  await project.run(['net', 'up', 'later']);
  const { supervisor, tunnels } = await project.data<{
    supervisor: { pid: number };
    tunnels: { spec: { name: string }; local: { port: number } }[];
  }>(['net', 'status']);
  const port = (name: string): number => tunnels.find(({ spec }) => spec.name === name)?.local.port ?? 0;
  const env = { PREFECT_API_URL: `http://127.0.0.1:${port('prefect')}/api` };
  const host = '127.0.0.1';
  expect(await lookUp(project)).toEqual({
    live: [
      { name: 'prefect', set: 'default', host, port: port('prefect'), healthy: true, env },
      { name: 'unwell', set: 'default', host, port: port('unwell'), healthy: false, env: {} },
      { name: 'lazy', set: 'later', host, port: port('lazy'), healthy: true, env: {} },
    ],
    dead: [],
  });
  process.kill(supervisor.pid, 'SIGKILL');
  expect(await lookUp(project)).toEqual({
    live: [],
    dead: ['prefect', 'unwell', 'lazy'].map((name) => ({ name, port: port(name) })),
  });
});
