import { isUtf8 } from 'node:buffer';
import { readdirSync, readlinkSync, realpathSync, statSync, type Dirent } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { below, isGone, look, measured, unreadable } from './look.js';
import type { Candidate, FolderRules, RefusedEntry, Walked, WalkedEntry } from './types.js';

/** What is walked; see WalkOptions. */
export interface FolderWalk {
  readonly root: string;
  readonly rules: FolderRules;
  readonly from: readonly string[];
  readonly isFollowing: boolean;
  readonly measure: boolean;
}

/** A folder that was entered. */
interface Frame {
  readonly path: string;
  readonly raw?: Buffer;
  readonly real: string | Buffer;
  /** For what is in it. */
  readonly rules: FolderRules;
  /** The folder it was come from: one that comes again is a loop. */
  readonly above: Frame | undefined;
  readonly entries: readonly Dirent<Buffer>[];
  next: number;
}

/** Folder by folder, asking rules about each entry. */
export function* walkFolders(walk: FolderWalk): Generator<Walked, void, undefined> {
  for (const start of walk.from) {
    const rules = rulesOnTheWay(walk, start);
    const entry = begin(walk, start, rules);
    if (entry.path !== '') yield entry;
    let frame = entry.kind === 'folder' ? enter(walk, entry, rules, undefined) : undefined;
    while (frame) {
      const dirent: Dirent<Buffer> | undefined = frame.entries[frame.next++];
      if (dirent === undefined) {
        frame = frame.above;
        continue;
      }
      const found = consider(walk, frame, dirent);
      if (found === undefined) continue;
      if (found.kind !== 'folder') yield found;
      else if (walk.isFollowing && isAbove(frame, found.real)) yield refused(found, 'loop');
      else {
        yield found;
        frame = enter(walk, found, frame.rules, frame) ?? frame;
      }
    }
  }
}

/** The rules that hold where a walk begins: those of the folders it does not list included. */
function rulesOnTheWay({ root, rules }: FolderWalk, start: string): FolderRules {
  const names = start === '' ? [] : start.split('/');
  return names.reduce((outer, _, index) => {
    const path = names.slice(0, index).join('/');
    return outer.within?.({ path, real: join(root, path) }) ?? outer;
  }, rules);
}

function begin(walk: FolderWalk, start: string, rules: FolderRules): Walked {
  const real = join(walk.root, start);
  const stats = look(real, start || real);
  if (!stats) throw unreadable(start || real, new Error('it is not there'));
  if (walk.isFollowing) return follow(walk, rules, { path: start, real });
  return measured({ path: start, real }, stats);
}

/** Lists a folder; undefined when it went away since it was seen. */
function enter(walk: FolderWalk, entry: WalkedEntry, outer: FolderRules, above: Frame | undefined): Frame | undefined {
  const { path, raw, real } = entry;
  let entries: Dirent<Buffer>[];
  try {
    entries = readdirSync(real, { withFileTypes: true, encoding: 'buffer' });
  } catch (cause) {
    if (above && isGone(cause)) return undefined;
    throw unreadable(path || walk.root, cause);
  }
  const rules = outer.within?.({ path, real }) ?? outer;
  return { path, ...(raw && { raw }), real, rules, above, entries: inOrder(entries), next: 0 };
}

/** As git sorts: by bytes, a folder as if a slash stood behind it, so that paths come out in order. */
function inOrder(entries: readonly Dirent<Buffer>[]): readonly Dirent<Buffer>[] {
  const keyed = entries.map((entry) => ({
    entry,
    key: entry.name.toString('latin1') + (entry.isDirectory() ? '/' : ''),
  }));
  return keyed.toSorted((a, b) => (a.key < b.key ? -1 : 1)).map(({ entry }) => entry);
}

function consider(walk: FolderWalk, frame: Frame, dirent: Dirent<Buffer>): Walked | undefined {
  const name = dirent.name.toString('utf8');
  const path = frame.path === '' ? name : `${frame.path}/${name}`;
  const isPlain = frame.raw === undefined && isUtf8(dirent.name);
  const raw = isPlain ? undefined : rawBelow(frame, dirent.name);
  const real = below(frame.real, name, isPlain ? undefined : dirent.name);
  const named = raw ? { path, raw, real } : { path, real };
  const isLink = dirent.isSymbolicLink();
  const isFolder = isLink ? walk.isFollowing && leadsToFolder(real) : dirent.isDirectory();
  const candidate: Candidate = raw ? { path, raw, isFolder } : { path, isFolder };
  const verdict = frame.rules.judge(candidate);
  if (verdict !== 'take') return verdict === 'leave' ? undefined : refused(named, 'rules');
  if (dirent.isDirectory()) return { ...named, kind: 'folder' };
  if (isLink && walk.isFollowing) return follow(walk, frame.rules, named);
  if (!walk.measure && dirent.isFile()) return raw ? { path, raw, real, kind: 'file' } : { path, real, kind: 'file' };
  if (!walk.measure && isLink) return { ...named, kind: 'link' };
  const stats = look(real, path);
  return stats && measured(named, stats);
}

/** What a link leads to, unless it is outside of the root, or the rules leave it out. */
function follow(walk: FolderWalk, rules: FolderRules, named: Pick<WalkedEntry, 'path' | 'raw' | 'real'>): Walked {
  const { root, measure } = walk;
  const target = realPathOf(named.real);
  const stats = target === undefined ? undefined : look(target, named.path);
  if (target === undefined || !stats) return refused(named, 'dangling', readlinkSync(named.real, 'utf8'));
  if (target !== named.real) {
    const inside = relative(root, target);
    if (inside === '..' || inside.startsWith(`..${sep}`)) return refused(named, 'outside', target);
    const names = inside === '' ? [] : inside.split(sep);
    const isHidden = names.some((_, index) => {
      const isFolder = index < names.length - 1 || stats.isDirectory();
      return rules.judge({ path: names.slice(0, index + 1).join('/'), isFolder }) !== 'take';
    });
    if (isHidden) return refused(named, 'hidden', target);
  }
  const entry = measured({ ...named, real: target }, stats);
  return measure || entry.kind === 'folder' || entry.kind === 'other'
    ? entry
    : { ...named, real: target, kind: 'file' };
}

function realPathOf(real: string | Buffer): string | undefined {
  try {
    // The one that is written in JavaScript is faster, and knows strings only.
    return typeof real === 'string' ? realpathSync(real) : realpathSync.native(real);
  } catch {
    return undefined;
  }
}

function refused(
  { path, raw }: Pick<WalkedEntry, 'path' | 'raw'>,
  reason: RefusedEntry['reason'],
  target?: string,
): RefusedEntry {
  return { path, ...(raw && { raw }), kind: 'refused', reason, ...(target !== undefined && { target }) };
}

function isAbove(frame: Frame, real: string | Buffer): boolean {
  for (let each: Frame | undefined = frame; each; each = each.above) if (each.real === real) return true;
  return false;
}

function leadsToFolder(real: string | Buffer): boolean {
  try {
    return statSync(real).isDirectory();
  } catch {
    return false;
  }
}

function rawBelow(frame: Frame, name: Buffer): Buffer {
  if (frame.path === '') return name;
  return Buffer.concat([frame.raw ?? Buffer.from(frame.path), Buffer.from('/'), name]);
}
