import type { Context } from '@hawser/cli-kit';
import type { PlanOptions } from '@hawser/hf-push';
import { readSecrets, readVariables } from './settings.js';

/** What the flags say of the Space and of staging. */
export interface PlanFlags {
  readonly namespace?: string | undefined;
  readonly 'space-name'?: string | undefined;
  readonly 'repo-id'?: string | undefined;
  readonly private: boolean;
  readonly hardware?: string | undefined;
  readonly variable?: readonly string[] | undefined;
  readonly secret?: readonly string[] | undefined;
  readonly 'base-image'?: string | undefined;
  readonly interface: boolean;
  readonly exclude?: readonly string[] | undefined;
  readonly 'allow-secrets': boolean;
  readonly 'fix-readme': boolean;
}

/** The library's options for what the flags say; values of secrets are hidden from now on. */
export async function planOptions(
  flags: PlanFlags,
  { out, signal }: Pick<Context, 'out' | 'signal'>,
): Promise<Omit<PlanOptions, 'environment'>> {
  const secrets = await readSecrets(flags.secret ?? [], process.env);
  for (const value of Object.values(secrets)) out.hide(value);
  return {
    from: process.cwd(),
    ...(flags['repo-id'] === undefined ? {} : { repoId: flags['repo-id'] }),
    ...(flags.namespace === undefined ? {} : { namespace: flags.namespace }),
    ...(flags['space-name'] === undefined ? {} : { spaceName: flags['space-name'] }),
    ...(flags['base-image'] === undefined ? {} : { baseImage: flags['base-image'] }),
    ...(flags.exclude === undefined ? {} : { exclude: flags.exclude }),
    ...(flags.private ? { private: true } : {}),
    ...(flags.hardware === undefined ? {} : { hardware: flags.hardware }),
    webInterface: flags.interface,
    allowSecrets: flags['allow-secrets'],
    fixReadme: flags['fix-readme'],
    variables: readVariables(flags.variable ?? []),
    secrets,
    signal,
  };
}
