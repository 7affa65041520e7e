import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { SessionsError } from '../errors.js';
import type { SourceRules } from '../runner/control-types.js';
import { fetchGit, packedSize, unpackGit } from './git.js';
import { failed, httpGet, systemResolve, type GetOptions, type Resolve } from './http-get.js';
import { commitOf, readRefs, splitTree } from './refs.js';
import { archiveUrl, checkSource, rejected, type SourcePlan } from './source-url.js';
import { unpackTar } from './tar.js';
import { emptyFolder, SafeTree } from './tree.js';
import { unpackZip } from './zip.js';

/** Fetches the archive behind an address of a further scheme. */
export type SourceFetcher = (
  url: string,
  options: {
    readonly signal: AbortSignal;
    readonly maxBytes: number;
    readonly onProgress: (sentence: string) => void;
  },
) => Promise<{ readonly kind: 'zip' | 'tar' | 'tar.gz'; readonly body: AsyncIterable<Uint8Array> }>;

/** What is fetched, where to, and by which rules. */
export interface FetchSourceOptions {
  readonly source: { readonly url: string; readonly checksumSha256?: string | undefined };
  readonly rules: SourceRules;
  /** Where the source goes. Made when missing; what is in it is removed, also when fetching fails. */
  readonly folder: string;
  /** Sentences for a person who watches. */
  readonly onProgress?: (sentence: string) => void;
  readonly signal?: AbortSignal;
  /** Finds the fetcher of a scheme that the rules name. */
  readonly fetchers?: ((scheme: string) => Promise<SourceFetcher>) | undefined;
  /** Turns names into addresses. Default: the system's resolver. */
  readonly resolve?: Resolve;
}

/** What was fetched. */
export interface FetchedSource {
  readonly kind: SourcePlan['kind'];
  /** Commit id of a tree or repository; SHA-256 of an archive. Lower-case hex. */
  readonly revision: string;
  readonly entries: number;
  readonly bytes: number;
}

/**
 * Fetches a source and unpacks it. Nothing is believed: not the name (every address it has must be public, and only those
 * are dialled, at every redirect), not the size (counted while it arrives and while it unpacks), not the names within.
 * The one folder that an archive consists of is lifted, so that `package.json` lies where the command is run.
 *
 * @throws SessionsError HAWSER_SESSIONS_SOURCE_REJECTED by a rule, HAWSER_SESSIONS_SOURCE_FAILED when it does not arrive whole.
 */
