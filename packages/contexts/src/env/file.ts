import { execFile } from 'node:child_process';
import { chmod, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type ForeignCodec, openForeign } from '@hawser/state-store/foreign';
import { ContextsError } from '../errors.js';
import { type EnvChange, type EnvEdit, editText, formatOf } from './document.js';
import type { EnvFormatName } from './formats/format.js';
import type { EnvPlan } from './plan.js';
import { envFileName } from './target.js';

/** Which file, and in which spelling. */
export interface EnvFileOptions {
  /** The folder of `.env.<target>`: the project's root. */
  readonly directory: string;
  readonly plan: EnvPlan;
  /** Default: that of the file as it is, `portable` for a new one. `github` is never guessed. */
  readonly format?: EnvFormatName;
  readonly signal?: AbortSignal;
}

/** How far a file is from its plan. */
export interface EnvDiff {
  readonly path: string;
  readonly exists: boolean;
  readonly format: EnvFormatName;
  readonly changes: readonly EnvChange[];
  /** Something would change. */
  readonly stale: boolean;
}

/** What was done to a file. */
export interface EnvWritten extends EnvDiff {
  readonly action: 'created' | 'updated' | 'unchanged';
  /** Git would take the file into a commit. */
  readonly tracked: boolean;
}

/** Only the owner: env files hold secrets sooner or later. */
const MODE = 0o600;

/** The file as one text: what belongs to whom in it is decided by {@link editText}. */
const wholeText: ForeignCodec = {
  format: 'an env file',
  parse: (text) => ({ text }),
  set: (text, _path, value) => [{ start: 0, end: text.length, text: String(value) }],
  delete: () => undefined,
};

/**
 * Writes `.env.<target>`, in one step, readable by its owner only. A file that says all this already is not touched.
 *
 * What is there and would change is changed only with `overwrite`: a block of ours with other variables, values or
 * another format; a variable of `json` or `github` with another value; and lines written by hand that set a variable of
 * ours, which are then taken out. What was written by hand besides stays as it is, byte for byte.
 *
 * @throws ContextsError HAWSER_ENV_EXISTS without `overwrite`, and what `editText` throws; StateStoreError of the file
 */
export async function writeEnv(options: EnvFileOptions & { readonly overwrite?: boolean }): Promise<EnvWritten> {
  const { directory, plan, overwrite = false, signal } = options;
  const path = join(directory, envFileName(plan.target));
  const file = openForeign({ path, format: wholeText, backup: false, mode: MODE, tool: 'hawser' });
  const { exists } = await file.read();
  let edit: EnvEdit | undefined;
  await file.update(
    async (draft) => {
      edit = await editText(draft.text, plan, options.format ?? formatOf(draft.text), path);
      if (!overwrite) refuseChange(edit, path);
      if (exists) await closeToOthers(path);
      draft.set(['text'], edit.text);
    },
    signal === undefined ? {} : { signal },
  );
  if (edit === undefined) throw new Error('the edit is run at least once');
  const stale = isStale(edit);
  return {
    path,
    exists: true,
    format: edit.format,
    changes: edit.changes,
    stale: false,
    action: !exists ? 'created' : stale ? 'updated' : 'unchanged',
    tracked: await wouldTrack(path),
  };
}

/** Compares `.env.<target>` with its plan; changes nothing. Throws as {@link writeEnv} does, but for HAWSER_ENV_EXISTS. */
export async function diffEnv(options: EnvFileOptions): Promise<EnvDiff> {
  const path = join(options.directory, envFileName(options.plan.target));
  const { exists, text } = await openForeign({ path, format: wholeText }).read();
  const edit = await editText(text, options.plan, options.format ?? formatOf(text), path);
  return { path, exists, format: edit.format, changes: edit.changes, stale: !exists || isStale(edit) };
}

/**
 * Makes sure that `.env.<target>` says what its plan says.
 *
 * @throws ContextsError HAWSER_ENV_STALE when it does not, with the names that differ; and as {@link diffEnv} does
 */
export async function checkEnv(options: EnvFileOptions): Promise<EnvDiff> {
  const diff = await diffEnv(options);
  if (!diff.stale) return diff;
  const names = diff.changes.filter(({ change }) => change !== 'same').map(({ name }) => name);
  throw new ContextsError(
    'HAWSER_ENV_STALE',
    diff.exists
      ? `${basename(diff.path)} is out of date: ${names.join(', ')}.`
      : `There is no ${basename(diff.path)} in ${dirname(diff.path)}.`,
    { details: { file: diff.path, variables: names } },
  );
}

function isStale({ changes }: EnvEdit): boolean {
  return changes.some(({ change }) => change !== 'same');
}

function refuseChange({ changes, hadBlock }: EnvEdit, path: string): void {
  const byHand = changes.filter((change) => change.byHand).map(({ name }) => name);
  const changed = changes
    .filter(({ change }) => change === 'update' || change === 'remove' || (hadBlock && change === 'add'))
    .map(({ name }) => name);
  if (changed.length === 0) return;
  const facts = { file: path, variables: changed };
  if (byHand.length === 0) {
    throw new ContextsError('HAWSER_ENV_EXISTS', `${basename(path)} says otherwise of ${changed.join(', ')}.`, {
      details: facts,
    });
  }
  throw new ContextsError(
    'HAWSER_ENV_EXISTS',
    `${basename(path)} sets ${byHand.join(', ')} in lines written by hand.`,
    {
      hint: 'Take them out, or pass --overwrite to have it done.',
      details: facts,
    },
  );
}

async function closeToOthers(path: string): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0) await chmod(path, MODE);
}

/** `git check-ignore` says 1 of a file that is tracked or would be, 0 of one that is ignored, 128 outside of a repository. */
async function wouldTrack(path: string): Promise<boolean> {
  return await new Promise((resolve) => {
    execFile('git', ['check-ignore', '--quiet', '--', path], { cwd: dirname(path) }, (error) => {
      resolve(error?.code === 1);
    });
  });
}
