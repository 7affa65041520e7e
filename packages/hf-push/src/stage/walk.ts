import { relative } from 'node:path';
import { walk, WalkError, type RefusedEntry } from '@hawser/walk';
import { HfPushError } from '../errors.js';
import type { IgnoreRules } from '../ignore/rules.js';
import { createSecretScanner } from '../secrets/scan.js';
import { hashFile } from '../tree/hash-file.js';
import type { Finding, TreeFile } from '../tree/types.js';
import { walkRules } from './walk-rules.js';

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
  /** Tree by tree. */
  readonly files: readonly TreeFile[];
  readonly findings: readonly Finding[];
}

/** The Hub takes fewer than so many files in one repository. */
const maxFiles = 100_000;
/** Contents of small files that stay in memory. */
const keptBytes = 16 << 20;

/**
 * Reads files below a root, once each: content hash and search for secrets in one pass. What is ignored is not read;
 * what cannot or must not be published becomes a finding, and the walk goes on. A link is published as what it leads to.
 *
 * @throws HfPushError HAWSER_HF_LOCAL_FILE when a file or folder cannot be read; the signal's reason when it is aborted.
 */
export async function walkTree(options: WalkOptions): Promise<Walked> {
  const { root, trees, signal } = options;
  const files: TreeFile[] = [];
  const findings: Finding[] = [];
  // Memory that is never written to is never taken.
  const keeper = { buffer: Buffer.allocUnsafeSlow(keptBytes), used: 0 };
  const rules = walkRules(options.rules);
  const entries = walk({ root, rules, from: trees, links: 'follow', limits: { entries: maxFiles }, signal });
  try {
    for await (const entry of entries) {
      const { path, kind } = entry;
      if (kind === 'refused') refuse(...whyRefused(entry, root), path);
      else if (kind === 'other') refuse('file/special', `${path} is neither a file nor a folder.`, path);
      else if (kind === 'file') await readOne(path, entry.real.toString());
    }
  } catch (error) {
    if (!(error instanceof WalkError)) throw error;
    if (error.code !== 'HAWSER_WALK_TOO_MANY')
      throw new HfPushError('HAWSER_HF_LOCAL_FILE', error.message, { cause: error });
    refuse('file/too-many', `There are more than ${maxFiles.toLocaleString('en')} files; the Hub takes fewer.`);
  }
  return { files, findings };

  function refuse(rule: string, message: string, path?: string): void {
    const hint = rule === 'file/not-utf8' ? 'Rename it.' : undefined;
    findings.push({ rule, severity: 'error', message, ...(path !== undefined && { path }), ...(hint && { hint }) });
  }

  async function readOne(path: string, real: string): Promise<void> {
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

/** The finding's rule, and what it says. */
function whyRefused({ path, raw, reason, target = '' }: RefusedEntry, root: string): readonly [string, string] {
  const forbidden = raw
    ? (['file/not-utf8', `The name of ${path} is not UTF-8.`] as const)
    : (['file/name', `The Hub takes no path like ${JSON.stringify(path)}.`] as const);
  const findings: Readonly<Record<RefusedEntry['reason'], readonly [rule: string, message: string]>> = {
    rules: forbidden,
    dangling: ['file/dangling-link', `${path} is a link to ${target}, which is not there.`],
    outside: ['file/link-outside', `${path} is a link to ${target}, which is outside of ${root}.`],
    hidden: ['file/link-ignored', `${path} is a link to ${relative(root, target)}, which is not published.`],
    loop: ['file/link-loop', `${path} leads back into itself.`],
  };
  return findings[reason];
}
