import { basename, resolve } from 'node:path';
import { HfPushError } from '../errors.js';

/** Which Space is meant. */
export interface TargetOptions {
  /** `namespace/name`, or a name in the own namespace. Instead of the two below. */
  readonly repoId?: string;
  /** A person's or an organization's name. Default: whose token it is. */
  readonly namespace?: string;
  /** Default: the environment's name. */
  readonly spaceName?: string;
}

/** A name as the Hub takes it. @see huggingface_hub `utils/_validators.py` (`validate_repo_id`). */
const NAME = /^(?=.{1,96}$)[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?$/;

/** Namespace, where it was given, and name of the Space. @throws HfPushError HAWSER_HF_BAD_INPUT. */
export function parseTarget(
  { repoId, namespace, spaceName }: TargetOptions,
  environment: { readonly from: string; readonly environment: string },
): { readonly namespace: string | undefined; readonly name: string } {
  if (repoId !== undefined && (namespace !== undefined || spaceName !== undefined))
    throw new HfPushError('HAWSER_HF_BAD_INPUT', 'A repo id says both namespace and name: give one or the other');
  const parts = repoId?.split('/') ?? [];
  if (parts.length > 2) throw badName('repo id', repoId ?? '');
  const given = parts.length === 2 ? parts[0] : namespace;
  const name = parts.at(-1) ?? spaceName ?? basename(resolve(environment.from, environment.environment));
  if (given !== undefined && !isName(given)) throw badName('namespace', given);
  if (!isName(name)) throw badName('name of a Space', name);
  return { namespace: given, name };
}

function isName(text: string): boolean {
  return NAME.test(text) && !text.includes('--') && !text.includes('..') && !text.endsWith('.git');
}

function badName(what: string, text: string): HfPushError {
  return new HfPushError('HAWSER_HF_BAD_INPUT', `${JSON.stringify(text)} is no ${what} the Hub takes`, {
    hint: 'Up to 96 letters, digits, _ . and -, beginning and ending with a letter, digit or _, without -- and ..',
  });
}
