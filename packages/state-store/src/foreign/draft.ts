import { isDeepStrictEqual } from 'node:util';
import { StateStoreError } from '../errors.js';
import { applySplices, type ForeignCodec, type PathSegment, type PlainPath, type Splice } from './codec.js';

/** A foreign file being changed; every change is checked when it is made. */
export interface ForeignDraft {
  readonly text: string;
  /** The whole value as the format's parser gives it. */
  readonly value: unknown;
  /** The value at a path; `undefined` when there is none. */
  get(path: readonly PathSegment[]): unknown;
  /**
   * Sets the value at a path; missing maps on the way are made, and a list grows by one when its length is the index.
   * Setting what is there already changes nothing.
   *
   * @throws StateStoreError HAWSER_STATE_FOREIGN_EDIT when the path leads through something that is neither map nor
   *   list, or the format has no notation for the value; HAWSER_STATE_FOREIGN_NOT_PRESERVED when anything else would
   *   change with it
   */
  set(path: readonly PathSegment[], value: unknown): void;
  /** Takes the value at a path away; that it is not there is no error. Throws as `set` does. */
  delete(path: readonly PathSegment[]): void;
}

/**
 * Parses a foreign file's text.
 *
 * @throws StateStoreError HAWSER_STATE_FOREIGN_SYNTAX
 */
export function parseForeign(codec: ForeignCodec, text: string, subject: string): unknown {
  try {
    return codec.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new StateStoreError('HAWSER_STATE_FOREIGN_SYNTAX', `${subject} cannot be read as ${codec.format}: ${why}`, {
      cause,
    });
  }
}

/** Begins to change a text. */
export function draftOf(codec: ForeignCodec, original: string, subject: string): ForeignDraft {
  let text = original;
  let value = parseForeign(codec, text, subject);

  return {
    get text() {
      return text;
    },
    get value() {
      return value;
    },
    get: (path) => valueAt(value, resolve(path)),
    set(path, next) {
      const plain = resolve(path);
      if (plain.length === 0) throw refused(path, 'the whole file cannot be set');
      if (isDeepStrictEqual(valueAt(value, plain), next)) return;
      const expected = withValue(value, plain, next);
      if (expected === undefined) throw refused(path, 'the path leads through a value that has no parts');
      edit(path, codec.set(text, plain, next), expected.value);
    },
    delete(path) {
      const plain = resolve(path);
      if (valueAt(value, plain) === undefined) return;
      if (plain.length === 0) throw refused(path, 'the whole file cannot be deleted');
      edit(path, codec.delete(text, plain), withoutValue(value, plain));
    },
  };

  function edit(path: readonly PathSegment[], splices: readonly Splice[] | undefined, expected: unknown): void {
    if (splices === undefined) throw refused(path, `${codec.format} has no notation for it`);
    const nextText = applySplices(text, splices);
    let nextValue: unknown;
    try {
      nextValue = codec.parse(nextText);
    } catch (cause) {
      throw notPreserved(path, cause);
    }
    if (!isDeepStrictEqual(nextValue, expected)) throw notPreserved(path);
    text = nextText;
    value = nextValue;
  }

  function resolve(path: readonly PathSegment[]): PlainPath {
    const plain: (string | number)[] = [];
    for (const segment of path) {
      if (typeof segment !== 'object') plain.push(segment);
      else plain.push(indexOfName(valueAt(value, plain), segment.name));
    }
    return plain;
  }

  function refused(path: readonly PathSegment[], why: string): StateStoreError {
    return new StateStoreError('HAWSER_STATE_FOREIGN_EDIT', `${subject} was not changed at ${show(path)}: ${why}.`);
  }

  function notPreserved(path: readonly PathSegment[], cause?: unknown): StateStoreError {
    return new StateStoreError(
      'HAWSER_STATE_FOREIGN_NOT_PRESERVED',
      `${subject} was not changed at ${show(path)}: something else would have changed with it.`,
      { cause },
    );
  }
}

function show(path: readonly PathSegment[]): string {
  return path.map((segment) => (typeof segment === 'object' ? `[${segment.name}]` : segment)).join('.') || 'its root';
}

/** The index of the item with that name, or the one behind the last. */
function indexOfName(list: unknown, name: string): number {
  if (!Array.isArray(list)) return 0;
  const index = list.findIndex((item: unknown) => isMap(item) && item['name'] === name);
  return index === -1 ? list.length : index;
}

function valueAt(root: unknown, path: PlainPath): unknown {
  let at = root;
  for (const segment of path) {
    if (Array.isArray(at)) at = typeof segment === 'number' ? (at[segment] as unknown) : undefined;
    else at = isMap(at) && typeof segment === 'string' && Object.hasOwn(at, segment) ? at[segment] : undefined;
  }
  return at;
}

/** A copy of the value with another value at the path, or `undefined` when the path cannot lead there. */
function withValue(root: unknown, path: PlainPath, next: unknown): { value: unknown } | undefined {
  const [segment, ...rest] = path;
  if (segment === undefined) return { value: next };
  if (typeof segment === 'number') {
    const list: readonly unknown[] | undefined = Array.isArray(root)
      ? root
      : root === undefined || root === null
        ? []
        : undefined;
    if (list === undefined || segment > list.length) return undefined;
    const inner = withValue(list[segment], rest, next);
    return inner && { value: list.toSpliced(segment, 1, inner.value) };
  }
  if (root !== undefined && root !== null && !isMap(root)) return undefined;
  const map = root ?? {};
  const inner = withValue(Object.hasOwn(map, segment) ? map[segment] : undefined, rest, next);
  return inner && { value: { ...map, [segment]: inner.value } };
}

/** A copy of the value without what is at the path, which exists. */
function withoutValue(root: unknown, path: PlainPath): unknown {
  const [segment, ...rest] = path;
  if (Array.isArray(root) && typeof segment === 'number') {
    return rest.length === 0 ? root.toSpliced(segment, 1) : root.with(segment, withoutValue(root[segment], rest));
  }
  if (!isMap(root) || typeof segment !== 'string') return root;
  if (rest.length > 0) return { ...root, [segment]: withoutValue(root[segment], rest) };
  return Object.fromEntries(Object.entries(root).filter(([key]) => key !== segment));
}

/** Whether it has keys of its own to offer: a plain object, as opposed to a list or a date. */
function isMap(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
