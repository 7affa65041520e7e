// Local mode as a process that can be killed: folder and isolation as arguments. Says one line of JSON when it is ready.
import { fileURLToPath } from 'node:url';
import { serveLocal } from '@hawser/k8s-sessions/local';

const [folder, isolation, pageFolder, port] = process.argv.slice(2);
const service = await serveLocal({
  folder,
  isolation,
  pageFolder,
  runnerProgram: [process.execPath, fileURLToPath(new URL('local-runner.mjs', import.meta.url))],
  env: { PATH: process.env.PATH, LANG: 'C.UTF-8' },
  version: '0.0.0',
  home: process.env.HOME,
  ...(port && { port: Number(port) }),
  // Leases of a killed service must not be waited for in a test.
  settings: { leaseMs: 1_000 },
});
process.stdout.write(`${JSON.stringify({ url: service.url, apiKey: service.apiKey, isolation: service.isolation })}\n`);
process.once('SIGTERM', () => void service.close().then(() => process.exit(0)));
