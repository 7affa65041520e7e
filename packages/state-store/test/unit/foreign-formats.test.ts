import { draftForeign, openForeign, type ForeignFormat, type PathSegment } from '@hawser/state-store/foreign';
import { describe, expect, test } from '@jest/globals';
import { draftOf } from '../../src/foreign/draft.js';
import { FORMATS } from '../../src/foreign/formats.js';

type Edit = readonly ['set', readonly PathSegment[], unknown] | readonly ['delete', readonly PathSegment[]];

async function edited(format: ForeignFormat, text: string, edit: Edit): Promise<string> {
  const draft = draftOf(await FORMATS[format].load(), text, 'file');
  if (edit[0] === 'set') draft.set(edit[1], edit[2]);
  else draft.delete(edit[1]);
  return draft.text;
}

function nameOf(edit: Edit): string {
  return JSON.stringify(edit, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}

/** A case: an edit, the lines that go, and the lines that come in their place. */
type Case = readonly [Edit, readonly string[], readonly string[]];

/** Everything but those lines must be as before. */
function casesOf(format: ForeignFormat, text: string, cases: readonly Case[]): void {
  test.each(cases.map((each) => [nameOf(each[0]), each] as const))('%s', async (_name, [edit, gone, come]) => {
    for (const lineBreak of ['\n', '\r\n']) {
      const before = text.replaceAll('\n', lineBreak);
      const after = await edited(format, before, edit);
      expect(changesOf(before.split(lineBreak), after.split(lineBreak))).toEqual({ gone, come });
    }
  });
}

function changesOf(before: readonly string[], after: readonly string[]): { gone: string[]; come: string[] } {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < Math.min(before.length, after.length) - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  return { gone: before.slice(head, before.length - tail), come: after.slice(head, after.length - tail) };
}

async function refusal(format: ForeignFormat, text: string, edit: Edit): Promise<unknown> {
  return edited(format, text, edit).then(
    (after) => ({ after }),
    (error: unknown) => error,
  );
}

describe('yaml', () => {
  const text = `# top
apiVersion: v1
clusters:
- cluster:
    server: "https://x"  # c
  name: a
# between
- cluster: {server: b, x: [1, 2]}
  name: b

users: []
empty:
block: |
  hello
  world

anchor: &A
  k: 1
alias: *A
last: x # end
# tail
`;
  casesOf('yaml', text, [
    [['set', ['apiVersion'], 'v2'], ['apiVersion: v1'], ['apiVersion: v2']],
    [
      ['set', ['clusters', { name: 'a' }, 'cluster', 'server'], 'https://y'],
      ['    server: "https://x"  # c'],
      ['    server: https://y  # c'],
    ],
    [['set', ['clusters', { name: 'a' }, 'cluster', 'insecure'], true], [], ['    insecure: true']],
    [['set', ['clusters', { name: 'a' }, 'cluster', 'old'], 'yes'], [], ['    old: "yes"']],
    [
      ['set', ['clusters', { name: 'b' }, 'cluster', 'x', 0], 9],
      ['- cluster: {server: b, x: [1, 2]}'],
      ['- cluster: {server: b, x: [9, 2]}'],
    ],
    [
      ['set', ['clusters', { name: 'b' }, 'cluster', 'z'], { q: 1 }],
      ['- cluster: {server: b, x: [1, 2]}'],
      ['- cluster: {server: b, x: [1, 2], "z": {"q":1}}'],
    ],
    [
      ['set', ['clusters', { name: 'c' }], { name: 'c', cluster: { server: 'z' } }],
      [],
      ['- name: c', '  cluster:', '    server: z'],
    ],
    [['set', ['users', { name: 'u' }], { name: 'u' }], ['users: []'], ['users:', '  - name: u']],
    [['set', ['empty'], 'x'], ['empty:'], ['empty: x']],
    [['set', ['empty', 'a', 'b'], 1], [], ['  a:', '    b: 1']],
    [['set', ['block'], 'one'], ['block: |', '  hello', '  world'], ['block: one']],
    [['set', ['alias'], 3], ['alias: *A'], ['alias: 3']],
    [['set', ['last'], ['p', 'q']], ['last: x # end'], ['last:', '  - p', '  - q # end']],
    [['set', ['clusters'], { x: 1 }], text.split('\n').slice(3, 9), ['  x: 1']],
    [['delete', ['block']], ['block: |', '  hello', '  world'], []],
    [['delete', ['last']], ['last: x # end'], []],
    [['delete', ['clusters', 0]], ['- cluster:', '    server: "https://x"  # c', '  name: a'], []],
    [
      ['delete', ['clusters', 0, 'cluster']],
      ['- cluster:', '    server: "https://x"  # c', '  name: a'],
      ['- name: a'],
    ],
    [
      ['delete', ['clusters', 0, 'cluster', 'server']],
      ['- cluster:', '    server: "https://x"  # c'],
      ['- cluster: {}'],
    ],
    [
      ['delete', ['clusters', 1, 'cluster', 'x', 0]],
      ['- cluster: {server: b, x: [1, 2]}'],
      ['- cluster: {server: b, x: [2]}'],
    ],
    [['delete', ['nothing', 'there']], [], []],
    [['set', ['apiVersion'], 'v1'], [], []],
  ]);

  test('what an alias shares cannot be changed in one place only, and nothing is written', async () => {
    expect(await refusal('yaml', text, ['set', ['anchor', 'k'], 2])).toMatchObject({
      code: 'HAWSER_STATE_FOREIGN_NOT_PRESERVED',
      exitCode: 1,
      message: 'file was not changed at anchor.k: something else would have changed with it.',
    });
  });

  test('an empty file, one of comments only, and one without a last line break can be added to', async () => {
    expect(await edited('yaml', '', ['set', ['a', 'b'], 1])).toBe('a:\n  b: 1\n');
    expect(await edited('yaml', '# only this', ['set', ['a'], 1])).toBe('# only this\na: 1\n');
    expect(await edited('yaml', 'a: 1', ['set', ['b'], 2])).toBe('a: 1\nb: 2');
  });

  test.each([
    ['a: [1', 'flow'],
    ['a: 1\na: 2', 'unique'],
    ['just text', 'neither a map nor a list'],
    ['a: 1\n---\nb: 2', 'multiple documents'],
  ])('%p cannot be read', async (broken, why) => {
    const error = await refusal('yaml', broken, ['set', ['x'], 1]);
    expect(error).toMatchObject({ code: 'HAWSER_STATE_FOREIGN_SYNTAX', exitCode: 2 });
    expect((error as Error).message.toLowerCase()).toContain(why);
  });
});

describe('kubeconfig', () => {
  test('a list is none', async () => {
    expect(await refusal('kubeconfig', '- a\n', ['set', ['x'], 1])).toMatchObject({
      code: 'HAWSER_STATE_FOREIGN_SYNTAX',
    });
  });
});

describe('json', () => {
  const text = `{
  // comment
  "a": 1, // one
  "b": { "c": [1, 2, 3], "d": {} },
  "list": [
    { "name": "x", "v": 1 },
    { "name": "y" }
  ],
  "z": "end" // last
}
`;
  casesOf('json', text, [
    [['set', ['a'], 2], ['  "a": 1, // one'], ['  "a": 2, // one']],
    [
      ['set', ['new'], { x: [1] }],
      ['  "z": "end" // last'],
      ['  "z": "end", // last', '  "new": {', '    "x": [', '      1', '    ]', '  }'],
    ],
    [['set', ['b', 'c', 3], 4], ['  "b": { "c": [1, 2, 3], "d": {} },'], ['  "b": { "c": [1, 2, 3, 4], "d": {} },']],
    [['set', ['list', { name: 'y' }, 'v'], 'é'], ['    { "name": "y" }'], ['    { "name": "y", "v": "é" }']],
    [
      ['set', ['list'], []],
      ['  "list": [', '    { "name": "x", "v": 1 },', '    { "name": "y" }', '  ],'],
      ['  "list": [],'],
    ],
    [['delete', ['a']], ['  "a": 1, // one'], []],
    [['delete', ['z']], ['  ],', '  "z": "end" // last'], ['  ]']],
    [['delete', ['list', 1]], ['    { "name": "x", "v": 1 },', '    { "name": "y" }'], ['    { "name": "x", "v": 1 }']],
    [['delete', ['b', 'c', 1]], ['  "b": { "c": [1, 2, 3], "d": {} },'], ['  "b": { "c": [1, 3], "d": {} },']],
    [['delete', ['b', 'd']], ['  "b": { "c": [1, 2, 3], "d": {} },'], ['  "b": { "c": [1, 2, 3] },']],
  ]);

  test('tabs, one line, trailing commas and empty files are kept to', async () => {
    expect(await edited('json', '{\n\t"a": 1,\n}', ['set', ['b'], { c: 1 }])).toBe(
      '{\n\t"a": 1,\n\t"b": {\n\t\t"c": 1\n\t}\n}'.replace('\t}\n}', '\t},\n}'),
    );
    expect(await edited('json', '{"a":1}', ['set', ['b'], { c: 1 }])).toBe('{"a":1, "b": {"c":1}}');
    expect(await edited('json', '', ['set', ['b'], 1])).toBe('{\n  "b": 1\n}\n');
    expect(await edited('json', '{}\n', ['set', ['b'], 1])).toBe('{\n  "b": 1\n}\n');
    expect(await edited('json', '{ /* mine */ }', ['set', ['b'], 1])).toContain('/* mine */');
  });

  test.each([
    '{"a":1 "b":2}',
    '{"a"}',
    '{a:1}',
    '{"a":01}',
    '{"a":1}}',
    '{"a":tru}',
    '[1,2',
    '{"a":1,"a":2}',
    '{"a":"\n"}',
    '{"a":NaN}',
    '{,}',
  ])('%p cannot be read', async (broken) => {
    expect(await refusal('json', broken, ['set', ['x'], 1])).toMatchObject({
      code: 'HAWSER_STATE_FOREIGN_SYNTAX',
      message: expect.stringMatching(/line \d+, column \d+/),
    });
  });

  test('nesting that would exhaust the stack is refused', async () => {
    expect(await refusal('json', '['.repeat(100_000), ['set', ['x'], 1])).toMatchObject({
      code: 'HAWSER_STATE_FOREIGN_SYNTAX',
    });
  });
});

describe('toml', () => {
  const text = `# top
active = "local" # which
n = 1_000

[profiles.local]
# inside
A = "1"
B = ['x', 'y'] # arr

[profiles."a.b"]
C = """
[not.a.table]
"""

[[items]]
name = "one"
[items.sub]
k = 1

[[items]]
name = "two"

[dot]
a.b = 1
a.c = 2
inline = { x = 1, y = "z" }
`;
  casesOf('toml', text, [
    [['set', ['active'], 'staging'], ['active = "local" # which'], ['active = "staging" # which']],
    [['set', ['n'], 2 ** 60], ['n = 1_000'], ['n = 1152921504606847000.0']],
    [['set', ['n'], 2n ** 60n], ['n = 1_000'], ['n = 1152921504606846976']],
    [['set', ['profiles', 'local', 'A'], 'q"\\\n'], ['A = "1"'], [String.raw`A = "q\"\\\n"`]],
    [['set', ['profiles', 'local', 'Z'], [1, 2.5]], [], ['Z = [1, 2.5]']],
    [
      ['set', ['profiles', 'local'], { A: '9', Q: 'n' }],
      ['A = "1"', "B = ['x', 'y'] # arr"],
      ['A = "9"', 'Q = "n"'],
    ],
    [['set', ['profiles', 'local', 'B', 0], 'q'], ["B = ['x', 'y'] # arr"], ['B = ["q", "y"] # arr']],
    [['set', ['profiles', 'a.b', 'C'], 'short'], ['C = """', '[not.a.table]', '"""'], ['C = "short"']],
    [['set', ['profiles', 'new one'], { X: '1', Y: true }], [], ['[profiles."new one"]', 'X = "1"', 'Y = true', '']],
    [['set', ['items', 0, 'name'], 'uno'], ['name = "one"'], ['name = "uno"']],
    [['set', ['items', { name: 'two' }, 'j'], 1], [], ['j = 1']],
    [['set', ['items', 0, 'sub', 'j'], 1], [], ['j = 1']],
    [['set', ['items', { name: 'three' }], { name: 'three' }], [], ['[[items]]', 'name = "three"', '']],
    [['set', ['dot', 'a', 'b'], 5], ['a.b = 1'], ['a.b = 5']],
    [['set', ['dot', 'a', 'd'], 5], [], ['a.d = 5']],
    [['set', ['dot', 'inline', 'w'], 7], ['inline = { x = 1, y = "z" }'], ['inline = { x = 1, y = "z", w = 7 }']],
    [['set', ['x', 'y', 'z'], 1], [], ['[x.y]', 'z = 1', '']],
    [['delete', ['active']], ['active = "local" # which'], []],
    [['delete', ['profiles', 'local']], ['[profiles.local]', '# inside', 'A = "1"', "B = ['x', 'y'] # arr", ''], []],
    [['delete', ['items', 1]], ['[[items]]', 'name = "two"', ''], []],
    [['delete', ['dot', 'a']], ['a.b = 1', 'a.c = 2'], []],
    [['delete', ['dot', 'inline', 'x']], ['inline = { x = 1, y = "z" }'], ['inline = { y = "z" }']],
  ]);

  test('root keys of a file that begins with a table go before it', async () => {
    expect(await edited('toml', '[a]\nb = 1\n', ['set', ['top'], 1])).toBe('top = 1\n[a]\nb = 1\n');
    expect(await edited('toml', '', ['set', ['a', 'b'], 1])).toBe('[a]\nb = 1\n');
  });

  test.each<[string, readonly PathSegment[], unknown]>([
    ['a null', ['active'], null],
    ['a part of an array with comments', ['list', 0], 2],
    ['a part of a text', ['active', 'x'], 2],
  ])('%s has no notation', async (_what, path, value) => {
    const error = await refusal('toml', 'active = "x"\nlist = [\n  1, # one\n]\n', ['set', path, value]);
    expect(error).toMatchObject({ code: 'HAWSER_STATE_FOREIGN_EDIT', exitCode: 2 });
  });
});

describe('dotenv', () => {
  const text = `# env
export A=1
B='two words' # c
C="x\\ny"
D=plain # comment
E='over
two lines'
`;
  casesOf('dotenv', text, [
    [['set', ['A'], '2'], ['export A=1'], ['export A=2']],
    [['set', ['B'], "it's"], ["B='two words' # c"], ['B="it\'s" # c']],
    [['set', ['D'], '$HOME #x'], ['D=plain # comment'], ["D='$HOME #x' # comment"]],
    [['set', ['NEW'], 'https://host:1/a?b=c'], [], ["NEW='https://host:1/a?b=c'"]],
    [['set', ['NEW'], ''], [], ['NEW=']],
    [['delete', ['C']], ['C="x\\ny"'], []],
    [['delete', ['E']], ["E='over", "two lines'"], []],
  ]);

  test.each<[string, readonly PathSegment[], unknown]>([
    ['a value that no quoting suits', ['A'], `'"`],
    ['a value that is no text', ['A'], 1],
    ['a name that is none', ['A-B C'], 'x'],
    ['a nested name', ['A', 'B'], 'x'],
  ])('%s has no notation', async (_what, path, value) => {
    expect(await refusal('dotenv', text, ['set', path, value])).toMatchObject({ code: 'HAWSER_STATE_FOREIGN_EDIT' });
  });

  test('values are read as the dotenv package reads them', async () => {
    const { value } = draftOf(await FORMATS.dotenv.load(), text, 'file');
    expect(value).toEqual({ A: '1', B: 'two words', C: 'x\ny', D: 'plain', E: 'over\ntwo lines' });
  });
});

test('an edit of the root, or beyond the end of a list, is refused', async () => {
  expect(await refusal('json', '{"a":[1]}', ['set', [], 1])).toMatchObject({ code: 'HAWSER_STATE_FOREIGN_EDIT' });
  expect(await refusal('json', '{"a":[1]}', ['set', ['a', 5], 1])).toMatchObject({ code: 'HAWSER_STATE_FOREIGN_EDIT' });
  expect(await refusal('json', '{"a":[1]}', ['delete', []])).toMatchObject({ code: 'HAWSER_STATE_FOREIGN_EDIT' });
});

test('every format opens', async () => {
  for (const format of Object.keys(FORMATS) as ForeignFormat[]) {
    expect(await openForeign({ path: '/nowhere/at/all', format }).read()).toEqual({
      exists: false,
      text: '',
      value: {},
    });
  }
});

test('a text that is in no file is changed as a file would be', async () => {
  const text = 'active = "a" # mine\n\n[profiles.a]\nURL = "1"\n';
  const draft = await draftForeign({ text, format: 'toml', subject: 'profiles.toml' });
  draft.set(['profiles', 'my own', 'URL'], '2');
  expect(draft.text).toBe(`${text}\n[profiles."my own"]\nURL = "2"\n`);
  draft.delete(['profiles', 'my own']);
  expect(draft.text).toBe(text);
  await expect(draftForeign({ text: '[', format: 'toml', subject: 'profiles.toml' })).rejects.toMatchObject({
    code: 'HAWSER_STATE_FOREIGN_SYNTAX',
    message: expect.stringMatching(/^profiles\.toml cannot be read as TOML: /),
  });
});
