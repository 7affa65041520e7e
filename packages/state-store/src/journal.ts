import { existsSync, readdirSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { discardFile, ignoreMissing, publishFile, stagedPath, stageFile, syncFolder } from './atomic-write.js';
import { explainSystemError } from './errors.js';
import { historyFolder } from './history.js';
import { keepCopy } from './keep-copy.js';
import { isOwner, type LockOwner } from './lock/owner.js';
import { withLocks, type HeldLocks, type Lockable } from './lock/several.js';
import type { KeptCopy } from './member.js';
import { livenessOf } from './process/liveness.js';
import { quarantineFile } from './quarantine.js';
import { digestOf, readStamped, stampNow } from './stamped-file.js';
import type { Journal, WriteContext } from './write-context.js';

/** One file a transaction replaces. The new content lies staged beside it, named after the transaction. */
export interface IntentStep {
  readonly subject: string;
  readonly target: string;
  readonly lockPaths: readonly string[];
  /** Digest of the file to be replaced; `null` when there was none. */
  readonly before: string | null;
  readonly after: string;
  readonly keep?: KeptCopy | undefined;
}

/** What a transaction is going to do. Once this is on the disk, it will be done, by whomever. */
export interface Intent {
  /** Also the tag of its staged files. */
  readonly id: string;
  readonly owner: LockOwner;
  readonly steps: readonly IntentStep[];
}

/** How rolling forward ended. */
export interface RolledForward {
  /** Whether the locks were lost on the way; what was not done then is still pending. */
  readonly lost: boolean;
  /** Targets that someone has changed since; they stay as they are, and our version is in the quarantine. */
  readonly overtaken: readonly string[];
}

/** Where the intent of that transaction is stored. */
export function intentPath(directory: string, id: string): string {
  return join(intentFolder(directory), `${id}.json`);
}

/** Stores an intent: the point of no return of a transaction. */
export async function writeIntent(directory: string, intent: Intent): Promise<void> {
  const target = intentPath(directory, intent.id);
  const staged = { target, tag: intent.id };
  await stageFile({ ...staged, bytes: Buffer.from(JSON.stringify(intent)), mode: 0o600 });
  try {
    await publishFile(staged);
  } finally {
    await discardFile(staged);
  }
  await syncFolder(dirname(target));
}

/** Removes what processes left that died while they stored an intent; `ids` are the nonces of their locks. */
export async function removeStagedIntents(directory: string, ids: readonly string[]): Promise<void> {
  await Promise.all(ids.map((id) => discardFile({ target: intentPath(directory, id), tag: id })));
}

/** Does what is still to be done of an intent, with the locks of all its steps in hand, and forgets it. */
export async function rollForward(
  directory: string,
  intent: Intent,
  locks: Pick<HeldLocks, 'verify'>,
): Promise<RolledForward> {
  const overtaken: string[] = [];
  for (const step of intent.steps) {
    const { target, before, after, keep } = step;
    const staged = { target, tag: intent.id };
    const [ready, present] = await Promise.all([readStamped(stagedPath(staged)), readStamped(target)]);
    if (ready === undefined) continue;
    const now = present === undefined ? null : digestOf(present.bytes);
    const isWhole = digestOf(ready.bytes) === after;
    if (now !== after && (now !== before || !isWhole)) {
      overtaken.push(target);
      const path = stagedPath(staged);
      await quarantineFile(directory, step.subject, { path, bytes: ready.bytes, sensitive: true });
    } else if (now !== after) {
      if (keep !== undefined) await keepCopy(target, keep);
      if (!(await publishFile(staged, () => locks.verify()))) return { lost: true, overtaken };
      await syncFolder(dirname(target));
    }
    await discardFile(staged);
  }
  await unlink(intentPath(directory, intent.id)).catch(ignoreMissing);
  await syncFolder(intentFolder(directory));
  return { lost: false, overtaken };
}

/** The folder in which intents are stored. */
export function intentFolder(directory: string): string {
  return join(directory, 'transactions');
}

/** Opens a store's journal. */
export function openJournal(directory: string): Journal {
  const folder = intentFolder(directory);

  return {
    async pendingFor(target) {
      for (const path of listIntents()) {
        const intent = await readIntent(path);
        if (intent?.steps.some((step) => step.target === target) === true) return path;
      }
      return undefined;
    },

    finish,

    async finishAbandoned(context) {
      for (const path of listIntents()) {
        const intent = await readIntent(path);
        if (intent !== undefined && (await livenessOf(intent.owner)).state === 'dead') await finish(path, context);
      }
    },
  };

  function listIntents(): string[] {
    const entries = existsSync(folder) ? readdirSync(folder) : [];
    return entries.filter((entry) => /^[0-9a-f]{32}\.json$/.test(entry)).map((entry) => join(folder, entry));
  }

  async function finish(path: string, context: WriteContext): Promise<void> {
    try {
      while (await finishOnce(path, context));
    } catch (error) {
      throw explainSystemError(error, 'finish an interrupted change', folder, 'write');
    }
  }

  /** Returns whether there is more to do, because the locks were lost on the way. */
  async function finishOnce(path: string, context: WriteContext): Promise<boolean> {
    const intent = await readIntent(path);
    if (intent === undefined) return false;
    // Only what is staged can be done, so nothing else needs a lock.
    const subjects: Lockable[] = [];
    for (const step of intent.steps) {
      const staged = stampNow(stagedPath({ target: step.target, tag: intent.id }));
      if (staged !== undefined) subjects.push({ ...step, ready: () => Promise.resolve() });
    }
    const roll = async (locks: Pick<HeldLocks, 'verify'>): Promise<boolean> =>
      stampNow(path) !== undefined && (await rollForward(directory, intent, locks)).lost;
    return subjects.length === 0 ? roll({ verify: () => true }) : withLocks(subjects, context, roll);
  }

  /** Reads an intent; one that cannot be read goes to the quarantine, and what it staged is swept in time. */
  async function readIntent(path: string): Promise<Intent | undefined> {
    try {
      const file = await readStamped(path);
      if (file === undefined) return undefined;
      const intent = parseIntent(directory, file.bytes.toString());
      if (intent !== undefined && path === intentPath(directory, intent.id)) return intent;
      await quarantineFile(directory, 'transaction', { path, bytes: file.bytes, sensitive: true });
      await unlink(path).catch(ignoreMissing);
      return undefined;
    } catch (error) {
      throw explainSystemError(error, 'read what an interrupted change was to do', path, 'write');
    }
  }
}

/**
 * Reads an intent with the suspicion due to a file that may have come with somebody else's repository: it can name any
 * target, but only what lies staged in the target's own folder is ever put there, and copies only go where ours go.
 */
function parseIntent(directory: string, text: string): Intent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { id, owner, steps } = value as Partial<Record<keyof Intent, unknown>>;
  if (typeof id !== 'string' || !/^[0-9a-f]{32}$/.test(id) || !isOwner(owner) || !Array.isArray(steps))
    return undefined;
  return steps.every((step) => isStep(directory, step)) ? { id, owner, steps } : undefined;
}

function isStep(directory: string, value: unknown): value is IntentStep {
  if (typeof value !== 'object' || value === null) return false;
  const { subject, target, lockPaths, before, after, keep } = value as Partial<Record<keyof IntentStep, unknown>>;
  if (typeof subject !== 'string' || /[/\\]/.test(subject)) return false;
  if (typeof target !== 'string' || !isAbsolute(target) || typeof after !== 'string') return false;
  if (before !== null && typeof before !== 'string') return false;
  if (!Array.isArray(lockPaths) || !lockPaths.every((path) => typeof path === 'string' && isAbsolute(path)))
    return false;
  return keep === undefined || isKeptCopy(directory, target, keep);
}

function isKeptCopy(directory: string, target: string, value: unknown): value is KeptCopy {
  if (typeof value !== 'object' || value === null) return false;
  const { as, how } = value as Partial<Record<keyof KeptCopy, unknown>>;
  if (typeof as !== 'string' || (how !== 'link' && how !== 'copy')) return false;
  return as === `${target}.bak` || dirname(as) === historyFolder(directory);
}
