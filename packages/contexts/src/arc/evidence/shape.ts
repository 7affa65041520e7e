/** Turns a value of unknown origin into what it must be, keeping only what it knows. Throws {@link BadShape}. */
export type Reader<T> = (value: unknown, path: string) => T;

/** Something is not what it must be; `path` says where, as in `runners[3].busy`. */
export class BadShape extends Error {
  readonly path: string;

  constructor(path: string, wanted: string, value: unknown) {
    super(`${path === '' ? 'The whole' : path} must be ${wanted}, and is ${describe(value)}.`);
    this.path = path;
  }
}

/** Longer texts are cut: what others write must not fill our reports. */
const longestText = 2_000;
/** Longer lists are refused. */
const longestList = 100_000;

export const text: Reader<string> = (value, path) => {
  if (typeof value !== 'string') throw new BadShape(path, 'a text', value);
  return value.length > longestText ? `${value.slice(0, longestText)}…` : value;
};

export const whole: Reader<number> = (value, path) => {
  if (!Number.isSafeInteger(value)) throw new BadShape(path, 'a whole number', value);
  return value as number;
};

export const flag: Reader<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw new BadShape(path, 'true or false', value);
  return value;
};

/** A time as RFC 3339 writes it. */
export const time: Reader<string> = (value, path) => {
  if (typeof value !== 'string' || Number.isNaN(Date.parse(value))) throw new BadShape(path, 'a time', value);
  return value;
};

/** `null` is as good as nothing. */
export function optional<T>(reader: Reader<T>): Reader<T | undefined> {
  return (value, path) => (value === undefined || value === null ? undefined : reader(value, path));
}

export function list<T>(reader: Reader<T>): Reader<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw new BadShape(path, 'a list', value);
    if (value.length > longestList) throw new BadShape(path, `a list of at most ${longestList} items`, value.length);
    return value.map((item, index) => reader(item, `${path}[${index}]`));
  };
}

/** A map with keys of any name, or of those that `keep` wants. */
export function map<T>(
  reader: Reader<T>,
  keep: (key: string) => boolean = () => true,
): Reader<Readonly<Record<string, T>>> {
  return (value, path) =>
    Object.fromEntries(
      Object.entries(members(value, path))
        .filter(([key]) => keep(key))
        .map(([key, item]) => [key, reader(item, join(path, key))]),
    );
}

export function oneOf<const T extends string>(...words: readonly T[]): Reader<T> {
  return (value, path) => {
    const word = words.find((one) => one === value);
    if (word === undefined) throw new BadShape(path, words.map((one) => `"${one}"`).join(' or '), value);
    return word;
  };
}

type Fields = Readonly<Record<string, Reader<unknown>>>;
type MayMiss<F extends Fields> = { [K in keyof F]: undefined extends ReturnType<F[K]> ? K : never }[keyof F];

/** What {@link object} makes: members that may be missing are left out when they are. */
export type ObjectOf<F extends Fields> = {
  readonly [K in Exclude<keyof F, MayMiss<F>>]: ReturnType<F[K]>;
} & { readonly [K in MayMiss<F>]?: Exclude<ReturnType<F[K]>, undefined> };

/** An object; members that are not named are dropped. */
export function object<F extends Fields>(fields: F): Reader<ObjectOf<F>> {
  return (value, path) => {
    const from = members(value, path);
    const kept = Object.entries(fields).flatMap(([key, reader]) => {
      const read = reader(Object.hasOwn(from, key) ? from[key] : undefined, join(path, key));
      return read === undefined ? [] : [[key, read] as const];
    });
    return Object.fromEntries(kept) as ObjectOf<F>;
  };
}

/** The members of what must be an object. */
export function members(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new BadShape(path, 'an object', value);
  return value as Readonly<Record<string, unknown>>;
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function describe(value: unknown): string {
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const words = JSON.stringify(value);
  return words.length > 60 ? `${words.slice(0, 60)}…` : words;
}
