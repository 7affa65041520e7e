import { shownUrl } from '../prefect/url.js';
import { commonLines } from './line-diff.js';

/** Unchanged lines shown around a change. */
const AROUND = 2;
/** Longer lines are cut: certificates in one line are thousands of characters. */
const LONGEST = 120;

/**
 * The change of a file as a unified diff to be read by people: secrets are hidden, in unchanged lines too, and long lines
 * are cut, so it cannot be applied.
 */
export function showDiff(file: string, before: string | undefined, after: string): string {
  const old = linesOf(before ?? '');
  const now = linesOf(after);
  const shownOld = hideSecrets(old).map(cut);
  const shownNow = hideSecrets(now).map(cut);
  const rows: Row[] = [];
  let [one, other] = [0, 0];
  for (const [nextOne, nextOther] of [...commonLines(old, now), [old.length, now.length] as const]) {
    for (; one < nextOne; one += 1) rows.push({ sign: '-', text: shownOld[one] ?? '', one, other });
    for (; other < nextOther; other += 1) rows.push({ sign: '+', text: shownNow[other] ?? '', one, other });
    if (one < old.length) rows.push({ sign: ' ', text: shownOld[one] ?? '', one, other });
    one += 1;
    other += 1;
  }
  const hunks = hunksOf(rows).map((hunk) => {
    const first = hunk[0]!;
    const count = (absent: string): number => hunk.filter(({ sign }) => sign !== absent).length;
    const range = (start: number, lines: number): string => `${lines === 0 ? start : start + 1},${lines}`;
    const header = `@@ -${range(first.one, count('+'))} +${range(first.other, count('-'))} @@`;
    return [header, ...hunk.map(({ sign, text }) => `${sign}${text}`)].join('\n');
  });
  return [`--- ${before === undefined ? '/dev/null' : file}`, `+++ ${file}`, ...hunks, ''].join('\n');
}

interface Row {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
  /** Lines of either text before this one. */
  readonly one: number;
  readonly other: number;
}

function hunksOf(rows: readonly Row[]): Row[][] {
  const hunks: Row[][] = [];
  let until = -2;
  for (const [index, { sign }] of rows.entries()) {
    if (sign === ' ') continue;
    const start = Math.max(index - AROUND, 0);
    if (start > until + 1) hunks.push([]);
    const end = Math.min(index + AROUND, rows.length - 1);
    hunks.at(-1)!.push(...rows.slice(Math.max(start, until + 1, 0), end + 1));
    until = Math.max(until, end);
  }
  return hunks;
}

function linesOf(text: string): readonly string[] {
  const lines = text.split(/\r?\n/);
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

/** Keys whose value nobody is to see, in either spelling: `client-key-data`, `PREFECT_API_KEY`, `access-token`. */
const SECRET_KEY = /(?:key-data|token|password|passwd|secret|api_key|auth_string|credential|connection_url)/i;
const PAIR = /(["']?)([A-Za-z0-9_.-]+)\1(\s*[:=]\s*)("(?:[^"\\]|\\.)*"|'[^']*'|[^\s,{}[\]][^,{}[\]]*)/g;
const OPEN_KEY = /^(\s*(?:- )*)["']?([A-Za-z0-9_.-]+)["']?\s*:\s*(?:[|>][-+0-9]*)?\s*(?:#.*)?$/;

/** Hides the values of secret keys, those on lines of their own among them. */
export function hideSecrets(lines: readonly string[]): readonly string[] {
  let hidesBeyond: number | undefined;
  return lines.map((line) => {
    const indent = line.length - line.trimStart().length;
    if (hidesBeyond !== undefined && (line.trim() === '' || indent > hidesBeyond)) {
      return line.trim() === '' ? line : `${' '.repeat(indent)}[redacted]`;
    }
    const open = OPEN_KEY.exec(line);
    hidesBeyond = open !== null && isSecretKey(open[2] ?? '') ? (open[1] ?? '').length : undefined;
    const shown = line.replace(PAIR, (pair: string, quote: string, key: string, mark: string) =>
      isSecretKey(key) ? `${quote}${key}${quote}${mark}[redacted]` : pair,
    );
    // A value that goes on in the next line, which is then deeper.
    if (shown !== line && !/^\s*[{[]/.test(line)) hidesBeyond = /^\s*(?:- +)*/.exec(line)?.[0].length;
    return shownUrl(shown);
  });
}

function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key) && !/^(?:token-?file|tokenFile|auth-?provider)$/i.test(key);
}

function cut(line: string): string {
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST - 1)}… (${line.length} characters)`;
}
