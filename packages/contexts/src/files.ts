import { realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { draftForeign, type ForeignDraft, type ForeignFormat } from '@hawser/state-store/foreign';
import { ContextsError } from './errors.js';

/**
 * The text of somebody else's file; `undefined` when there is none.
 *
 * @throws ContextsError HAWSER_CTX_FILE_INVALID when it may not be read, or is not UTF-8
 */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    const why = code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'it is not UTF-8' : message;
    throw new ContextsError('HAWSER_CTX_FILE_INVALID', `${path} cannot be read: ${why}.`, {
      hint: 'Correct the file, or its permissions.',
      details: { file: path },
      cause,
    });
  }
}

/**
 * A draft of a text, to look into it or to see what an edit would do.
 *
 * @throws ContextsError HAWSER_CTX_FILE_INVALID when the format cannot be read
 */
export async function openDraft(file: string, format: ForeignFormat, text: string): Promise<ForeignDraft> {
  try {
    return await draftForeign({ text, format, subject: file });
  } catch (cause) {
    throw fileInvalid(cause, file);
  }
}

/** The value of a file in its format; `undefined` when there is none. Throws as {@link readText} and {@link openDraft} do. */
export async function readValue(file: string, format: ForeignFormat): Promise<unknown> {
  const text = await readText(file);
  return text === undefined ? undefined : (await openDraft(file, format, text)).value;
}

/** Says that a file cannot be read, with the reason its parser gives. */
export function fileInvalid(cause: unknown, file?: string): ContextsError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new ContextsError('HAWSER_CTX_FILE_INVALID', message, { details: { file }, cause });
}

/** The file a path leads to, links followed; the path itself where nothing is. */
export function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Paths without those that lead to a file which an earlier one leads to. */
export function onceEach(paths: readonly string[]): readonly string[] {
  const real = paths.map(realOf);
  return paths.filter((_path, index) => real.indexOf(real[index] ?? '') === index);
}

/** What is at a path of maps; `undefined` where there is nothing. */
export function valueIn(value: unknown, ...path: readonly string[]): unknown {
  let at = value;
  for (const key of path) at = isMap(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  return at;
}

/** The text at a path of maps; `undefined` where there is none, or an empty one. */
export function textIn(value: unknown, ...path: readonly string[]): string | undefined {
  const found = valueIn(value, ...path);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

/** Whether it has keys of its own. */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
