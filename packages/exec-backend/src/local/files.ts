import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf } from '../stores/file-errors.js';

/** Reads a document of our own; `undefined` when it is missing, blank, or was torn by a killed writer. */
export function readDocument(path: string): unknown {
  const text = readText(path)?.trim();
  if (text === undefined || text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A file's text; `undefined` when there is none. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** The names in a folder; none when it cannot be read. */
export function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Writes a private file as a whole: its old content or the new one is there, never half. */
export function writePrivate(path: string, text: string): void {
  const staged = stage(path, text);
  try {
    renameSync(staged, path);
  } catch (error) {
    unlinkSync(staged);
    throw error;
  }
}

/** Writes a private file where there is none. Whether this call did. */
export function createPrivate(path: string, text: string): boolean {
  const staged = stage(path, text);
  try {
    linkSync(staged, path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    unlinkSync(staged);
  }
}

function stage(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const staged = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    writeFileSync(staged, text, { mode: 0o600, flag: 'wx', flush: true });
    return staged;
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') remove(staged);
    throw error;
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It was never made.
  }
}
