import { join } from 'node:path';
import type { Context } from '@hawser/cli-kit';
import {
  type Plan,
  type PushResult,
  type StageOptions,
  planPush,
  push,
  stageEnvironment,
  writeStaging,
} from '@hawser/hf-push';
import { connect, connectAsSomebody, type HubSettings } from './connect.js';
import { readSecrets, readVariables } from './settings.js';
import { tellEvents } from './tell-events.js';

/** What the flags of a push say. */
export interface PushFlags extends HubSettings {
  readonly namespace?: string | undefined;
  readonly 'space-name'?: string | undefined;
  readonly 'repo-id'?: string | undefined;
  readonly 'base-image'?: string | undefined;
  readonly interface: boolean;
  readonly exclude?: readonly string[] | undefined;
  readonly 'allow-secrets': boolean;
  readonly 'fix-readme': boolean;
  readonly private: boolean;
  readonly hardware?: string | undefined;
  readonly variable?: readonly string[] | undefined;
  readonly secret?: readonly string[] | undefined;
  readonly 'dry-run': boolean;
  readonly 'create-only': boolean;
  readonly pr: boolean;
  readonly message?: string | undefined;
  readonly wait: boolean;
  readonly timeout?: number | undefined;
  readonly 'rollback-on-failure': boolean;
}

/** Pushes one environment, or shows what a push would do. */
export async function pushOne(
  environment: string,
  { flags, ...context }: Pick<Context, 'out' | 'signal' | 'ask' | 'state'> & { readonly flags: PushFlags },
): Promise<{ readonly result: PushResult } | { readonly plan: Plan; readonly staging: string }> {
  const { out, signal } = context;
  const secrets = await readSecrets(flags.secret ?? [], process.env);
  for (const value of Object.values(secrets)) out.hide(value);
  const staging = join(process.cwd(), 'hf-staging', environment.split(/[/\\]/).findLast((part) => part !== '') ?? '');
  const options = {
    from: process.cwd(),
    environment,
    ...target(flags),
    ...stagingOf(flags),
    ...(flags.private ? { private: true } : {}),
    ...(flags.hardware === undefined ? {} : { hardware: flags.hardware }),
    variables: readVariables(flags.variable ?? []),
    secrets,
    createOnly: flags['create-only'],
    pr: flags.pr,
    signal,
  };
  if (flags['dry-run']) {
    const { hub, found } = await connect(flags, context);
    let staged: StageOptions | undefined;
    const plan = await planPush(found ? hub : undefined, {
      ...options,
      stage: (wanted) => stageEnvironment((staged = wanted)),
    });
    if (staged) await writeStaging(await stageEnvironment(staged), staging);
    return { plan, staging };
  }
  const hub = await connectAsSomebody(flags, context);
  const result = await out.step(`Pushing ${environment}`, (step) =>
    push(hub, {
      ...options,
      ...(flags.message === undefined ? {} : { message: flags.message }),
      wait: flags.timeout === undefined ? flags.wait : { timeoutMs: flags.timeout },
      rollbackOnFailure: flags['rollback-on-failure'],
      stagingFolder: staging,
      onEvent: tellEvents(out, step),
    }),
  );
  return { result };
}

function target(flags: PushFlags): { repoId?: string; namespace?: string; spaceName?: string } {
  return {
    ...(flags['repo-id'] === undefined ? {} : { repoId: flags['repo-id'] }),
    ...(flags.namespace === undefined ? {} : { namespace: flags.namespace }),
    ...(flags['space-name'] === undefined ? {} : { spaceName: flags['space-name'] }),
  };
}

function stagingOf(flags: PushFlags): Partial<StageOptions> {
  return {
    ...(flags['base-image'] === undefined ? {} : { baseImage: flags['base-image'] }),
    webInterface: flags.interface,
    ...(flags.exclude === undefined ? {} : { exclude: flags.exclude }),
    allowSecrets: flags['allow-secrets'],
    fixReadme: flags['fix-readme'],
  };
}
