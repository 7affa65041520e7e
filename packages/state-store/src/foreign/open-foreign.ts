import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { mkdir, readdir, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ignoreMissing, isStagedFor } from '../atomic-write.js';
import { explainSystemError, StateStoreError } from '../errors.js';
import { sweepLockLeftovers } from '../lock/break.js';
import type { Member, MemberState, TransactionMember } from '../member.js';
import { readStamped } from '../stamped-file.js';
import { createTurns } from '../turns.js';
import { updateMember } from '../update.js';
import type { WriteOptions } from '../write-context.js';
import type { ForeignCodec } from './codec.js';
import { draftOf, parseForeign, type ForeignDraft } from './draft.js';
import { FORMATS, type ForeignFormat, type FormatFacts } from './formats.js';

/** Changes a foreign file through its draft. As it may be run more than once, it must do nothing else. */
export type ForeignEdit = (draft: ForeignDraft) => void | Promise<void>;

/** Which file, and how it is treated. */
export interface ForeignOptions {
  /** The file; symbolic links are followed, so that a link stays a link. */
  readonly path: string;
  readonly format: ForeignFormat | ForeignCodec;
  /** Whether the file is copied to `PATH.bak` before the first change of a day (UTC). True unless given. */
  readonly backup?: boolean;
  /** Permission bits of the file if it has to be made; the format's own unless given. */
  readonly mode?: number;
  /** Told to others that wait for our lock. */
  readonly tool?: string;
  /** How long to wait for another writer, in milliseconds; 10,000 unless given. */
  readonly lockTimeoutMs?: number;
}

/** A foreign file at one moment. */
export interface ForeignSnapshot {
  readonly exists: boolean;
  readonly text: string;
  /** As the format's parser gives it; of a missing file that of an empty text. */
  readonly value: unknown;
}

/** A file that belongs to other programs as much as to us. */
export interface ForeignFile extends TransactionMember<ForeignEdit, ForeignSnapshot> {
  /** The file itself, links resolved. */
  readonly path: string;
  /** @throws StateStoreError HAWSER_STATE_FOREIGN_SYNTAX, HAWSER_STATE_NO_ACCESS, HAWSER_STATE_IO */
  read(): Promise<ForeignSnapshot>;
  /**
   * Changes the file in the places the edit names and nowhere else, byte for byte; makes it if it is missing.
   *
   * @throws StateStoreError what {@link ForeignDraft.set} throws, HAWSER_STATE_FOREIGN_SYNTAX, HAWSER_STATE_LOCKED,
   *   HAWSER_STATE_CONTENDED, HAWSER_STATE_READ_ONLY, HAWSER_STATE_DISK_FULL; the file is then as it was
   */
  update(edit: ForeignEdit, options?: WriteOptions): Promise<ForeignSnapshot>;
}

interface ForeignState extends MemberState {
  readonly bytes: Buffer | undefined;
  readonly text: string;
  readonly codec: ForeignCodec;
  readonly isBackupDue: boolean;
}

/** The byte order mark in UTF-8; a file that had it keeps it. */
const MARK = Buffer.from('\uFEFF');
const NOTHING = Buffer.alloc(0);

/** Opens a foreign file; touches nothing yet. */
export function openForeign(options: ForeignOptions): ForeignFile {
  const { format, tool = 'unknown', lockTimeoutMs = 10_000, backup = true } = options;
  const facts: FormatFacts = typeof format === 'string' ? FORMATS[format] : { load: () => Promise.resolve(format) };
  const given = resolve(options.path);
  const target = followLinks(given);
  const folder = dirname(target);
  const subject = basename(target);
  const backupPath = `${target}.bak`;
  const own = join(folder, `.${subject}.hawser-lock`);
  const peers = facts.peerLock === undefined ? [] : [facts.peerLock(given), facts.peerLock(target)];
  const turns = createTurns();
  let hasSwept = false;

  const member: Member<ForeignState, ForeignEdit, ForeignSnapshot> = {
    directory: undefined,
    subject,
    target,
    lockPaths: [...new Set([own, ...peers])],
    manners: { streak: 0 },
    view: ({ text, codec, bytes }) => ({ exists: bytes !== undefined, text, value: parseForeign(codec, text, target) }),

    async ready() {
      try {
        await mkdir(folder, { recursive: true });
      } catch (error) {
        throw explainSystemError(error, `make the folder of ${subject}`, folder, 'write');
      }
    },

    load: async () => loadState(),

    async change(state, edit) {
      const draft = draftOf(state.codec, state.text, target);
      await edit(draft);
      return { ...state, text: draft.text };
    },

    encode(after, before) {
      if (after.text === before.text) return undefined;
      const bytes = Buffer.concat([
        before.bytes?.subarray(0, 3).equals(MARK) === true ? MARK : NOTHING,
        Buffer.from(after.text),
      ]);
      return {
        state: { ...after, bytes },
        bytes,
        mode: before.bytes === undefined ? (options.mode ?? facts.mode) : undefined,
        keep: before.isBackupDue ? { as: backupPath, how: 'copy' } : undefined,
      };
    },

    async sweep() {
      const stale = (await readdir(folder)).filter((entry) => isStagedFor(target, entry));
      await Promise.all(stale.map((entry) => unlink(join(folder, entry)).catch(ignoreMissing)));
      for (const lock of member.lockPaths) await sweepLockLeftovers(lock);
    },

    prune: () => Promise.resolve(),
  };

  return {
    path: target,
    '~member': () => Promise.resolve(member),
    async read() {
      return member.view(await loadState());
    },
    update(edit, { timeoutMs = lockTimeoutMs, signal } = {}) {
      return turns.take(target, async () => {
        const snapshot = await updateMember(member, edit, { tool, timeoutMs, signal }, !hasSwept);
        hasSwept = true;
        return snapshot;
      });
    },
  };

  async function loadState(): Promise<ForeignState> {
    try {
      const [codec, file] = await Promise.all([facts.load(), readStamped(target)]);
      const text = file === undefined ? '' : decode(file.bytes, target);
      const isBackupDue = backup && file !== undefined && !(await wasWrittenToday(backupPath));
      return { codec, text, isBackupDue, stamp: file?.stamp, bytes: file?.bytes };
    } catch (error) {
      throw explainSystemError(error, `read ${subject}`, target, 'read');
    }
  }
}

/** Decodes UTF-8, without the byte order mark that some editors of Windows begin a file with. */
function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new StateStoreError('HAWSER_STATE_FOREIGN_SYNTAX', `${path} cannot be read: it is not UTF-8.`, { cause });
  }
}

async function wasWrittenToday(path: string): Promise<boolean> {
  const found = await stat(path).catch(ignoreMissing);
  return found !== undefined && dayOf(found.mtime) === dayOf(new Date());
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/** The file a path leads to, also where it is not there yet. */
function followLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // Missing: itself, or what it points to.
  }
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return isLink ? resolve(dirname(path), readlinkSync(path)) : path;
}
