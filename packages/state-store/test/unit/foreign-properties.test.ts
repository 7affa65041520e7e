import type { ForeignFormat, PathSegment } from '@hawser/state-store/foreign';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stringify as toToml } from 'smol-toml';
import { stringify as toYaml } from 'yaml';
import { StateStoreError } from '../../src/errors.js';
import { draftOf } from '../../src/foreign/draft.js';
import { FORMATS } from '../../src/foreign/formats.js';

const key = fc.oneof(
  fc.constantFrom('name', 'a', 'b', 'c d', 'é', 'x.y', '#', 'true', '-', '1'),
  fc.string({ minLength: 1, maxLength: 4 }),
);
const scalar = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.integer(),
  fc.boolean(),
  fc.constantFrom('yes', '# no', 'a: b', '- c', '"', "'", '\n', ' x ', '[', '{}'),
);
const { map } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalar,
    tie('map'),
    fc.array(scalar, { maxLength: 3 }),
    fc.array(tie('map'), { maxLength: 2 }),
  ),
  map: fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
}));
const value = fc.oneof(scalar, map as fc.Arbitrary<unknown>, fc.array(scalar, { maxLength: 3 }));

/** A text with comments sprinkled between its lines, where the format lets them stand. */
function commented(text: string, mark: string): string {
  const lines = text.split('\n');
  return lines
    .map((line, index) => (index % 3 === 0 && /^[\w"'[]/.test(line) ? `${mark} note ${index}\n${line}` : line))
    .join('\n');
}

/** A path through a value, chosen by `pick`; the last segment may be one that is not there. */
function pathThrough(root: unknown, pick: readonly number[]): PathSegment[] {
  const path: PathSegment[] = [];
  let at = root;
  for (const choice of pick) {
    if (typeof at !== 'object' || at === null) break;
    const keys = Object.keys(at);
    const segment =
      choice % 5 === 4 || keys.length === 0 ? (Array.isArray(at) ? at.length : 'added') : keys[choice % keys.length]!;
    path.push(Array.isArray(at) ? Number(segment) : segment);
    at = (at as Record<string | number, unknown>)[segment];
  }
  return path;
}

const comments = (text: string, mark: string): string[] =>
  text.split('\n').filter((line) => line.startsWith(`${mark} note`));

test.each<[ForeignFormat, string, (value: Record<string, unknown>) => string]>([
  ['json', '//', (root) => JSON.stringify(root, undefined, 2)],
  ['yaml', '#', (root) => toYaml(root)],
  ['toml', '#', (root) => toToml(root)],
])(
  '%s: any edit anywhere gives exactly the value asked for or an error, and keeps the comments',
  async (format, mark, render) => {
    const codec = await FORMATS[format].load();
    const count = { done: 0, refused: 0 };
    const picks = fc.array(fc.nat(9), { minLength: 1, maxLength: 4 });
    const property = fc.property(map, picks, value, fc.boolean(), (root, pick, next, isDelete) => {
      const text = commented(render(root), mark);
      const draft = draftOf(codec, text, 'file');
      const path = pathThrough(draft.value, pick);
      const present = draft.get(path);
      const siblings = JSON.stringify(draft.get(path.slice(0, -1)));
      try {
        if (isDelete) draft.delete(path);
        else draft.set(path, next);
      } catch (error) {
        if (!(error instanceof StateStoreError)) throw error;
        expect(['HAWSER_STATE_FOREIGN_EDIT', 'HAWSER_STATE_FOREIGN_NOT_PRESERVED']).toContain(error.code);
        expect(draft.text).toBe(text);
        count.refused++;
        return;
      }
      count.done++;
      const now = draft.get(path);
      if (!isDelete) expect(now).toEqual(next);
      else if (typeof path.at(-1) === 'string') expect(now).toBeUndefined();
      else expect(JSON.stringify(draft.get(path.slice(0, -1)))?.length).toBeLessThanOrEqual(siblings.length);
      // A comment may only go with the stretch it stands in.
      if (typeof present !== 'object') expect(comments(draft.text, mark)).toEqual(comments(text, mark));
    });
    fc.assert(property, {
      numRuns: 400,
      examples: [
        // A block scalar in the only place of a list, with a comment behind it.
        [{ name: ['\n'], ' ': 0 }, [0, 0], '', true],
        // A key beside an array of tables, whose own keys are no neighbours of it.
        [{ name: { 'c d': [{ ' ': [] }] } }, [0], { name: [], 'c d': 'yes' }, false],
      ],
    });
    // TOML has no lists of tables and other things together, and cannot write parts of commented arrays.
    expect(count.refused / (count.refused + count.done)).toBeLessThan(format === 'toml' ? 0.12 : 0.01);
  },
);
