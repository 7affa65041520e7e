import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '@hawser/cli-kit';
import { openForeign } from '@hawser/state-store/foreign';
import { beginFile } from '../config/file-schemas.js';
import { CliError } from '../errors.js';
import { readPairs } from './pairs.js';
import { detectRepository } from '@hawser/exec-client';

/** What the flags say of a project. */
export interface ProjectRequest {
  readonly repo?: string | undefined;
  readonly branch?: string | undefined;
  readonly image?: string | undefined;
  /** In milliseconds. */
  readonly timeout?: number | undefined;
  readonly env?: readonly string[] | undefined;
  readonly backend?: string | undefined;
  readonly yes: boolean;
  readonly force: boolean;
}

/** The file of a project, and what stands in it now. */
export interface ProjectFile {
  readonly path: string;
  readonly text: string;
}

/** The answers, by the keys of the file. */
interface Answers {
  repo: string;
  branch: string;
  image: string;
  timeout: string;
  env: Record<string, string>;
}

/** Writes `.hawser.yaml` into the working directory, asking a person at a terminal for what the flags leave open. */
export async function initProject(flags: ProjectRequest, { ask }: Pick<Context, 'ask'>): Promise<ProjectFile> {
  const path = join(process.cwd(), '.hawser.yaml');
  if (!flags.force && (await isThere(path))) {
    throw new CliError('HAWSER_EXEC_FILE', `${path} is there already.`, {
      hint: 'Edit it, or write over what is asked for with --force.',
    });
  }
  const found: Answers = {
    repo: flags.repo ?? (await detectRepository(process.cwd()))?.remote?.url ?? '',
    branch: flags.branch ?? '',
    image: flags.image ?? '',
    timeout: flags.timeout === undefined ? '' : String(Math.ceil(flags.timeout / 1000)),
    env: readPairs(flags.env ?? [], 'variable'),
  };
  const answers = ask.interactive && !flags.yes ? await askAll(found, ask) : found;
  await beginFile(path, 'project', 0o644);
  const { text } = await openForeign({ path, format: 'yaml', mode: 0o644, tool: 'hawser' }).update((draft) => {
    const { repo, branch, image, timeout, env } = answers;
    for (const [key, value] of Object.entries({ backend: flags.backend ?? '', repo, branch, image })) {
      if (value !== '') draft.set([key], value);
    }
    if (timeout !== '') draft.set(['timeout'], Number(timeout));
    for (const [name, value] of Object.entries(env)) draft.set(['env', name], value);
  });
  return { path, text };
}

async function askAll(found: Answers, ask: Context['ask']): Promise<Answers> {
  const question = (text: string, suggested: string, flag: string): Promise<string> =>
    ask.text({ question: text, flag, ...(suggested !== '' && { suggested }) });
  const answers: Answers = {
    repo: await question('Repository URL:', found.repo, '--repo'),
    branch: await question('Branch (empty: the one the remote names):', found.branch, '--branch'),
    image: await question("Container image (empty: the backend's):", found.image, '--image'),
    timeout: await question('Timeout in seconds:', found.timeout === '' ? '1800' : found.timeout, '--timeout'),
    env: { ...found.env },
  };
  let more = await ask.confirm({ question: 'Add environment variables?', flag: '--env' });
  while (more) {
    const name = await question('KEY:', '', '--env');
    Object.assign(answers.env, readPairs([`${name}=${await question('VALUE:', '', '--env')}`], 'variable'));
    more = await ask.confirm({ question: 'Add another?', flag: '--env' });
  }
  return answers;
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
