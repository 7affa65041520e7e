import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ignoreMissing, isStagedFor } from './atomic-write.js';
import type { DocumentDefinition } from './define.js';
import { snapshotOf, type DocumentState, type Snapshot } from './document-state.js';
import { decodeDocument, encodeDocument, type Decoded, type DecodedDocument } from './envelope.js';
import { explainSystemError, StateStoreError } from './errors.js';
import { dropRevision, historyFolder, historyPath, keptRevisions } from './history.js';
import { removeStagedIntents } from './journal.js';
import { isUnfinishedCopy } from './keep-copy.js';
import { sweepLockLeftovers } from './lock/break.js';
import type { Member } from './member.js';
import { applySalvage, findSalvage, type DamagedFile } from './repair.js';
import { readStamped, type StampedFile } from './stamped-file.js';
import { ignoreFileOf, lockFolder, makeStoreFolder, type StoreContext } from './store-context.js';
import { compileValidator, describeComplaint, type Validator } from './validator.js';

/**
 * Makes new data out of the present. It may change its argument, but what it returns is what counts. As it may be run
 * more than once, it must do nothing else.
 */
export type Updater<T> = (data: T) => T | Promise<T>;

/** A document's way of being read, changed and written. */
export interface DocumentMember<T> extends Member<DocumentState, Updater<T>, Snapshot<T>> {
  /** Reads without a lock and without repairing; `damaged`: {@link Member.load} has to do it. */
  peek(): Promise<DocumentState | 'damaged'>;
  /** Reads without a lock; a damaged document is answered with the best there is, and left as it is. */
  peekSalvage(): Promise<DocumentState>;
  /** Reads a copy of the document; `undefined` when that is no good one. */
  peekAt(path: string): Promise<DocumentState | undefined>;
}

