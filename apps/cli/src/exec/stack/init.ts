import type { Config } from '@oclif/core';
import type { Context } from '@hawser/cli-kit';
import {
  type Account,
  applyStack,
  awaitStack,
  dropPlan,
  type FoundStack,
  makeAdminKey,
  type ParameterName,
  planStack,
  type StackChange,
  type StackEvent,
  type StackPlan,
  storeGitCredential,
  uploadCode,
  whoAmI,
} from '@hawser/exec-backend/aws';
import { createExecClient, readUserFile, saveBackend } from '@hawser/exec-client';
import { CliError } from '../../errors.js';
import { eventLine, planLines } from '../../render/exec/stack.js';
import { readPairs } from '../pairs.js';
import { accountOf } from './account.js';
import type { StackFlags } from './flags.js';
import { type GitAccessFlags, readGitAccess } from './git-access.js';
import { serviceZip } from './service-zip.js';

/** The flags of `hawser exec init`. */
export interface InitFlags extends StackFlags, GitAccessFlags {
  readonly 'dry-run': boolean;
  readonly image?: string | undefined;
  readonly parameter?: readonly string[] | undefined;
  readonly backend?: string | undefined;
  readonly 'new-key': boolean;
}

/** What a command of the stack works with. */
export interface StackContext extends Pick<Context, 'aws' | 'ask' | 'out' | 'signal' | 'onEnd'> {
  readonly config: Pick<Config, 'configDir' | 'root' | 'version'>;
}

/** What was planned, or done. */
export interface InitFacts {
  readonly stack: string;
  readonly region: string;
  readonly account: string;
  readonly action: StackPlan['action'];
  readonly changes: readonly StackChange[];
  /** Only looked at: nothing was made. */
  readonly planned: boolean;
  readonly api_endpoint?: string;
  /** Set when a key was made: the only time that it is seen. */
  readonly api_key?: string;
  readonly key_id?: string;
  readonly code?: 'sent' | 'unchanged';
  readonly git_host?: string;
  readonly backend?: string;
  readonly config_file?: string;
  readonly version?: string;
}

/** Makes a stack, or brings one up to date, and leaves a configuration behind that a command can run with. */
export async function initStack(flags: InitFlags, context: StackContext): Promise<InitFacts> {
  const { out, signal, config } = context;
  const name = flags['stack-name'];
  const git = flags['dry-run'] ? undefined : await readGitAccess(flags, context);
  const parameters: Readonly<Partial<Record<ParameterName, string>>> = {
    ...readPairs(flags.parameter ?? [], '--parameter'),
    ...(flags.image !== undefined && { DefaultImage: flags.image }),
  };
  const account = await accountOf(context);
  const identity = await whoAmI(account, signal);
  for await (const event of awaitStack(account, name, signal)) out.say(eventLine(event));
  const options = { name, parameters, version: config.version, signal };
  const plan = await out.step(`Planning the stack ${name}`, () => planStack(account, options));
  const facts = {
    stack: name,
    region: plan.region,
    account: identity.account,
    action: plan.action,
    changes: plan.changes,
  };
  if (flags['dry-run']) {
    await dropPlan(account, plan);
    return { ...facts, planned: true };
  }
  await agree(account, plan, identity.account, flags, context);
  const made = await carryOut(account, plan, options, context);
  return { ...facts, planned: false, ...(await furnish(account, made, git, flags, context)) };
}

/** Shows what would be done and asks. A plan that is not agreed to is taken back. */
async function agree(
  account: Account,
  plan: StackPlan,
  accountId: string,
  flags: InitFlags,
  { ask, out }: StackContext,
): Promise<void> {
  if (plan.action === 'none') return out.say(`The stack ${plan.name} is as it should be.`);
  for (const line of planLines(plan, accountId)) out.say(line);
  if (flags.yes) return;
  try {
    if (await ask.confirm({ question: 'Go on?', flag: '--yes', suggested: true })) return;
  } catch (error) {
    await dropPlan(account, plan);
    throw error;
  }
  await dropPlan(account, plan);
  throw new CliError('HAWSER_EXEC_DECLINED', `Nothing was done to the stack ${plan.name}.`);
}

async function carryOut(
  account: Account,
  plan: StackPlan,
  options: Parameters<typeof applyStack>[2],
  { out, signal }: StackContext,
): Promise<FoundStack> {
  if (plan.action !== 'none') {
    out.say(`→ ${plan.action === 'update' ? 'Updating' : 'Creating'} CloudFormation stack...`);
  }
  try {
    return await toEnd(applyStack(account, plan, options), (event) => out.say(eventLine(event)));
  } catch (error) {
    if (signal.aborted) {
      await out.warn(
        `CloudFormation goes on with ${plan.name} in ${plan.region}. ` +
          'Run the same command again to go on from there, or hawser exec destroy to remove it.',
      );
    }
    throw error;
  }
}

/** What is not the template's: code, a key, credentials, and the configuration of whoever asked. */
async function furnish(
  account: Account,
  stack: FoundStack,
  git: Awaited<ReturnType<typeof readGitAccess>>,
  flags: InitFlags,
  context: StackContext,
): Promise<Partial<InitFacts>> {
  const { out, signal, config } = context;
  const { outputs } = stack;
  if (outputs === undefined) throw new Error(`The stack ${stack.name} has no outputs`);
  const sent = await out.step('→ Uploading the service', async () =>
    uploadCode(account, { functionName: outputs.functionName, zip: await serviceZip(config.root), signal }),
  );
  const key = await out.step('→ Generating API key', () =>
    makeAdminKey(account, {
      table: outputs.tableName,
      name: `${stack.name} administrator`,
      anew: flags['new-key'],
    }),
  );
  if (git) {
    await out.step(`→ Configuring access to ${git.host}`, () => storeGitCredential(account, stack.name, git));
  }
  const name = flags.backend ?? stack.name;
  const { region, apiEndpoint } = outputs;
  const kept = (await readUserFile(config.configDir)).backends[name];
  const apiKey = key?.api_key ?? (kept?.api_endpoint === apiEndpoint ? kept.api_key : undefined);
  const save = (api_key: string, receipt_key?: string): Promise<string> =>
    saveBackend(config.configDir, name, {
      api_endpoint: apiEndpoint,
      api_key,
      region,
      stack_name: stack.name,
      ...(receipt_key !== undefined && { receipt_key }),
    });
  // At once: the key is nowhere else.
  const path = apiKey === undefined ? undefined : await out.step('→ Saving configuration', () => save(apiKey));
  if (apiKey === undefined) {
    await out.warn(
      'The stack has keys, and none of them is known here. Save yours with hawser exec configure, or make one with hawser exec init --new-key.',
    );
  }
  const version = await out.step('→ Asking the service how it is', async () => {
    const client = createExecClient({ endpoint: apiEndpoint, ...(apiKey !== undefined && { apiKey }) });
    const health = await client.health({ signal });
    if (apiKey !== undefined) await save(apiKey, (await client.whoami({ signal })).receipt_key);
    return health.version;
  });
  return {
    api_endpoint: apiEndpoint,
    ...(key && { api_key: key.api_key, key_id: key.key_id }),
    code: sent ? 'sent' : 'unchanged',
    ...(git && { git_host: git.host }),
    ...(path !== undefined && { backend: name, config_file: path }),
    version,
  };
}

/** Runs a generator to its end, and answers with its value. */
export async function toEnd<T>(events: AsyncGenerator<StackEvent, T>, tell: (event: StackEvent) => void): Promise<T> {
  for (;;) {
    const next = await events.next();
    if (next.done === true) return next.value;
    tell(next.value);
  }
}
