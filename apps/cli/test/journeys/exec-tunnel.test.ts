import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
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
