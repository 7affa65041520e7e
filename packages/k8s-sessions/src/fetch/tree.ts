import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, rm, rmdir, symlink } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { SessionsError } from '../errors.js';
import type { SourceRules } from '../runner/control-types.js';

/** How much may be unpacked. */
export type UnpackRules = Pick<SourceRules, 'maxUnpackedBytes' | 'maxEntries' | 'maxRatio'>;

/**
 * The only place that archives are unpacked into. Whatever an entry is called, it ends up below the folder or is refused:
 * absolute paths, `..`, backslashes, names that differ in case only, links that lead out, devices. Links are made last, so
 * that nothing is ever written through one.
 */
export class SafeTree {
  readonly #folder: string;
  readonly #rules: UnpackRules;
  /** Bytes taken in so far, packed; what the ratio is held against. */
  readonly #packedBytes: () => number;
  readonly #names = new Map<string, { readonly path: string; readonly kind: 'file' | 'folder' | 'link' }>();
  readonly #links: { readonly path: string; readonly target: string }[] = [];
  #bytes = 0;
  #entries = 0;

  constructor(folder: string, rules: UnpackRules, packedBytes: () => number) {
    this.#folder = folder;
    this.#rules = rules;
    this.#packedBytes = packedBytes;
  }

  async folder(name: string): Promise<void> {
    const path = this.#enter(name, 'folder');
    if (path !== '') await mkdir(join(this.#folder, path), { recursive: true });
  }

  /** Writes a file from pieces as they come; its size is counted while it is written, not believed. */
  async file(name: string, executable: boolean, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    const path = this.#enter(name, 'file');
    const target = join(this.#folder, path);
    await mkdir(dirname(target), { recursive: true });
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const file = await open(target, flags, executable ? 0o755 : 0o644);
    try {
      for await (const piece of pieces) {
        this.count(piece.length);
        await file.write(piece);
      }
    } finally {
      await file.close();
    }
  }

  /** A symbolic link; made by {@link finish}. */
  link(name: string, target: string): void {
    const path = this.#enter(name, 'link');
    const reached = posix.normalize(posix.join(posix.dirname(path), target));
    if (
      target === '' ||
      target.includes('\0') ||
      posix.isAbsolute(target) ||
      reached === '..' ||
      reached.startsWith('../')
    ) {
      throw refused(`${path} is a link that leads out of the archive`);
    }
    this.#links.push({ path, target });
  }

  /** @throws SessionsError HAWSER_SESSIONS_SOURCE_REJECTED for whatever is neither file, folder nor link. */
  refuseDevice(name: string): never {
    throw refused(`${name} is a device, a pipe or a socket`);
  }

  /** Counts unpacked bytes against the limits. */
  count(bytes: number): void {
    this.#bytes += bytes;
    const { maxUnpackedBytes, maxRatio } = this.#rules;
    if (this.#bytes > maxUnpackedBytes) throw tooMuch(`unpacks to more than ${maxUnpackedBytes} bytes`);
    if (this.#bytes > 1_048_576 && this.#bytes > maxRatio * this.#packedBytes()) {
      throw tooMuch(`unpacks to more than ${maxRatio} times its size`);
    }
  }

  /** Makes the links, each checked once more with all others in place, and lifts the one folder an archive often consists of. */
  async finish(options: { readonly lift: boolean }): Promise<void> {
    for (const { path, target } of this.#links) this.#checkChain(path, target);
    for (const { path, target } of this.#links) {
      await mkdir(dirname(join(this.#folder, path)), { recursive: true });
      await symlink(target, join(this.#folder, path));
    }
    if (!options.lift) return;
    const [only, ...others] = await readdir(this.#folder, { withFileTypes: true });
    if (!only?.isDirectory() || others.length > 0) return;
    // A name that none of the contents can have, for the time both are there.
    const aside = join(dirname(this.#folder), `${posix.basename(this.#folder)}.lift`);
    await rename(join(this.#folder, only.name), aside);
    await rmdir(this.#folder);
    await rename(aside, this.#folder);
  }

  /** Files and folders so far. */
  get entries(): number {
    return this.#entries;
  }

  get bytes(): number {
    return this.#bytes;
  }

  #enter(name: string, kind: 'file' | 'folder' | 'link'): string {
    this.#entries++;
    if (this.#entries > this.#rules.maxEntries) throw tooMuch(`holds more than ${this.#rules.maxEntries} entries`);
    const path = cleanPath(name);
    if (path === '' && kind !== 'folder') throw refused(`An entry of the archive has no name`);
    const parts = path === '' ? [] : path.split('/');
    for (let depth = 1; depth <= parts.length; depth++) {
      const part = parts.slice(0, depth).join('/');
      const here = depth === parts.length ? kind : 'folder';
      const key = part.normalize('NFC').toLowerCase();
      const there = this.#names.get(key);
      if (there && (there.path !== part || there.kind !== 'folder' || here !== 'folder')) {
        throw refused(`${part} is in the archive twice${there.path === part ? '' : `, as ${there.path} too`}`);
      }
      this.#names.set(key, { path: part, kind: here });
    }
    return path;
  }

  /** Follows a link through the other links of the archive, as the kernel would. */
  #checkChain(path: string, target: string): void {
    const links = new Map(this.#links.map((link) => [link.path, link.target]));
    let todo = [...posix.dirname(path).split('/'), ...target.split('/')].filter((part) => part !== '' && part !== '.');
    let at: string[] = [];
    for (let hops = 0; todo.length > 0;) {
      const part = todo.shift() as string;
      if (part === '..') {
        if (at.length === 0) throw refused(`${path} is a link that leads out of the archive`);
        at = at.slice(0, -1);
        continue;
      }
      const next = links.get([...at, part].join('/'));
      if (next === undefined) at = [...at, part];
      else {
        hops++;
        if (hops > 40) throw refused(`${path} is a link that leads round in a circle`);
        todo = [...next.split('/').filter((one) => one !== '' && one !== '.'), ...todo];
      }
    }
  }
}

/** Empties a folder. */
export async function emptyFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
}

/** The path of an entry, relative and without anything that means more than a name. */
function cleanPath(name: string): string {
  if (name.includes('\0') || name.includes('\\')) throw refused(`${JSON.stringify(name)} is no name for a file`);
  if (name.startsWith('/') || /^[a-z]:/iu.test(name)) throw refused(`${name} is an absolute path`);
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw refused(`${name} leads out of the archive`);
  if (parts.some((part) => Buffer.byteLength(part) > 255) || parts.length > 100)
    throw refused(`${name.slice(0, 80)}… is too long a name`);
  return parts.join('/');
}

function refused(message: string): SessionsError {
  return new SessionsError('HAWSER_SESSIONS_SOURCE_REJECTED', `The source was not unpacked: ${message}.`, {
    hint: 'Make the archive anew without that entry.',
  });
}

function tooMuch(what: string): SessionsError {
  return new SessionsError('HAWSER_SESSIONS_SOURCE_REJECTED', `The source ${what}.`, {
    hint: 'Whoever runs the service can raise the limit.',
  });
}
