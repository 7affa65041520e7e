import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { askedKinds } from './kinds.js';

/** A value, and what is known of it: `name`, or `name<TAB>description`. */
export type Value = readonly [name: string, description?: string];

/** A person who has pressed Tab waits no longer; a refresh behind the person's back may take its time. */
const [PATIENCE_MS, REFRESH_MS] = [1000, 10_000];
/** What others said is taken for true this long without asking them again, and this long when they do not answer. */
const [FRESH_MS, STALE_MS] = [20_000, 86_400_000];
/** A terminal full of values helps nobody. */
const MOST = 200;

interface Kept {
  readonly at: number;
  readonly values: readonly Value[];
}

/**
 * Prints what may stand in the place of a word, one to a line, for the scripts of shells: `complete-values KIND
 * [WORD...]`, with the words typed so far, whose flags say which account, region or backend is meant. Whatever goes
 * wrong, it prints nothing else, asks nothing, and ends with 0 within a second.
 */
export async function main([kind = '', ...rest]: readonly string[]): Promise<void> {
  const isRefresh = rest[0] === '--refresh';
  const words = isRefresh ? rest.slice(1) : rest;
  process.stderr.write = () => true;
  const end = (values: readonly Value[]): void => {
    const lines = values.filter(([name]) => /^[^\s\0]+$/.test(name)).slice(0, MOST);
    process.stdout.write(lines.map((line) => `${line.map(oneLine).join('\t')}\n`).join(''), () => process.exit(0));
  };
  process.once('uncaughtException', () => end([]));
  process.stdout.once('error', () => process.exit(0));
  const isAsked = askedKinds.has(kind);
  const file = isAsked ? cacheFile(kind, words) : undefined;
  const kept = file === undefined ? undefined : readKept(file);
  const ageMs = kept === undefined ? Infinity : Date.now() - kept.at;
  if (kept && !isRefresh && ageMs < FRESH_MS) return end(kept.values);
  const old = kept && ageMs < STALE_MS ? kept.values : [];
  setTimeout(
    () => {
      if (file !== undefined && !isRefresh) refreshLater(file, kind, words);
      end(old);
    },
    isRefresh ? REFRESH_MS : PATIENCE_MS,
  );
  try {
    const { list } = await import('./values.js');
    const values = await list(kind, words);
    if (file !== undefined) keep(file, values);
    end(values);
  } catch {
    end(old);
  }
}

/** Goes on asking where nobody waits for it, so that the next Tab finds an answer; not twice at a time. */
function refreshLater(file: string, kind: string, words: readonly string[]): void {
  const mark = `${file}.asking`;
  try {
    if (Date.now() - statSync(mark).mtimeMs < REFRESH_MS) return;
  } catch {
    // Nobody is asking.
  }
  try {
    mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 });
    writeFileSync(mark, '');
    const argv = [process.argv[1] ?? '', 'complete-values', kind, '--refresh', ...words];
    spawn(process.execPath, argv, { detached: true, stdio: 'ignore' }).unref();
  } catch {
    // Then there is no next time either.
  }
}

function cacheFile(kind: string, words: readonly string[]): string {
  const { env } = process;
  const windows = process.platform === 'win32' ? env['LOCALAPPDATA'] : undefined;
  const base = env['XDG_CACHE_HOME'] || windows || join(homedir(), '.cache');
  const folder = env['HAWSER_CACHE_DIR'] || join(base, 'hawser');
  // What the answer depends on: who asks whom.
  const names = /^(?:AWS_(?!SECRET|SESSION)|HAWSER_|HF_)/;
  const about = Object.entries(env).filter(([name]) => names.test(name));
  const flags = words.flatMap((word, at) => {
    if (word === '--local') return [word];
    return /^--(?:profile|region|endpoint-url|backend|url)\b/.test(word) ? words.slice(at, at + 2) : [];
  });
  const key = createHash('sha256')
    .update(JSON.stringify([about.toSorted(([one], [other]) => (one < other ? -1 : 1)), flags, process.cwd()]))
    .digest('hex');
  return join(folder, 'complete', `${kind}-${key.slice(0, 16)}.json`);
}

function readKept(file: string): Kept | undefined {
  try {
    const { at, values } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Kept>;
    return typeof at === 'number' && Array.isArray(values) ? { at, values } : undefined;
  } catch {
    return undefined;
  }
}

function keep(file: string, values: readonly Value[]): void {
  try {
    mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 });
    const draft = `${file}.${process.pid}`;
    writeFileSync(draft, JSON.stringify({ at: Date.now(), values } satisfies Kept), { mode: 0o600 });
    renameSync(draft, file);
  } catch {
    // A cache that cannot be written costs the next one a question.
  }
}

function oneLine(text = ''): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/[\x00-\x1f\x7f]+/g, ' ');
}
