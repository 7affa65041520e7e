import { text } from 'node:stream/consumers';
import type { Context } from '@hawser/cli-kit';
import { parseKey } from '@hawser/api-keys';
import { requireStack } from '@hawser/exec-backend/aws';
import { createExecClient, saveBackend } from '@hawser/exec-client';
import { CliError } from '../../errors.js';
import { accountOf } from './account.js';
import type { StackFlags } from './flags.js';
import type { StackContext } from './init.js';

/** The flags of `hawser exec configure`. */
export interface ConfigureFlags extends StackFlags {
  readonly endpoint?: string | undefined;
  readonly 'api-key-stdin': boolean;
  readonly backend?: string | undefined;
}

/** What was saved. */
export interface ConfigureFacts {
  readonly backend: string;
  readonly api_endpoint: string;
  readonly region?: string;
  readonly stack?: string;
  readonly key_id?: string;
  readonly key_name?: string;
  readonly scopes: readonly string[];
  readonly config_file: string;
}

/** Saves a backend, once the service there has said that it knows the key. */
export async function configure(flags: ConfigureFlags, context: StackContext): Promise<ConfigureFacts> {
  const { out, signal, config } = context;
  const found = flags.endpoint === undefined ? await ofStack(flags['stack-name'], context) : undefined;
  const endpoint = found?.api_endpoint ?? checkedEndpoint(flags.endpoint ?? '');
  const apiKey = await readKey(flags, context);
  const who = await out.step(`Asking ${new URL(endpoint).host} who you are`, () =>
    createExecClient({ endpoint, apiKey }).whoami({ signal }),
  );
  const backend = flags.backend ?? found?.stack ?? 'remote';
  const path = await saveBackend(config.configDir, backend, {
    api_endpoint: endpoint,
    api_key: apiKey,
    ...(found && { region: found.region, stack_name: found.stack }),
    ...(who.receipt_key !== undefined && { receipt_key: who.receipt_key }),
  });
  return {
    backend,
    api_endpoint: endpoint,
    ...(found && { region: found.region, stack: found.stack }),
    ...(who.key_id !== undefined && { key_id: who.key_id }),
    ...(who.name !== undefined && { key_name: who.name }),
    scopes: who.scopes,
    config_file: path,
  };
}

async function ofStack(
  name: string,
  context: StackContext,
): Promise<{ readonly api_endpoint: string; readonly region: string; readonly stack: string }> {
  const account = await accountOf(context);
  const { outputs } = await context.out.step(`Looking for the stack ${name}`, () =>
    requireStack(account, name, context.signal),
  );
  return { api_endpoint: outputs.apiEndpoint, region: outputs.region, stack: name };
}

function checkedEndpoint(given: string): string {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const isLoopback = url !== undefined && /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback)) return given.replace(/\/+$/, '');
  throw new CliError('HAWSER_EXEC_SETTING', `${given} is no address of a service.`, {
    hint: 'Give an https address; http only on this machine, because the key goes with every request.',
  });
}

async function readKey(flags: ConfigureFlags, { ask, out }: Pick<Context, 'ask' | 'out'>): Promise<string> {
  const given = flags['api-key-stdin']
    ? await text(process.stdin)
    : await ask.secret({ question: 'API key:', flag: '--api-key-stdin' });
  const { key } = parseKey(given);
  out.hide(key);
  return key;
}
