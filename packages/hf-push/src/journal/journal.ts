import { createHash, createHmac, randomBytes } from 'node:crypto';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HfPushError } from '../errors.js';
import { replaceFile } from '../files/replace-file.js';

/** One line of a journal. */
export type JournalEntry =
  | { readonly did: 'begin'; readonly contents: string }
  /** A content's SHA-256, by git's name of it: true for ever. */
  | { readonly did: 'digest'; readonly oid: string; readonly sha256: string }
  | { readonly did: 'create' }
  /** A secret was set: a keyed digest tells whether the next value is the same, and nothing else. */
  | {
      readonly did: 'secret';
      readonly key: string;
      readonly salt: string;
      readonly mac: string;
      readonly updatedAt?: string;
    }
  | { readonly did: 'pull-request'; readonly contents: string; readonly number: number }
  | { readonly did: 'settings' }
  | { readonly did: 'upload'; readonly sha256: string }
  /** A commit is about to be sent. */
  | { readonly did: 'commit'; readonly contents: string; readonly parent: string; readonly treeId: string }
  | { readonly did: 'committed'; readonly contents: string; readonly commit: string }
  | { readonly did: 'end'; readonly contents: string };

/**
 * What pushes to one Space did, one line each, written before or right after the deed. The Hub itself is asked what is
 * there; the journal only tells what the Hub cannot: that a commit found there is the one a killed push had sent, which
 * pull request it had opened, what a secret was set to, and SHA-256 digests that need not be computed again.
 *
 * Without a folder nothing is kept. A line that was cut off by a kill is dropped.
 */
export class Journal {
  readonly #path: string | undefined;
  readonly #entries: JournalEntry[];
  readonly #digests: Map<string, string>;

  private constructor(path: string | undefined, entries: JournalEntry[]) {
    this.#path = path;
    this.#entries = entries;
    this.#digests = new Map(entries.flatMap((entry) => (entry.did === 'digest' ? [[entry.oid, entry.sha256]] : [])));
  }

  /** Opens the journal of a Space. @throws HfPushError HAWSER_HF_LOCAL_FILE when the folder cannot be used. */
  static async open(folder: string | undefined, endpoint: string, space: string): Promise<Journal> {
    if (folder === undefined) return new Journal(undefined, []);
    const host = createHash('sha256').update(endpoint).digest('hex').slice(0, 8);
    const path = join(folder, `${space.replace('/', '--')}.${host}.jsonl`);
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await appendFile(path, '', { mode: 0o600 });
      return new Journal(path, parse(await readFile(path, 'utf8')));
    } catch (cause) {
      throw unusable(path, cause);
    }
  }

  /** @throws HfPushError HAWSER_HF_LOCAL_FILE when there is no room, or it may not be written. */
  async write(entry: JournalEntry): Promise<void> {
    this.#entries.push(entry);
    if (entry.did === 'digest') this.#digests.set(entry.oid, entry.sha256);
    if (this.#path === undefined) return;
    try {
      // By its name each time: the end of another push to this Space puts a new file there. A line of its own even after
      // one that was cut off.
      await appendFile(this.#path, `\n${JSON.stringify(entry)}\n`, { mode: 0o600 });
    } catch (cause) {
      throw unusable(this.#path, cause);
    }
  }

  /** The SHA-256 of a content, if it was ever computed. */
  sha256Of(oid: string): string | undefined {
    return this.#digests.get(oid);
  }

  /** The commit a push of these contents was about to make, or had made, when it was killed. */
  unfinishedCommit(contents: string): { readonly parent: string; readonly treeId: string } | undefined {
    let found: { readonly parent: string; readonly treeId: string } | undefined;
    for (const entry of this.#entries) {
      if (entry.did === 'commit' && entry.contents === contents) found = entry;
      if (entry.did === 'end') found = undefined;
    }
    return found;
  }

  /** The pull request a push of these contents had opened when it was killed. */
  unfinishedPullRequest(contents: string): number | undefined {
    let found: number | undefined;
    for (const entry of this.#entries) {
      if (entry.did === 'pull-request' && entry.contents === contents) found = entry.number;
      if (entry.did === 'end') found = undefined;
    }
    return found;
  }

  /** Whether a secret was last set to this value by us, and by nobody since. */
  hasSecret(key: string, value: string, updatedAt: string | undefined): boolean {
    const entry = this.#entries.findLast((each) => each.did === 'secret' && each.key === key);
    if (entry?.did !== 'secret' || macOf(entry.salt, value) !== entry.mac) return false;
    return entry.updatedAt === undefined || entry.updatedAt === updatedAt;
  }

  async writeSecret(key: string, value: string, updatedAt: string | undefined): Promise<void> {
    const salt = randomBytes(16).toString('hex');
    const stamp = updatedAt === undefined ? {} : { updatedAt };
    await this.write({ did: 'secret', key, salt, mac: macOf(salt, value), ...stamp });
  }

  /**
   * Writes down that all is done, and leaves only what the next push can use, and what another push that is under way
   * has written.
   */
  async end(contents: string, oids: ReadonlySet<string>): Promise<void> {
    await this.write({ did: 'end', contents });
    if (this.#path === undefined) return;
    const secrets = new Map(this.#entries.flatMap((entry) => (entry.did === 'secret' ? [[entry.key, entry]] : [])));
    const digests = [...this.#digests].filter(([oid]) => oids.has(oid));
    const kept: JournalEntry[] = [
      ...digests.map(([oid, sha256]) => ({ did: 'digest' as const, oid, sha256 })),
      ...secrets.values(),
    ];
    const known = new Set(this.#entries.map((entry) => JSON.stringify(entry)));
    try {
      const others = parse(await readFile(this.#path, 'utf8')).filter((entry) => !known.has(JSON.stringify(entry)));
      const lines = [...kept, ...others].map((entry) => `${JSON.stringify(entry)}\n`);
      await replaceFile(this.#path, lines.join(''), 0o600);
    } catch (cause) {
      throw unusable(this.#path, cause);
    }
  }
}

function unusable(path: string, cause: unknown): HfPushError {
  return new HfPushError('HAWSER_HF_LOCAL_FILE', `The journal ${path} cannot be used: ${(cause as Error).message}`, {
    cause,
    details: { path },
  });
}

function parse(text: string): JournalEntry[] {
  return text.split('\n').flatMap((line) => {
    try {
      const entry: unknown = JSON.parse(line);
      return typeof entry === 'object' && entry !== null && 'did' in entry ? [entry as JournalEntry] : [];
    } catch {
      return [];
    }
  });
}

function macOf(salt: string, value: string): string {
  return createHmac('sha256', Buffer.from(salt, 'hex')).update(value).digest('hex');
}
