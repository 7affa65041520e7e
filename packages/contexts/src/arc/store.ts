import { mkdir, open, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ContextsError } from '../errors.js';
import { asJunit } from './report/junit.js';
import { asMarkdown, asText } from './report/words.js';
import { formatSnapshot, type Snapshot } from './snapshot.js';
import type { Report } from './types.js';

/** Files of one verification. */
export interface Stored {
  /** Absolute, named after the time in UTC. */
  readonly folder: string;
  readonly files: readonly string[];
}

/**
 * Writes the artefacts of a verification into a new folder of `directory`, named `YYYYMMDDTHHMMSSZ`, and points `latest`
 * at it: `summary.json`, `report.md`, `junit.xml`, `arc_verification.txt`, `metadata.json` and, of what was seen,
 * `evidence/cluster.json`, `evidence/github.json` and `evidence/snapshot.json`, which can be replayed. The folder comes to
 * be whole or not at all.
 *
 * @throws {@link ContextsError} `HAWSER_ARC_STORE_FAILED`
 */
export async function storeReport(options: {
  readonly directory: string;
  readonly report: Report;
  /** What was seen; without it there is no `evidence`. */
  readonly snapshot?: Snapshot | undefined;
  /** The words of the command, for `metadata.json`. */
  readonly command: readonly string[];
  readonly nowMs: number;
}): Promise<Stored> {
  const { directory, nowMs } = options;
  const time = `${new Date(nowMs).toISOString().slice(0, 19).replaceAll(/[-:]/gu, '')}Z`;
  const staged = join(directory, `.${time}.${process.pid}.tmp`);
  const files = filesOf(options, time);
  try {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(staged, name)), { recursive: true });
      await write(join(staged, name), content);
    }
    const folder = await publish(staged, directory, time);
    await pointLatest(directory, folder);
    return { folder: join(directory, folder), files: Object.keys(files) };
  } catch (cause) {
    await rm(staged, { recursive: true, force: true }).catch(() => undefined);
    throw new ContextsError('HAWSER_ARC_STORE_FAILED', `The report cannot be kept in ${directory}: ${whyOf(cause)}.`, {
      cause,
      details: { directory },
    });
  }
}

/**
 * Writes what upstream's web page reads: the report with `verified_at` and `identity`, in the place of what was there.
 *
 * @throws {@link ContextsError} `HAWSER_ARC_STORE_FAILED`
 */
export async function writeStatus(path: string, report: Report): Promise<void> {
  await replaceFile(resolve(path), `${JSON.stringify(report, null, 2)}\n`);
}

/**
 * Writes a recording, in the place of what was there.
 *
 * @returns where it is, absolute
 * @throws {@link ContextsError} `HAWSER_ARC_STORE_FAILED`
 */
export async function writeSnapshot(path: string, snapshot: Snapshot): Promise<string> {
  const absolute = resolve(path);
  await replaceFile(absolute, formatSnapshot(snapshot));
  return absolute;
}

async function replaceFile(path: string, content: string): Promise<void> {
  const staged = `${path}.${process.pid}.tmp`;
  try {
    await write(staged, content);
    await rename(staged, path);
  } catch (cause) {
    await rm(staged, { force: true }).catch(() => undefined);
    throw new ContextsError('HAWSER_ARC_STORE_FAILED', `${path} could not be written: ${whyOf(cause)}.`, {
      cause,
      details: { path },
    });
  }
}

function filesOf(
  { report, snapshot, command }: Pick<Parameters<typeof storeReport>[0], 'report' | 'snapshot' | 'command'>,
  timestamp: string,
): Readonly<Record<string, string>> {
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  const last = snapshot?.observations.at(-1);
  const { owner, repository, scale_set } = report;
  return {
    'summary.json': json(report),
    'report.md': asMarkdown(report),
    'junit.xml': asJunit(report),
    'arc_verification.txt': `${asText(report)}\n`,
    'metadata.json': json({ command, owner, repository, scale_set, timestamp }),
    ...(last ? { 'evidence/cluster.json': json(last.cluster), 'evidence/github.json': json(last.github) } : {}),
    ...(snapshot ? { 'evidence/snapshot.json': formatSnapshot(snapshot) } : {}),
  };
}

async function write(path: string, content: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    // Writes all of it or rejects, a full disk included.
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Gives the folder its name; a second verification within a second gets a number. */
async function publish(staged: string, directory: string, time: string): Promise<string> {
  for (let count = 1; ; count++) {
    const name = count === 1 ? time : `${time}-${count}`;
    try {
      // Onto a folder that is not empty, no rename succeeds: of two at once, each gets a name of its own.
      await rename(staged, join(directory, name));
      return name;
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
}

async function pointLatest(directory: string, folder: string): Promise<void> {
  const pointer = join(directory, `.latest.${process.pid}.tmp`);
  await rm(pointer, { force: true });
  // A junction, where links to folders need rights.
  await symlink(folder, pointer, 'junction');
  await rename(pointer, join(directory, 'latest'));
}

function whyOf(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'the disk is full';
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return `it may not be written to (${code})`;
  return cause instanceof Error ? cause.message : String(cause);
}