export async function fetchSource(options: FetchSourceOptions): Promise<FetchedSource> {
  const { source, rules, folder } = options;
  const plan = checkSource(source.url, rules);
  const timeout = AbortSignal.timeout(rules.timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  const get: GetOptions = { rules, signal, resolve: options.resolve ?? systemResolve };
  await emptyFolder(folder);
  const aside = await mkdtemp(join(dirname(folder), '.fetch-'));
  try {
    const work = { ...options, get, aside, say: options.onProgress ?? ((): void => undefined) };
    return plan.kind === 'tree'
      ? await fetchTree(plan, work)
      : plan.kind === 'git'
        ? await fetchRepository(plan, work)
        : plan.kind === 'fetched'
          ? await fetchOther(plan, work)
          : await fetchArchive(plan, work);
  } catch (error) {
    await emptyFolder(folder);
    if (timeout.aborted) throw failed(`The source did not arrive within ${rules.timeoutMs / 1000} s`, { cause: error });
    if (options.signal?.aborted) throw failed('Fetching the source was stopped', { cause: error });
    throw error instanceof SessionsError
      ? error
      : failed(`The source could not be fetched: ${String(error)}`, { cause: error });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

interface Work extends FetchSourceOptions {
  readonly get: GetOptions;
  /** A folder for what is only needed on the way. */
  readonly aside: string;
  readonly say: (sentence: string) => void;
}

async function fetchTree(plan: Extract<SourcePlan, { kind: 'tree' }>, work: Work): Promise<FetchedSource> {
  const { rules, folder, source, get, say } = work;
  const repository = new URL(`${plan.repository.href}.git`);
  say(`Asking ${plan.repository.host} for ${plan.rest.join('/')}`);
  const found = splitTree((await readRefs(repository, get)).refs, plan.rest);
  if (!found) throw failed(`${plan.repository.href} has no branch or tag at the beginning of ${plan.rest.join('/')}`);
  const archive = await download(archiveUrl(plan.repository, found.commit), work);
  checkChecksum(source.checksumSha256, [found.commit, archive.sha256]);
  const tree = new SafeTree(folder, rules, () => archive.bytes);
  let taken = 0;
  const { comment } = await unpackTar(gunzipped(archive.path), tree, (path) => {
    const inside = path.split('/').slice(1).join('/');
    const within = found.folder === '' || inside === found.folder || inside.startsWith(`${found.folder}/`);
    if (!within) return undefined;
    const left = inside.slice(found.folder.length).replace(/^\//u, '');
    if (left === '' && !path.endsWith('/')) return undefined;
    taken++;
    return left;
  });
  if (taken === 0) throw failed(`There is no folder ${found.folder} in ${found.ref}`);
  if (comment !== undefined && comment !== found.commit)
    throw failed('The archive is of another commit than was asked for');
  await tree.finish({ lift: false });
  return { kind: 'tree', revision: found.commit, entries: tree.entries, bytes: tree.bytes };
}

async function fetchRepository(plan: Extract<SourcePlan, { kind: 'git' }>, work: Work): Promise<FetchedSource> {
  const { rules, folder, source, get, aside, say } = work;
  say(`Asking ${plan.url.host} for ${plan.ref ?? 'the default branch'}`);
  const advertisement = await readRefs(plan.url, get);
  const commit = commitOf(advertisement.refs, plan.ref ?? 'HEAD');
  if (commit === undefined) throw failed(`The repository has no branch or tag ${plan.ref ?? 'HEAD'}`);
  checkChecksum(source.checksumSha256, [commit]);
  const bare = join(aside, 'repository');
  say(`Fetching commit ${commit.slice(0, 12)}`);
  await fetchGit(advertisement, commit, bare, get);
  const packed = await packedSize(bare);
  const tree = new SafeTree(folder, rules, () => packed);
  await unpackGit(bare, folder, tree, get.signal);
  return { kind: 'git', revision: commit, entries: tree.entries, bytes: tree.bytes };
}

async function fetchArchive(plan: Extract<SourcePlan, { kind: 'zip' | 'tar' }>, work: Work): Promise<FetchedSource> {
  const { rules, folder, source } = work;
  const archive = await download(plan.url, work);
  checkChecksum(source.checksumSha256, [archive.sha256]);
  const tree = new SafeTree(folder, rules, () => archive.bytes);
  if (plan.kind === 'zip') await unpackZip(archive.path, tree);
  else await unpackTar(gunzipped(archive.path), tree, (path) => path);
  await tree.finish({ lift: true });
  return { kind: plan.kind, revision: archive.sha256, entries: tree.entries, bytes: tree.bytes };
}

/** What a fetcher hands over is believed as little as what a server answers. */
async function fetchOther(plan: Extract<SourcePlan, { kind: 'fetched' }>, work: Work): Promise<FetchedSource> {
  const { rules, folder, source, get, aside, say, fetchers } = work;
  if (fetchers === undefined) throw failed(`Nothing here fetches sources of ${plan.scheme}:`);
  const fetcher = await fetchers(plan.scheme);
  const { kind, body } = await fetcher(source.url, {
    signal: get.signal,
    maxBytes: rules.maxCompressedBytes,
    onProgress: say,
  });
  const archive = await keep(untilAborted(body, get.signal), { rules, aside });
  say(`Fetched ${archive.bytes} bytes`);
  checkChecksum(source.checksumSha256, [archive.sha256]);
  const tree = new SafeTree(folder, rules, () => archive.bytes);
  if (kind === 'zip') await unpackZip(archive.path, tree);
  else await unpackTar(kind === 'tar' ? createReadStream(archive.path) : gunzipped(archive.path), tree, (path) => path);
  await tree.finish({ lift: true });
  return { kind: plan.kind, revision: archive.sha256, entries: tree.entries, bytes: tree.bytes };
}

/** The same pieces, as long as somebody waits for them: a fetcher may have forgotten the signal. */
async function* untilAborted(body: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  aborted.catch(() => undefined);
  const pieces = body[Symbol.asyncIterator]();
  for (;;) {
    signal.throwIfAborted();
    const { done, value } = await Promise.race([pieces.next(), aborted]);
    if (done) return;
    yield value;
  }
}

async function download(url: URL, { rules, get, aside, say }: Work): Promise<Kept> {
  const { body, url: from } = await httpGet(url, get);
  let kept: Kept;
  try {
    kept = await keep(body, { rules, aside });
  } finally {
    body.destroy();
  }
  if (!body.complete) throw failed(`${from.host} broke off within the source`);
  say(`Fetched ${kept.bytes} bytes from ${from.host}`);
  return kept;
}

/** An archive in a file. */
interface Kept {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

async function keep(
  body: AsyncIterable<Uint8Array>,
  { rules, aside }: { readonly rules: SourceRules; readonly aside: string },
): Promise<Kept> {
  const path = join(aside, 'archive');
  const hash = createHash('sha256');
  let bytes = 0;
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const piece of body) {
      bytes += piece.length;
      if (bytes > rules.maxCompressedBytes)
        throw rejected(`The source is larger than ${rules.maxCompressedBytes} bytes`);
      hash.update(piece);
      await file.write(piece);
    }
  } finally {
    await file.close();
  }
  return { path, bytes, sha256: hash.digest('hex') };
}

async function* gunzipped(path: string): AsyncGenerator<Uint8Array> {
  const file = createReadStream(path);
  const gunzip = createGunzip();
  file.on('error', (error) => gunzip.destroy(error));
  try {
    yield* file.pipe(gunzip) as AsyncIterable<Buffer>;
  } catch (cause) {
    throw failed('The archive cannot be unpacked: it is damaged or no gzip', { cause });
  } finally {
    file.destroy();
    gunzip.destroy();
  }
}

function checkChecksum(wanted: string | undefined, known: readonly string[]): void {
  if (wanted === undefined || known.includes(wanted.toLowerCase())) return;
  throw failed(`The checksum of the source is ${known.join(' or ')}, not ${wanted}`, {
    hint: 'Somebody changed the source since the checksum was taken; look at it before you run it.',
  });
}
