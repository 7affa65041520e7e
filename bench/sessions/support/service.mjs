// Local mode in a process of its own, until its standard input ends: node service.mjs FOLDER
import { fileURLToPath } from 'node:url';
import { serveLocal } from '../../../packages/k8s-sessions/dist/local/index.js';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const service = await serveLocal({
  folder: process.argv[2],
  pageFolder: at('../../../apps/sessions-web/dist'),
  runnerProgram: [process.execPath, at('runner.mjs')],
  env: { PATH: process.env.PATH, LANG: 'C.UTF-8' },
  version: '0.0.0',
  port: 0,
  isolation: 'process',
});
process.stdout.write(`${JSON.stringify({ url: service.url, apiKey: service.apiKey })}\n`);
process.stdin.resume().once('end', () => void service.close().then(() => process.exit()));
