import { runLocalRunner } from '@hawser/k8s-sessions/local';

// The program of one session on this machine: it outlives the service that started it. Its environment was made for it.
const [folder = '', plugins = '[]'] = process.argv.slice(2).toReversed();
const terminate = new AbortController();
process.once('SIGTERM', () => terminate.abort());
const env = Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, value ?? '']));
process.exit(
  await runLocalRunner({
    folder,
    env,
    terminate: terminate.signal,
    fetchers: async (scheme) => {
      const { fetcherOf } = await import('./plugins/sessions.js');
      return await fetcherOf(scheme, plugins);
    },
  }),
);
