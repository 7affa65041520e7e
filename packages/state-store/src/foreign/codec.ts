/** One step into a value: a key of a map, an index of a list, or the list item whose `name` it is. */
export type PathSegment = string | number | { readonly name: string };

/** A path with the names resolved to indexes. */
export type PlainPath = readonly (string | number)[];

/** Replaces a stretch of a text. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * A file format whose files can be changed in one place without touching the rest.
 *
 * Edits are answered as splices of the text, so that everything outside of them stays as it is, byte for byte; whether
 * they mean what was asked for is then checked by parsing the result.
 */
export interface ForeignCodec {
  /** Its name in messages. */
  readonly format: string;
  /** The text's value. Throws an `Error` that says what is wrong and where. */
  parse(text: string): unknown;
  /** Splices that give the value at the path; missing maps on the way are made. `undefined`: it cannot be done. */
  set(text: string, path: PlainPath, value: unknown): readonly Splice[] | undefined;
  /** Splices that take away the value at the path, which exists. `undefined`: it cannot be done. */
  delete(text: string, path: PlainPath): readonly Splice[] | undefined;
}

/** The text with the splices done; they must not overlap. */
export function applySplices(text: string, splices: readonly Splice[]): string {
  let result = text;
  for (const { start, end, text: insert } of splices.toSorted((one, other) => other.start - one.start)) {
    result = result.slice(0, start) + insert + result.slice(end);
  }
  return result;
}
