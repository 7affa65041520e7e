import type { Config } from '@oclif/core';
import type { Context } from '@hawser/cli-kit';
import { createExecClient, type ExecClient } from '@hawser/exec-client';
import type { BackendFlags } from './flags.js';
import { openLocalService } from './local-service.js';

/** What opening a service needs besides flags. */
export interface ServiceContext {
  readonly config: Pick<Config, 'configDir' | 'dataDir' | 'root' | 'version'>;
  readonly out: Context['out'];
  readonly signal: AbortSignal;
  readonly onEnd: Context['onEnd'];
}

/** A service that is spoken to. */
export interface Service {
  readonly client: ExecClient;
  readonly backend: { readonly name: string; readonly isLocal: boolean };
}

/** Speaks to the service that flags, environment and files choose. */
export async function openService(flags: BackendFlags, context: ServiceContext): Promise<Service> {
  const { HAWSER_EXEC_ENDPOINT: endpoint, HAWSER_EXEC_API_KEY: apiKey } = process.env;
  if (endpoint && !flags.local) {
    return { client: createExecClient({ endpoint, apiKey }), backend: { name: endpoint, isLocal: false } };
  }
  const local = await openLocalService(context.config);
  context.onEnd(() => local.close());
  const client = createExecClient({
    endpoint: 'http://localhost',
    apiKey: local.apiKey,
    fetch: (request) => local.handle(request),
    backendName: 'this machine',
  });
  return { client, backend: { name: 'local', isLocal: true } };
}