/** Makes a {@link DocumentMember}. */
export function documentMember<T>(store: StoreContext, definition: DocumentDefinition<T>): DocumentMember<T> {
  const { directory, writer } = store;
  const { name, version, keep, sensitive } = definition;
  const subject = `${name}.json`;
  const target = join(directory, subject);
  const lockPath = join(lockFolder(directory), name);
  let loading: Promise<Validator> | undefined;
  const validator = (): Promise<Validator> => (loading ??= loadValidator(definition));

  return {
    directory,
    subject,
    target,
    lockPaths: [lockPath],
    manners: { streak: 0 },
    ready: () => makeStoreFolder(directory),
    view: (state) => snapshotOf<T>(state),

    async peek() {
      const found = await look();
      return 'damaged' in found ? 'damaged' : found.state;
    },

    async peekSalvage() {
      const found = await look();
      if (!('damaged' in found)) return found.state;
      const salvage = await findSalvage(directory, definition, await validator(), found.damaged);
      const { data, revision, reason, from } = salvage;
      const recovered = { quarantined: target, reason, from };
      return { stamp: undefined, bytes: undefined, text: JSON.stringify(data), revision, recovered };
    },

    async peekAt(path) {
      const [validate, file] = await Promise.all([validator(), readStamped(path).catch(() => undefined)]);
      const decoded = file && decodeDocument(definition, validate, file.bytes);
      return file !== undefined && decoded?.verdict === 'good' ? goodState(file, decoded) : undefined;
    },

    async load(locks) {
      const found = await look();
      if (!('damaged' in found)) return found.state;
      const { damaged } = found;
      const salvage = await findSalvage(directory, definition, await validator(), damaged);
      const recovered = await applySalvage(directory, definition, writer, damaged, salvage, locks).catch(
        (error: unknown) => {
          throw explainSystemError(error, `repair ${subject}`, target, 'write');
        },
      );
      const repaired = recovered === undefined ? undefined : await look();
      return repaired === undefined || 'damaged' in repaired
        ? undefined
        : { ...repaired.state, ...(recovered && { recovered }) };
    },

    async change(state, updater) {
      const next: unknown = await updater(JSON.parse(state.text) as T);
      return { ...state, text: await acceptedText(next) };
    },

    encode(after, before) {
      if (after.text === before.text && before.storedVersion === version) return undefined;
      const state = {
        ...after,
        revision: before.revision + 1,
        storedVersion: version,
        writtenAt: new Date().toISOString(),
        writer,
      };
      return {
        state,
        bytes: encodeDocument(definition, { ...state, data: JSON.parse(after.text) as unknown }),
        mode: sensitive ? 0o600 : undefined,
        keep: { as: historyPath(directory, name, before.revision), how: 'link' },
      };
    },

    async sweep(dead) {
      const removeIf = async (folder: string, isStale: (entry: string) => boolean): Promise<void> => {
        const stale = (await readdir(folder).catch(() => [])).filter(isStale);
        await Promise.all(stale.map((entry) => unlink(join(folder, entry)).catch(ignoreMissing)));
      };
      await removeIf(directory, (entry) => isStagedFor(target, entry) || isStagedFor(ignoreFileOf(directory), entry));
      await removeIf(historyFolder(directory), (entry) => isUnfinishedCopy(entry) && entry.startsWith(`${name}.`));
      await removeStagedIntents(directory, dead);
      await sweepLockLeftovers(lockPath);
      const beyond = (await keptRevisions(directory, name)).slice(keep);
      await Promise.all(beyond.map((revision) => dropRevision(directory, name, revision)));
    },

    async prune(before) {
      await dropRevision(directory, name, before.revision - keep);
    },
  };

  /** What the file holds now. */
  async function look(): Promise<{ state: DocumentState } | { damaged: DamagedFile }> {
    const [validate, file] = await Promise.all([validator(), readTarget()]);
    if (file === undefined) return { state: absentState(definition) };
    const decoded = decodeDocument(definition, validate, file.bytes);
    if (decoded.verdict === 'good') return { state: goodState(file, decoded) };
    if (decoded.verdict !== 'newer') return { damaged: { target, file, decoded } };
    throw newerVersion(target, decoded, version);
  }

  async function readTarget(): Promise<StampedFile | undefined> {
    try {
      return await readStamped(target);
    } catch (error) {
      throw explainSystemError(error, `read ${subject}`, target, 'read');
    }
  }

  /** The new data as JSON, if it is JSON and fits the schema. */
  async function acceptedText(next: unknown): Promise<string> {
    let text: string | undefined;
    try {
      text = JSON.stringify(next);
    } catch (error) {
      throw refusedUpdate(subject, 'the new data cannot be written as JSON', error);
    }
    if (text === undefined) throw refusedUpdate(subject, 'the update returned nothing that can be written as JSON');
    const validate = await validator();
    if (!validate(JSON.parse(text)))
      throw refusedUpdate(subject, `the new data does not fit: ${describeComplaint(validate)}`);
    return text;
  }
}

function refusedUpdate(subject: string, why: string, cause?: unknown): StateStoreError {
  return new StateStoreError('HAWSER_STATE_INVALID_UPDATE', `${subject} was not changed: ${why}.`, { cause });
}

function absentState(definition: DocumentDefinition<unknown>): DocumentState {
  return { stamp: undefined, bytes: undefined, text: JSON.stringify(definition.default()), revision: 0 };
}

function goodState({ stamp, bytes }: StampedFile, decoded: DecodedDocument): DocumentState {
  const { data, revision, storedVersion, writtenAt, writer } = decoded;
  const facts = {
    revision,
    storedVersion,
    ...(writtenAt !== undefined && { writtenAt }),
    ...(writer !== undefined && { writer }),
  };
  return { stamp, bytes, text: JSON.stringify(data), ...facts };
}

function newerVersion(
  target: string,
  { storedVersion }: Extract<Decoded, { verdict: 'newer' }>,
  version: number,
): StateStoreError {
  return new StateStoreError(
    'HAWSER_STATE_NEWER_VERSION',
    `${target} has version ${storedVersion}; this program knows versions up to ${version} and leaves it as it is.`,
    { details: { path: target, found: storedVersion, known: version } },
  );
}

/** The definition's validator, or one compiled from its schema; the default has to pass it. */
async function loadValidator(definition: DocumentDefinition<unknown>): Promise<Validator> {
  const { name, schema } = definition;
  const validate = definition.validate ?? (await compileValidator(schema, name));
  if (validate(definition.default())) return validate;
  const why = `its default does not fit its schema: ${describeComplaint(validate)}`;
  throw new StateStoreError('HAWSER_STATE_DEFINITION', `Document '${name}' is defined wrongly: ${why}.`);
}
