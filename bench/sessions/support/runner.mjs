// A local runner, as the command line bundles it: node runner.mjs FOLDER
import { runLocalRunner } from '../../../packages/k8s-sessions/dist/local/index.js';

const terminate = new AbortController();
process.once('SIGTERM', () => terminate.abort());
process.exitCode = await runLocalRunner({ folder: process.argv[2], env: process.env, terminate: terminate.signal });
process.exit();
