/** One thing that is wrong with a request. */
export interface RequestProblem {
  /** Where, e.g. `env.1ST` or `argv[3]`; empty for the whole. */
  readonly path: string;
  /** What is wrong, so that it reads behind the path: `must be …`. Never repeats a value that may be secret. */
  readonly message: string;
}

/** Collects what is wrong; the checks of single kinds of values answer whether the value is of that kind. */
export interface Problems {
  readonly list: RequestProblem[];
  add(path: string, message: string): void;
}

/** An empty list. */
export function newProblems(): Problems {
  const list: RequestProblem[] = [];
  return {
    list,
    add(path, message) {
      list.push({ path, message });
    },
  };
}

/** A JSON object: no array, no null. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Bytes of UTF-8. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/** Whether `value` is text of `least` to `most` characters without control characters; says so when not. */
export function checkText(
  problems: Problems,
  path: string,
  value: unknown,
  limits: { readonly least?: number; readonly most: number; readonly pattern?: RegExp; readonly like?: string },
): value is string {
  const { least = 1, most, pattern, like } = limits;
  if (typeof value !== 'string') problems.add(path, 'must be text');
  else if (value.length < least) problems.add(path, 'must not be empty');
  else if (value.length > most) problems.add(path, `must have at most ${most.toLocaleString('en-US')} characters`);
  else if (/\p{Cc}/u.test(value)) problems.add(path, 'must not contain control characters');
  else if (pattern && !pattern.test(value)) problems.add(path, like ?? `must look like ${pattern.source}`);
  else return true;
  return false;
}

/** Whether `value` is a whole number from `least` to `most`; says so when not. */
export function checkInteger(
  problems: Problems,
  path: string,
  value: unknown,
  least: number,
  most: number,
): value is number {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return true;
  problems.add(path, `must be a whole number from ${least.toLocaleString('en-US')} to ${most.toLocaleString('en-US')}`);
  return false;
}

/** Whether `value` is one of a few words; says so when not. */
export function checkWord(problems: Problems, path: string, value: unknown, words: readonly string[]): boolean {
  if (words.includes(value as string)) return true;
  problems.add(path, `must be one of ${words.join(', ')}`);
  return false;
}

/** Whether `value` is true or false; says so when not. */
export function checkFlag(problems: Problems, path: string, value: unknown): boolean {
  if (typeof value === 'boolean') return true;
  problems.add(path, 'must be true or false');
  return false;
}
