import { unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { discardFile, publishFile, stageFile, syncFolder } from './atomic-write.js';
import type { DocumentDefinition } from './define.js';
import type { Recovery } from './document-state.js';
import { decodeDocument, encodeDocument, type Decoded, type Writer } from './envelope.js';
import { StateStoreError } from './errors.js';
import { historyPath, keptRevisions } from './history.js';
import type { HeldLocks } from './lock/several.js';
import { quarantineFile } from './quarantine.js';
import { readStamped, sameStamp, stampNow, type StampedFile } from './stamped-file.js';
import type { Validator } from './validator.js';

/** A file that does not hold a good document, and what is known of it. */
export interface DamagedFile {
  readonly target: string;
  readonly file: StampedFile;
  readonly decoded: Exclude<Decoded, { verdict: 'good' | 'newer' }>;
}

/** What a damaged document can be replaced by. */
export interface Salvage {
  readonly data: unknown;
  readonly revision: number;
  readonly reason: string;
  readonly from: Recovery['from'];
}

/**
 * Finds the best replacement for a damaged document, without touching anything: what its definition's `recover` makes
 * of it, else the newest good earlier version, else the default.
 *
 * @throws StateStoreError HAWSER_STATE_MIGRATION_FAILED when a migration failed and no earlier version passes either:
 *   then the program is more likely to be wrong than the file
 */
export async function findSalvage(
  directory: string,
  definition: DocumentDefinition<unknown>,
  validate: Validator,
  { target, decoded }: Pick<DamagedFile, 'target' | 'decoded'>,
): Promise<Salvage> {
  const reason =
    decoded.verdict === 'damaged' ? decoded.reason : `its migration from version ${decoded.storedVersion} failed`;
  const revision = decoded.verdict === 'damaged' ? (decoded.revision ?? 0) : 0;
  const own = decoded.verdict === 'damaged' ? tryRecover(definition, validate, decoded.data) : undefined;
  if (own !== undefined) return { data: own, revision: revision + 1, reason, from: 'items' };
  for (const kept of await keptRevisions(directory, definition.name)) {
    const file = await readStamped(historyPath(directory, definition.name, kept)).catch(() => undefined);
    const earlier = file === undefined ? undefined : decodeDocument(definition, validate, file.bytes);
    if (earlier?.verdict !== 'good') continue;
    // The lost version had the number after the earlier one's: watchers must not take the repair for it.
    return { data: earlier.data, revision: Math.max(revision, earlier.revision + 1) + 1, reason, from: 'previous' };
  }
  if (decoded.verdict === 'damaged') return { data: definition.default(), revision: 0, reason, from: 'default' };
  throw new StateStoreError(
    'HAWSER_STATE_MIGRATION_FAILED',
    `${target} has version ${decoded.storedVersion} and could not be brought to version ${definition.version}.`,
    { cause: decoded.cause, details: { path: target, version: decoded.storedVersion } },
  );
}

/**
 * Puts the replacement in the damaged file's place, after the damaged file has gone to the quarantine; a crash in
 * between leaves the damaged file, to be found again. Only with the document's lock in hand.
 *
 * @returns `undefined` when the file or the lock has changed meanwhile, and nothing was replaced
 */
export async function applySalvage(
  directory: string,
  definition: DocumentDefinition<unknown>,
  writer: Writer,
  { target, file }: Pick<DamagedFile, 'target' | 'file'>,
  salvage: Salvage,
  locks: Pick<HeldLocks, 'tag' | 'verify'>,
): Promise<Recovery | undefined> {
  const { name, sensitive } = definition;
  const quarantined = await quarantineFile(directory, name, { path: target, bytes: file.bytes, sensitive });
  const staged = { target, tag: locks.tag };
  if (salvage.from !== 'default') {
    const bytes = encodeDocument(definition, { ...salvage, writtenAt: new Date().toISOString(), writer });
    await stageFile({ ...staged, bytes, mode: sensitive ? 0o600 : undefined });
  }
  try {
    const isAtRest = (): boolean => locks.verify() && sameStamp(stampNow(target), file.stamp);
    if (salvage.from !== 'default') {
      if (!(await publishFile(staged, isAtRest))) return undefined;
    } else {
      if (!isAtRest()) return undefined;
      unlinkSync(target);
    }
  } finally {
    await discardFile(staged);
  }
  await syncFolder(dirname(target));
  return { quarantined, reason: salvage.reason, from: salvage.from };
}

function tryRecover(definition: DocumentDefinition<unknown>, validate: Validator, data: unknown): unknown {
  if (definition.recover === undefined || data === undefined) return undefined;
  try {
    const recovered = definition.recover(data, validate);
    return recovered !== undefined && validate(recovered) ? recovered : undefined;
  } catch {
    // It was written for data of some shape, and this has none that anybody foresaw.
    return undefined;
  }
}
