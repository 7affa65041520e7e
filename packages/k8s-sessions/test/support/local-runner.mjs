// The program of a local runner, as the command line bundles it: for tests of what is built.
import { runLocalRunner } from '@hawser/k8s-sessions/local';

const terminate = new AbortController();
process.once('SIGTERM', () => terminate.abort());
process.exitCode = await runLocalRunner({ folder: process.argv[2], env: process.env, terminate: terminate.signal });
process.exit();
