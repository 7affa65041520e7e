import { runLocalRunner } from '@hawser/k8s-sessions/local';

// The program of one session on this machine: it outlives the service that started it. Its environment was made for it.
const terminate = new AbortController();
process.once('SIGTERM', () => terminate.abort());
const env = Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, value ?? '']));
process.exit(await runLocalRunner({ folder: process.argv[2] ?? '', env, terminate: terminate.signal }));
