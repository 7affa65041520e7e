import type { Config } from '@oclif/core';
import type { Context } from '@hawser/cli-kit';
import { CliKitError } from '@hawser/cli-kit/start';
import {
  chooseBackend,
  type ChosenBackend,
  createExecClient,
  type ExecClient,
  type ProjectFile,
  readProjectFile,
  readUserFile,
  rememberedBackend,
} from '@hawser/exec-client';
import type { BackendFlags } from './flags.js';

/** What opening a service needs besides flags. */
export interface ServiceContext extends Pick<Context, 'out' | 'signal' | 'onEnd'> {
  readonly config: Pick<Config, 'configDir' | 'dataDir' | 'root' | 'version'>;
}

/** A service that is spoken to, and how it was chosen. */
export interface Service {
  readonly client: ExecClient;
  readonly backend: ChosenBackend & { readonly name: string; readonly isLocal: boolean };
  /** The file of the project one stands in. */
  readonly project: ProjectFile | undefined;
}

/**
 * Speaks to the service that flags, environment, the project's and the person's file choose. Nothing is asked yet.
 *
 * @throws ExecError HAWSER_EXEC_BACKEND_UNKNOWN, HAWSER_EXEC_REMOTE_EXPECTED, HAWSER_EXEC_CONFIG_INVALID
 */
export async function openService(flags: BackendFlags, context: ServiceContext): Promise<Service> {
  const { HAWSER_EXEC_BACKEND: ofEnvironment } = process.env;
  if (flags.local && ![undefined, 'local', ofEnvironment].includes(flags.backend)) {
    throw new CliKitError('HAWSER_CLI_USAGE', '--local and --backend name two places.', { hint: 'Give one of them.' });
  }
  const from = process.cwd();
  const [project, user, ranOn] = await Promise.all([
    readProjectFile(from),
    readUserFile(context.config.configDir),
    rememberedBackend(from),
  ]);
  for (const warning of user.warnings) await context.out.warn(warning);
  const chosen = chooseBackend({
    // oclif puts the variable where the flag is; whose word it is would be lost.
    backend: flags.backend === ofEnvironment ? undefined : flags.backend,
    local: flags.local,
    environment: process.env,
    project,
    user,
    ranOn,
  });
  const backend = { name: 'local', ...chosen, isLocal: chosen.kind === 'local' };
  return { client: await connect(chosen, context), backend, project };
}

async function connect(backend: ChosenBackend, { config, out, onEnd }: ServiceContext): Promise<ExecClient> {
  if (backend.kind === 'remote') {
    const { endpoint, apiKey, name } = backend;
    let isTold = false;
    const onRetry = ({ message }: Error): void => {
      if (!isTold) out.say(`… ${message} Trying again for a while.`);
      isTold = true;
    };
    return createExecClient({ endpoint, apiKey, backendName: name, onRetry });
  }
  const { openLocalService } = await import('./local-service.js');
  const service = await openLocalService(config);
  onEnd(() => service.close());
  return createExecClient({
    // It is handed requests in this process: nobody listens there.
    endpoint: 'http://localhost',
    apiKey: service.apiKey,
    fetch: (request) => service.handle(request),
    backendName: 'this machine',
  });
}
