import type { ServiceContext } from './service.js';
import { openLocalService } from './local-service.js';

/** Serves the executions of this machine until the command ends. */
export async function serve(
  port: number,
  { config, onEnd }: ServiceContext,
): Promise<{ readonly endpoint: string; readonly api_key: string; readonly env: Readonly<Record<string, string>> }> {
  const { serveBackend } = await import('@hawser/exec-backend/local');
  const backend = await openLocalService(config);
  onEnd(() => backend.close());
  const server = await serveBackend({ backend, host: '127.0.0.1', port });
  onEnd(() => server.close());
  const { url: endpoint } = server;
  const { apiKey: api_key } = backend;
  return { endpoint, api_key, env: { HAWSER_EXEC_ENDPOINT: endpoint, HAWSER_EXEC_API_KEY: api_key } };
}
