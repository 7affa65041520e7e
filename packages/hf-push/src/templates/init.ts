import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { HfPushError } from '../errors.js';
import { codingTemplate } from './coding.js';
import { renderFiles, type TemplateParts } from './common.js';
import { echoTemplate } from './echo.js';
import { namesOf } from './names.js';

/** What environments can be made from. */
export const templateNames = ['echo', 'coding'] as const;

/** One of {@link templateNames}. */
export type TemplateName = (typeof templateNames)[number];

const templates: Readonly<Record<TemplateName, TemplateParts>> = { echo: echoTemplate, coding: codingTemplate };

/** What to make, and where. */
export interface InitOptions {
  /** A name that Python can import, such as `my_env`. */
  readonly name: string;
  /** Default `echo`. */
  readonly template?: TemplateName;
  /** Where to work: relative paths start here. */
  readonly from: string;
  /** Folder that gets the environment's. Default: `envs` below `from` if that is there, else `from`. */
  readonly output?: string;
}

/** What was made. */
export interface InitResult {
  readonly name: string;
  readonly template: TemplateName;
  /** Absolute path of the environment's folder. */
  readonly folder: string;
  /** Below the folder, sorted. */
  readonly files: readonly string[];
}

/**
 * Makes an environment of today's layout from a template of ours: it validates, its test passes, and a push takes it.
 * The folder appears whole or not at all.
 *
 * @throws HfPushError HAWSER_HF_BAD_INPUT for a name Python cannot import or a template that is none;
 * HAWSER_HF_ENV_EXISTS when the folder is there and not empty; HAWSER_HF_LOCAL_FILE when it cannot be written.
 */
export async function initEnvironment({ name, template = 'echo', from, output }: InitOptions): Promise<InitResult> {
  const parts = Object.hasOwn(templates, template) ? templates[template] : undefined;
  if (!parts)
    throw new HfPushError('HAWSER_HF_BAD_INPUT', `There is no template ${JSON.stringify(template)}.`, {
      hint: `Choose one of ${templateNames.join(', ')}.`,
    });
  const files = renderFiles(namesOf(name), parts);
  const above = output === undefined && existsSync(join(from, 'envs')) ? 'envs' : (output ?? '.');
  const folder = resolve(from, above, name);
  if (existsSync(folder) && !(await isEmptyFolder(folder)))
    throw new HfPushError('HAWSER_HF_ENV_EXISTS', `${folder} is there already.`, { details: { folder } });
  await writeAll(folder, files);
  return { name, template, folder, files: Object.keys(files).toSorted() };
}

async function isEmptyFolder(folder: string): Promise<boolean> {
  return readdir(folder).then(
    (names) => names.length === 0,
    () => false,
  );
}

async function writeAll(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  const temporary = join(dirname(folder), `.${randomUUID()}.hawser`);
  try {
    for (const [path, text] of Object.entries(files)) {
      // oxlint-disable-next-line no-await-in-loop -- a dozen small files
      await mkdir(dirname(join(temporary, path)), { recursive: true });
      // oxlint-disable-next-line no-await-in-loop -- as above
      await writeFile(join(temporary, path), text);
    }
    await rename(temporary, folder);
  } catch (cause) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    throw new HfPushError('HAWSER_HF_LOCAL_FILE', `${folder} cannot be written: ${(cause as Error).message}`, {
      cause,
      details: { path: folder },
    });
  }
}
