import { basename, join, resolve } from 'node:path';
import { toFailure, type Context, type Failure } from '@hawser/cli-kit';
import { type Plan, type PushResult, type Staged, type StageOptions, stageEnvironment } from '@hawser/hf-push';
import { CliError } from '../errors.js';
import type { AfterPushFlags } from './after-push.js';
import type { HubSettings } from './connect.js';
import type { PlanFlags } from './plan-options.js';

/** What the flags of a push say. */
export interface PushFlags extends HubSettings, PlanFlags, AfterPushFlags {
  readonly 'dry-run': boolean;
  readonly 'create-only': boolean;
  readonly pr: boolean;
  readonly message?: string | undefined;
  readonly 'keep-staging': boolean;
  readonly 'staging-dir': string;
  readonly receipt?: string | undefined;
}

/** Why a push of several failed. */
export type PushFailure = Pick<Failure, 'code' | 'message' | 'hint' | 'exitCode'>;

/** What one push of a run did, would do, or why it failed. */
export type Pushed = { readonly environment: string } & (
  | { readonly result: PushResult; /** File of its receipt. */ readonly receipt?: string }
  | { readonly plan: Plan; readonly staging: string }
  | { readonly error: PushFailure }
);

/** What a run of pushes needs besides its flags. */
export interface PushContext extends Pick<Context, 'out' | 'signal' | 'ask'> {
  readonly flags: PushFlags;
  /** A person's own data folder. */
  readonly dataDir: string;
  /** Release of this command line, for receipts. */
  readonly version: string;
}

/** One Space cannot be that of several environments, nor one receipt. @throws CliError HAWSER_HF_SETTING. */
export function refuseOneForSeveral(environments: readonly string[], flags: PushFlags): void {
  if (environments.length > 1 && flags.receipt !== undefined) {
    throw new CliError('HAWSER_HF_SETTING', 'Several pushes cannot have one receipt.', {
      hint: 'Leave --receipt out: the receipt of each is kept, and named by --json.',
    });
  }
  if (environments.length < 2 || (flags['space-name'] ?? flags['repo-id']) === undefined) return;
  throw new CliError('HAWSER_HF_SETTING', 'Several environments cannot go to one Space.', {
    hint: 'Leave --space-name and --repo-id out, or push one environment.',
  });
}

/** A failure as it stands among other results. */
export function failedOf(environment: string, error: unknown): Pushed {
  const { code, message, hint, exitCode } = toFailure(error);
  return { environment, error: { code, message, ...(hint === undefined ? {} : { hint }), exitCode } };
}

/** Stages environments as the library would, and remembers what was staged last of each. */
export function rememberStaged(): {
  readonly stage: (wanted: StageOptions) => Promise<Staged>;
  readonly staged: ReadonlyMap<string, Staged>;
} {
  const staged = new Map<string, Staged>();
  const stage = async (wanted: StageOptions): Promise<Staged> => {
    const made = await stageEnvironment(wanted);
    staged.set(wanted.environment, made);
    return made;
  };
  return { stage, staged };
}

/** Where the staged files of an environment are written to. */
export function stagingFolderOf(environment: string, flags: PushFlags): string {
  return join(resolve(flags['staging-dir']), basename(resolve(environment)));
}
