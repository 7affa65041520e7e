/** An entry of a tree that is taken. */
export interface WalkedEntry {
  /** Below the root, with `/` between names. Bytes that are no UTF-8 stand as U+FFFD: see {@link raw}. */
  readonly path: string;
  /** The path as bytes, where it is not UTF-8. */
  readonly raw?: Buffer;
  /** Where it is: absolute. Of a link that was followed, where it leads. */
  readonly real: string | Buffer;
  /**
   * `executable` is told from `file` where entries are measured. `other`: a pipe, a socket, a device. `gone`: it stands in
   * the list, and not on the disk.
   */
  readonly kind: 'file' | 'executable' | 'link' | 'folder' | 'other' | 'gone';
  /** Of files and links, where entries are measured: a link's are those of its target's name. */
  readonly bytes?: number;
}

/** An entry that would be taken, and must not be; nothing below it is looked at. */
export interface RefusedEntry {
  readonly path: string;
  readonly raw?: Buffer;
  readonly kind: 'refused';
  /**
   * `rules`: the rules said so. `outside`: a link, or a name of a list, leads out of the root. `dangling`: a link leads to
   * nothing. `loop`: a link leads to a folder that it stands in. `hidden`: a link leads to what the rules leave out.
   */
  readonly reason: 'rules' | 'outside' | 'dangling' | 'loop' | 'hidden';
  /** Where a link leads: absolute, or for one that leads to nothing, as it is written. */
  readonly target?: string;
}

/** What a walk hands out. */
export type Walked = WalkedEntry | RefusedEntry;

/** What rules are shown of an entry. */
export interface Candidate {
  readonly path: string;
  readonly raw?: Buffer;
  /** A link counts as what it leads to where links are followed, and as no folder elsewhere. */
  readonly isFolder: boolean;
}

/** Rules that are asked about each entry. */
export interface FolderRules {
  /**
   * Whether an entry is taken, left out without a word, or refused. A folder that is not taken is not entered. Asked once
   * for each entry, and again when a link leads to it.
   */
  readonly judge: (candidate: Candidate) => 'take' | 'leave' | 'refuse';
  /** Rules for what is in a folder, when it is entered: those of its own ignore files are added here. */
  readonly within?: (folder: { readonly path: string; readonly real: string | Buffer }) => FolderRules;
}

/** The answer of somebody else's rules, git's for instance: these paths, and no other. */
export interface ListRules {
  /** Below the root, with `/` between names, as bytes. In any order; each is handed out once. */
  readonly names: Iterable<Uint8Array>;
}

/** How much may be taken. */
export interface WalkLimits {
  /** Entries that are handed out, folders not counted. */
  readonly entries?: number;
  /** Bytes of all of them together. */
  readonly bytes?: number;
}

/** What is walked, under which rules. */
export interface WalkOptions {
  /** Absolute, and itself no link. */
  readonly root: string;
  readonly rules: FolderRules | ListRules;
  /** Files and folders below the root to begin at, one after the other. Default: the root. Not with a list. */
  readonly from?: readonly string[];
  /**
   * `keep`, the default: a link is an entry. `follow`: what it leads to stands in its place, unless that is outside of the
   * root, or left out. Not with a list.
   */
  readonly links?: 'keep' | 'follow';
  /** Find out sizes, and what can be executed: one question more for each file. Default: with a list, or a limit of bytes. */
  readonly measure?: boolean;
  readonly limits?: WalkLimits;
  readonly signal?: AbortSignal | undefined;
}
