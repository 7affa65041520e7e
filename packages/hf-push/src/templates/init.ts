import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { HfPushError } from '../errors.js';
import { codingTemplate } from './coding.js';
import { renderFiles, type TemplateParts } from './common.js';
import { echoTemplate } from './echo.js';
import { namesOf, type TemplateNames } from './names.js';

/** What environments can be made from. */
export const templateNames = ['echo', 'coding'] as const;

/** One of {@link templateNames}. */
export type TemplateName = (typeof templateNames)[number];

const templates: Readonly<Record<TemplateName, TemplateParts>> = { echo: echoTemplate, coding: codingTemplate };

/** A template of somebody else. */
export interface CustomTemplate {
  readonly name: string;
  /** All files of the environment: paths below its folder, with `/`, and texts. */
  files(names: TemplateNames): Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
}

/** What to make, and where. */
export interface InitOptions {
  /** A name that Python can import, such as `my_env`. */
  readonly name: string;
  /** Default `echo`. */
  readonly template?: TemplateName | CustomTemplate;
  /** Where to work: relative paths start here. */
  readonly from: string;
  /** Folder that gets the environment's. Default: `envs` below `from` if that is there, else `from`. */
  readonly output?: string;
}

/** What was made. */
export interface InitResult {
  readonly name: string;
  /** Name of the template. */
  readonly template: string;
  /** Absolute path of the environment's folder. */
  readonly folder: string;
  /** Below the folder, sorted. */
  readonly files: readonly string[];
}

/**
 * Makes an environment of today's layout from a template of ours: it validates, its test passes, and a push takes it.
 * The folder appears whole or not at all.
 *
 * @throws HfPushError HAWSER_HF_BAD_INPUT for a name Python cannot import, a template that is none, or one with a file outside the folder;
 * HAWSER_HF_ENV_EXISTS when the folder is there and not empty; HAWSER_HF_LOCAL_FILE when it cannot be written.
 */
export async function initEnvironment({ name, template = 'echo', from, output }: InitOptions): Promise<InitResult> {
  const files = await filesOf(template, namesOf(name));
  const above = output === undefined && existsSync(join(from, 'envs')) ? 'envs' : (output ?? '.');
  const folder = resolve(from, above, name);
  if (existsSync(folder) && !(await isEmptyFolder(folder)))
    throw new HfPushError('HAWSER_HF_ENV_EXISTS', `${folder} is there already.`, { details: { folder } });
  await writeAll(folder, files);
  const made = typeof template === 'string' ? template : template.name;
  return { name, template: made, folder, files: Object.keys(files).toSorted() };
}

async function filesOf(
  template: TemplateName | CustomTemplate,
  names: TemplateNames,
): Promise<Readonly<Record<string, string>>> {
  if (typeof template !== 'string') {
    const files = await template.files(names);
    const wrong = Object.entries(files).find(([path, text]) => !isBelow(path) || typeof text !== 'string');
    if (!wrong && Object.keys(files).length > 0) return files;
    const why = wrong ? `would write ${JSON.stringify(wrong[0])}` : 'has no files';
    throw new HfPushError('HAWSER_HF_BAD_INPUT', `The template ${template.name} ${why}.`, {
      hint: 'A template writes texts, and only below the folder of the environment.',
    });
  }
  if (Object.hasOwn(templates, template)) return renderFiles(names, templates[template]);
  throw new HfPushError('HAWSER_HF_BAD_INPUT', `There is no template '${template}'.`, {
    hint: `Choose one of ${templateNames.join(', ')}.`,
  });
}

function isBelow(path: string): boolean {
  return !/^$|[\\:\0]/.test(path) && path.split('/').every((step) => step !== '' && step !== '.' && step !== '..');
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
