import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that meets the criteria of OpenEnv, on loopback. */
export interface OpenEnvServer extends AsyncDisposable {
  readonly url: string;
  isHealthy: boolean;
  /** Values of the Authorization header that came. */
  readonly tokens: Set<string | undefined>;
}

/** Starts an {@link OpenEnvServer}. */
export async function startOpenEnv(): Promise<OpenEnvServer> {
  const tokens = new Set<string | undefined>();
  const answers: Readonly<Record<string, () => unknown>> = {
    '/openapi.json': () => ({ info: { version: '1.0.0' }, paths: { '/reset': {}, '/step': {}, '/state': {} } }),
    '/health': () => ({ status: started.isHealthy ? 'healthy' : 'ill' }),
    '/metadata': () => ({ name: 'echo_env', description: 'Says what it is told.' }),
    '/schema': () => ({ action: {}, observation: {}, state: {} }),
    '/mcp': () => ({ jsonrpc: '2.0' }),
  };
  const server = createServer(({ url = '', headers }, response) => {
    tokens.add(headers.authorization);
    const answer = answers[url]?.();
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const started: OpenEnvServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    isHealthy: true,
    tokens,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return started;
}
