import { readdirSync, readlinkSync, realpathSync, statSync, type Dirent } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { readIgnoreFiles } from '../ignore/read.js';
import type { IgnoreRules } from '../ignore/rules.js';
import { createSecretScanner } from '../secrets/scan.js';
import { hashFile } from '../tree/hash-file.js';
import type { Finding, TreeFile } from '../tree/types.js';

/** What is walked, and how. */
export interface WalkOptions {
  /** Absolute, without links. */
  readonly root: string;
  /** Files and folders below it. */
  readonly trees: readonly string[];
  readonly rules: IgnoreRules;
  /** Secrets are told of, and let through. */
  readonly allowSecrets: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** What stands below a folder, hashed. */
export interface Walked {
  /** In no order. */
  readonly files: readonly TreeFile[];
  readonly findings: readonly Finding[];
}

/** The Hub takes fewer than so many files in one repository. */
const maxFiles = 100_000;
/** Contents of small files that stay in memory. */
const keptBytes = 16 << 20;
/** After so many files, others get their turn. */
const sliceFiles = 128;

interface Place {
  readonly path: string;
  /** Where it really is: no part of it is a link. */
  readonly real: string;
  readonly rules: IgnoreRules;
  /** Real folders on the way here: one that comes again is a loop. */
  readonly above: readonly string[];
}

/**
 * Reads files below a root, once each: content hash and search for secrets in one pass. What is ignored is not read;
 * what cannot or must not be published becomes a finding, and the walk goes on.
 *
 * @throws HfPushError HAWSER_HF_LOCAL_FILE when a file cannot be read; the signal's reason when it is aborted.
 */
export async function walkTree(options: WalkOptions): Promise<Walked> {
  const { root, signal } = options;
  const files: TreeFile[] = [];
  const findings: Finding[] = [];
  const pending: Place[] = [];
  // Memory that is never written to is never taken.
  const keeper = { buffer: Buffer.allocUnsafeSlow(keptBytes), used: 0 };
  const start = withLayersOf(options.rules, root, '');
  for (const tree of options.trees) {
    let rules = start;
    const names = tree === '' ? [] : tree.split('/');
    for (const [index] of names.slice(0, -1).entries()) {
      const above = names.slice(0, index + 1).join('/');
      rules = withLayersOf(rules, join(root, above), above);
    }
    const real = follow(tree, join(root, tree), rules);
    if (real !== undefined) enter({ path: tree, real, rules, above: [] });
  }
  let sinceTurn = 0;
  for (let place = pending.pop(); place && files.length <= maxFiles; place = pending.pop()) {
    sinceTurn += 1;
    if (sinceTurn >= sliceFiles) {
      sinceTurn = 0;
      // oxlint-disable-next-line no-await-in-loop -- one file after the other keeps memory bounded
      await setImmediate();
      signal?.throwIfAborted();
    }
    // oxlint-disable-next-line no-await-in-loop -- one file after the other keeps memory bounded
    await readOne(place);
  }
  if (files.length > maxFiles)
    refuse('file/too-many', `There are more than ${maxFiles.toLocaleString('en')} files; the Hub takes fewer.`);
  return { files, findings };

  function refuse(rule: string, message: string, path?: string, hint?: string): void {
    findings.push({ rule, severity: 'error', message, ...(path !== undefined && { path }), ...(hint && { hint }) });
  }

  /** Looks at what an entry is: a folder's entries wait, as a file does itself. */
  function enter(place: Place): void {
    const stats = statSync(place.real);
    if (stats.isFile()) pending.push(place);
    else if (stats.isDirectory()) enterFolder(place);
    else refuse('file/special', `${place.path} is neither a file nor a folder.`, place.path);
  }

  function enterFolder({ path, real, rules: outer, above }: Place): void {
    if (above.includes(real)) return refuse('file/link-loop', `${path} leads back into itself.`, path);
    // Those of the root are in the rules from the start.
    const rules = path === '' ? outer : withLayersOf(outer, real, path);
    for (const entry of readdirSync(real, { withFileTypes: true, encoding: 'buffer' })) {
      const name = entry.name.toString('utf8');
      const inner = path === '' ? name : `${path}/${name}`;
      if (rules.isIgnored(inner, isFolder(entry, join(real, name)))) continue;
      if (!Buffer.from(name).equals(entry.name))
        refuse('file/not-utf8', `The name of ${inner} is not UTF-8.`, inner, 'Rename it.');
      else if (isForbidden(name)) refuse('file/name', `The Hub takes no path like ${JSON.stringify(inner)}.`, inner);
      else enterEntry(entry, { path: inner, real: join(real, name), rules, above: [...above, real] });
    }
  }

  /** Spares asking the file system what the folder said already. */
  function enterEntry(entry: Dirent<Buffer>, place: Place): void {
    if (entry.isFile()) pending.push(place);
    else if (entry.isDirectory()) enterFolder(place);
    else {
      const real = follow(place.path, place.real, place.rules);
      if (real !== undefined) enter({ ...place, real });
    }
  }

  /** Where a path really leads, unless that is a place from which nothing may be published. */
  function follow(path: string, absolute: string, rules: IgnoreRules): string | undefined {
    let target: string;
    try {
      target = realpathSync(absolute);
    } catch {
      const dangling = `${path} is a link to ${readlinkSync(absolute)}, which is not there.`;
      refuse('file/dangling-link', dangling, path);
      return undefined;
    }
    if (target === absolute) return target;
    const below = relative(root, target);
    if (below === '..' || below.startsWith(`..${sep}`)) {
      refuse('file/link-outside', `${path} is a link to ${target}, which is outside of ${root}.`, path);
      return undefined;
    }
    const names = below.split(sep);
    const isHidden = names.some((_, index) => {
      const each = names.slice(0, index + 1).join('/');
      return each !== '' && rules.isIgnored(each, index < names.length - 1 || statSync(target).isDirectory());
    });
    if (isHidden) refuse('file/link-ignored', `${path} is a link to ${below}, which is not published.`, path);
    return isHidden ? undefined : target;
  }

  async function readOne({ path, real }: Place): Promise<void> {
    let scanner = createSecretScanner();
    const onlooker = {
      see: (bytes: Buffer, isLast: boolean) => scanner.see(bytes, isLast),
      again: () => (scanner = createSecretScanner()),
    };
    const { bytes, ...named } = await hashFile(real, path, onlooker, keeper);
    files.push({
      path,
      ...named,
      content: bytes ? { kind: 'bytes', bytes, path: real } : { kind: 'file', path: real },
    });
    for (const { kind, line } of scanner.found())
      findings.push({
        rule: 'secret/found',
        severity: options.allowSecrets ? 'warning' : 'error',
        message: `${path} holds what looks like a ${kind}, in line ${line}.`,
        path,
        line,
      });
  }
}

/** The patterns that a folder's own ignore files add. */
function withLayersOf(rules: IgnoreRules, absolute: string, folder: string): IgnoreRules {
  const layers = readIgnoreFiles(absolute).map((patterns) => ({ folder, patterns }));
  return layers.length > 0 ? rules.with(layers) : rules;
}

function isFolder(entry: Dirent<Buffer>, absolute: string): boolean {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return statSync(absolute, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Names that are git's or the Hub client's own, and characters that no path of the Hub may hold. */
function isForbidden(name: string): boolean {
  // oxlint-disable-next-line no-control-regex -- those are what is looked for
  return /^\.(?:git|cache)$/i.test(name) || /[\u0000-\u001F\u007F\\]/.test(name);
}
