import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { target, useEmulator } from '../support/emulator.js';
import { ExecProject } from '../support/exec.js';
import { bin } from '../support/hawser.js';
import { NetProject } from '../support/net.js';

// What docs/how-to/run-commands-elsewhere.md says of tunnels.
const aws = useEmulator();

test('a service behind a managed node is used through a tunnel set that names its endpoint; the link is cut, the run is not', async () => {
  await using far = new ExecProject();
  const server = far.start(['serve', '--json']);
  const [line] = await server.until(/^\{.*\}$/m);
  const { endpoint, api_key } = JSON.parse(line) as { readonly endpoint: string; readonly api_key: string };
  await using project = new NetProject({ ...aws.env, HAWSER_EXEC_API_KEY: api_key });
  const to = new URL(endpoint).host;
  project.write(
    'tunnels.yaml',
    `sets:
  far:
    via: {kind: ssm, target: ${target}}
    tunnels:
      exec: {to: "${to}", probe: {http: /health}, env: {HAWSER_EXEC_ENDPOINT: "http://{addr}"}}
`,
  );
  expect((await project.run(['net', 'trust', '--yes'])).exitCode).toBe(0);
  const go = join(far.home, 'go');
  const command = `echo "on the far side"; until [ -e ${go} ]; do sleep 0.05; done; echo done; exit 7`;
  const words = ['--no-repo', '--isolation', 'process', '--receipt', 'receipt.json', command];
  const run = project.start(['net', 'run', 'far', '--', process.execPath, bin, 'exec', ...words]);
  await run.until(/on the far side\n/);
  aws.emulator.gateway.cut();
  writeFileSync(go, '');
  const { exitCode, stdout, stderr } = await run.ended;
  expect([exitCode, stdout]).toEqual([7, 'on the far side\ndone\n']);
  expect(stderr).toMatch(/→ Runs on: 127\.0\.0\.1:\d+/);
  expect(existsSync(join(project.folder, 'receipt.json'))).toBe(true);
  // Its key is of the far machine: nobody here knows it.
  expect(await project.run(['verify', 'receipt.json'])).toMatchObject({
    exitCode: 1,
    stdout: expect.stringContaining('The public key of its signer: --public-key FILE'),
  });
}, 60_000);

describeReal('openssl', (path) => {
  test('a private HTTPS service with a CA of its own is used through a tunnel, by a name that its certificate has', async () => {
    await using far = new ExecProject();
    const server = far.start(['serve', '--json']);
    const [line] = await server.until(/^\{.*\}$/m);
    const { endpoint, api_key } = JSON.parse(line) as { readonly endpoint: string; readonly api_key: string };
    await using project = new NetProject({ HAWSER_EXEC_API_KEY: api_key });
    const openssl = (...args: readonly string[]): unknown =>
      execFileSync(path('openssl'), args, { cwd: project.home, stdio: 'pipe' });
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    openssl('req', '-x509', ...curve, '-subj', '/CN=acme CA', '-keyout', 'ca.key', '-out', 'ca.pem');
    const name = ['-subj', '/CN=exec', '-addext', 'subjectAltName=DNS:localhost'];
    openssl(
      'req',
      '-x509',
      ...curve,
      ...name,
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-keyout',
      'key.pem',
      '-out',
      'cert.pem',
    );
    const [cert, key] = ['cert.pem', 'key.pem'].map((file) => readFileSync(join(project.home, file)));
    const front = createServer({ cert: cert!, key: key! }, (asked, answer) => {
      const { host } = new URL(endpoint);
      const inner = request(`${endpoint}${asked.url}`, { method: asked.method, headers: { ...asked.headers, host } });
      inner.on('response', (said) => said.pipe(answer.writeHead(said.statusCode ?? 502, said.headers)));
      inner.on('error', () => answer.destroy());
      asked.pipe(inner);
    }).listen(0, '127.0.0.1');
    try {
      await once(front, 'listening');
      const { port } = front.address() as AddressInfo;
      const tunnels = (host: string): string => `sets:
  far:
    via: direct
    tunnels:
      exec: {to: "127.0.0.1:${port}", env: {HAWSER_EXEC_ENDPOINT: "https://${host}:{port}"}}
`;
      const run = async (host: string, env: Readonly<Record<string, string>>): Promise<unknown> => {
        project.write('tunnels.yaml', tunnels(host));
        await project.run(['net', 'trust', '--yes']);
        const words = ['--no-repo', '--isolation', 'process', 'echo private; exit 6'];
        return project.run(['net', 'run', 'far', '--', process.execPath, bin, 'exec', ...words], { env });
      };
      const ca = { NODE_EXTRA_CA_CERTS: join(project.home, 'ca.pem') };
      expect(await run('localhost', ca)).toMatchObject({ exitCode: 6, stdout: 'private\n' });
      expect(await run('localhost', { NODE_EXTRA_CA_CERTS: '' })).toMatchObject({
        exitCode: 125,
        stderr: expect.stringContaining('Name the PEM file of its certificate authority in NODE_EXTRA_CA_CERTS.'),
      });
      expect(await run('127.0.0.1', ca)).toMatchObject({
        exitCode: 125,
        stderr: expect.stringContaining('Reach it by a name that its certificate has.'),
      });
    } finally {
      front.closeAllConnections();
      front.close();
    }
  }, 60_000);
});
