import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkFrontMatter } from '../../src/readme/check.js';
import { approvedColors, approvedEmoji, chooseLook, nearestColor } from '../../src/readme/choices.js';
import { fixReadme } from '../../src/readme/fix.js';
import { splitReadme } from '../../src/readme/front-matter.js';
import { generateBody, generateFrontMatter, lookOf, titleOf } from '../../src/readme/generate.js';
import { frontMatter } from '../../../../test/support/environments.js';

const good = `${frontMatter}\n# Echo\n`;

async function rules(text: string): Promise<readonly string[]> {
  const { findings } = await checkFrontMatter(text, 'README.md');
  return findings.map(({ rule, line }) => `${rule}:${line}`);
}

/** Good front matter with lines changed; null takes the key out. */
function changed(changes: Readonly<Record<string, string | null>>): string {
  let text = good;
  for (const [key, value] of Object.entries(changes)) {
    const line = new RegExp(`^${key}:.*\\n`, 'm');
    const next = value === null ? '' : `${key}: ${value}\n`;
    text = line.test(text) ? text.replace(line, next) : text.replace('sdk:', `${next}sdk:`);
  }
  return text;
}

describe('front matter is found', () => {
  test.each([
    ['as usual', '---\na: 1\n---\nbody\n', 'a: 1\n', 'body\n'],
    ['behind a byte order mark', '\uFEFF---\na: 1\n---\nbody', 'a: 1\n', 'body'],
    ['with Windows line ends', '---\r\na: 1\r\n---\r\nbody', 'a: 1\r\n', 'body'],
    ['with a body of many rules', '---\na: 1\n---\n# x\n---\nb: 2\n---\n', 'a: 1\n', '# x\n---\nb: 2\n---\n'],
    ['and nothing behind it', '---\na: 1\n---', 'a: 1\n', ''],
    ['with nothing in it', '---\n---\nx', '', 'x'],
  ])('%s', (_, text, yaml, body) => {
    const parts = splitReadme(text);
    expect([parts.yaml, parts.body]).toEqual([yaml, body]);
    expect(text.slice(parts.yamlStart, parts.yamlStart + yaml.length)).toBe(yaml);
  });

  test.each([
    ['no opening line', '# x\n---\na: 1\n---\n', false],
    ['an empty line before it', '\n---\na: 1\n---\n', false],
    ['a rule, and no second one', '---\n# Title\n', false],
    ['a closing line behind the hundredth', `---\na: 1\n${'b:\n'.repeat(99)}---\n`, true],
    ['keys, and no closing line', '---\ntitle: x\n', true],
    ['four dashes', '----\na: 1\n----\n', false],
  ])('%s: there is none', async (_, text, isUnclosed) => {
    expect(splitReadme(text)).toMatchObject({
      block: undefined,
      body: text,
      isUnclosed,
    });
    expect(await rules(text)).toEqual(isUnclosed ? ['readme/unclosed:1'] : []);
  });

  test('the parts put together are the text', () => {
    const line = fc.constantFrom('---', '--- ', 'a: 1', '', '# x', '\uFEFF---');
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), fc.constantFrom('\n', '\r\n'), (lines, eol) => {
        const text = lines.join(eol);
        const { mark, block = '', body } = splitReadme(text);
        expect(mark + block + body).toBe(text);
      }),
    );
  });
});

describe('front matter is judged', () => {
  test('that of openenv init is good', async () => {
    expect(await rules(good)).toEqual([]);
    expect(await rules(good.replaceAll('\n', '\r\n'))).toEqual([]);
  });

  test.each([
    ['readme/color:4', { colorFrom: '"#ff0000"' }],
    ['readme/color:5', { colorTo: 'orange' }],
    ['readme/emoji:3', { emoji: 'x' }],
    ['readme/sdk:6', { sdk: 'gradio' }],
    ['readme/sdk:undefined', { sdk: null }],
    ['readme/app-port:7', { app_port: '"8000"' }],
    ['readme/app-port:7', { app_port: '70000' }],
    ['readme/field:8', { base_path: 'web' }],
    ['readme/field:6', { pinned: 'perhaps' }],
    ['readme/field:2', { title: '42' }],
  ])('%s', async (rule, changes) => {
    expect(await rules(changed(changes))).toEqual([rule]);
  });

  test.each(['🎯', '👨‍💻', '🇫🇷', '❤️', '1️⃣', '👍🏽', '🏝'])('%s is an emoji', async (emoji) => {
    expect(await rules(changed({ emoji }))).toEqual([]);
  });

  test.each(['🎯🎲', 'ab', '"1"', '""', '":)"'])('%s is none', async (emoji) => {
    expect(await rules(changed({ emoji }))).toEqual(['readme/emoji:3']);
  });

  test.each([
    ['a list', '- a\n- b'],
    ['a text', 'hello'],
    ['nothing', ''],
    ['a key twice', 'title: a\ntitle: b'],
    ['a key of all objects', '__proto__: 1'],
    ['a key of all objects, further down', 'a:\n  constructor: 1'],
    ['broken YAML', 'a: [1'],
    [
      'aliases that multiply',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
        .split('')
        .map((key, index) => `${key}: &${key} [${`*${'abcdefgh'[index]},`.repeat(9)}x]`)
        .join('\n')}`,
    ],
    ['an alias of itself', 'a: &a [*a]'],
    ['brackets without end', `a: ${'['.repeat(8000)}`],
    ['lists in lists on a line', `${'- '.repeat(8000)}a`],
    ['maps in maps on a line', `${'? '.repeat(8000)}a`],
    ['much of it', `a: ${'x'.repeat(20_000)}`],
    ['very many keys', `{${Array.from({ length: 4000 }, (_, index) => `k${index}`).join(',')}}`],
    ['an unknown tag', 'a: !!js/function "x"'],
  ])('%s is an error with a line, and no hang', async (_, yaml) => {
    const { findings, value } = await checkFrontMatter(`---\n${yaml}\n---\n`, 'README.md');
    expect(findings).toMatchObject([{ rule: 'readme/front-matter', severity: 'error', path: 'README.md' }]);
    expect(findings[0]?.line).toBeGreaterThanOrEqual(2);
    expect(value).toBeUndefined();
  });

  test('whatever stands there, it is judged', async () => {
    const piece = fc.constantFrom(
      'a',
      ':',
      ' ',
      '\n',
      '- ',
      '? ',
      '[',
      ']',
      '{',
      '}',
      '&a',
      '*a',
      '!',
      '|',
      '>',
      '"',
      "'",
      '#',
      '%',
      '---',
      '...',
      ',',
      '<<',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 25 }), async (pieces) => {
        await checkFrontMatter(`---\n${pieces.join('')}\n---\n`, 'README.md');
      }),
      { numRuns: 300 },
    );
  });
});

describe('a look is chosen', () => {
  test('from our lists, the same for one name, two colours', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        const look = chooseLook(name);
        expect(look).toEqual(chooseLook(name));
        expect(approvedEmoji).toContain(look.emoji);
        expect(approvedColors).toEqual(expect.arrayContaining([look.colorFrom, look.colorTo]));
        expect(look.colorFrom).not.toBe(look.colorTo);
      }),
    );
    expect(chooseLook('echo_env')).toMatchInlineSnapshot(`
      {
        "colorFrom": "blue",
        "colorTo": "yellow",
        "emoji": "🔮",
      }
    `);
  });

  test('all of our emoji are different, and pass for emoji', async () => {
    expect(new Set(approvedEmoji).size).toBe(approvedEmoji.length);
    for (const emoji of approvedEmoji) expect([emoji, await rules(changed({ emoji }))]).toEqual([emoji, []]);
  });

  test('what the Space shows already stays, as far as the Hub takes it', async () => {
    const remote = changed({
      emoji: '🐳',
      colorFrom: 'gray',
      colorTo: '"#123456"',
    });
    const chosen = chooseLook('x');
    expect(await lookOf('x', remote)).toEqual({
      emoji: '🐳',
      colorFrom: 'gray',
      colorTo: chosen.colorTo,
    });
    expect(await lookOf('x', 'no front matter')).toEqual(chosen);
    expect(await lookOf('x', undefined)).toEqual(chosen);
  });

  test.each([
    ['#ff0000', 'red'],
    ['#00f', 'blue'],
    ['777777', 'gray'],
    ['#fe9', 'yellow'],
    ['orange', undefined],
  ])('%s is most like %s', (hex, color) => {
    expect(nearestColor(hex)).toBe(color);
  });
});

describe('front matter is made', () => {
  const look = { emoji: '🎯', colorFrom: 'red', colorTo: 'blue' } as const;

  test('with the fields of the first OpenEnv CLI, and passes', async () => {
    const text = generateFrontMatter({
      name: 'echo_env',
      look,
      port: 8000,
      webInterface: true,
    });
    expect(text).toBe(
      '---\ntitle: Echo Env Environment Server\nemoji: 🎯\ncolorFrom: red\ncolorTo: blue\nsdk: docker\npinned: false\n' +
        'app_port: 8000\nbase_path: /web\ntags:\n  - openenv\n---\n',
    );
    expect(await rules(text)).toEqual([]);
    expect(generateBody({ name: 'echo_env', webInterface: true })).toMatch(/`\/web`[\s\S]*`\/docs`[\s\S]*`\/health`/);
  });

  test('without the web interface, no base_path', () => {
    const options = { name: 'e', look, port: 1, webInterface: false };
    expect(generateFrontMatter(options) + generateBody(options)).not.toContain('/web');
  });

  test.each([
    ['echo_env', 'Echo Env'],
    ['2048-env', '2048 Env'],
    ['---', ''],
    ["a'b: c", 'A B C'],
  ])('%s is titled %s', (name, title) => {
    expect(titleOf(name)).toBe(title);
  });
});

describe('--fix-readme', () => {
  const options = {
    name: 'echo_env',
    look: { emoji: '🎲', colorFrom: 'red', colorTo: 'green' },
    port: 8000,
  } as const;

  async function fixed(text: string): Promise<string> {
    return fixReadme(text, await checkFrontMatter(text, 'README.md'), options);
  }

  test('leaves good front matter alone, to the byte', async () => {
    expect(await fixed(good)).toBe(good);
  });

  test.each([
    ['a hexadecimal colour becomes the nearest one', 'colorFrom: "#0000ff"  # mine\n', 'colorFrom: blue  # mine\n'],
    ['a colour of no name becomes the chosen one', "colorFrom: 'orange'\n", 'colorFrom: red\n'],
    ['an emoji that is none becomes the chosen one', 'colorFrom: red\nemoji: x\n', 'colorFrom: red\nemoji: 🎲\n'],
    [
      'a field that cannot be guessed goes, with its lines',
      'colorFrom: red\ndatasets:\n  - a: 1\n    b: 2\nlicense: mit\n',
      'colorFrom: red\nlicense: mit\n',
    ],
  ])('%s', async (_, before, after) => {
    const rest = (body: string): string => {
      const emoji = body.includes('emoji') ? '' : 'emoji: 🎯\n';
      return `---\ntitle:   "My Env"   # ours\n${emoji}${body}colorTo: blue\nsdk: docker\napp_port: 8000\n---\n\nBody\n`;
    };
    expect(await fixed(rest(before))).toBe(rest(after));
  });

  test('what is missing is put at the end', async () => {
    const text = '---\r\ntitle: x # y\r\nsdk:\r\n---\r\nBody';
    expect(await fixed(text)).toBe(
      '---\r\ntitle: x # y\r\nemoji: 🎲\r\ncolorFrom: red\r\ncolorTo: green\r\nsdk: docker\r\napp_port: 8000\r\n---\r\nBody',
    );
  });

  test('front matter on one line is mended too', async () => {
    const text = '---\n{ title: x, emoji: y, sdk: docker }\n---\n';
    expect(await rules(await fixed(text))).toEqual([]);
  });

  test('what cannot be read is left as it is', async () => {
    const text = '---\n- a\n---\n';
    expect(await fixed(text)).toBe(text);
  });

  test('whatever the values, the result passes, and mending it again changes nothing', async () => {
    const value = fc.constantFrom(
      'red',
      '"#123"',
      '[1]',
      '{a: 1}',
      '',
      '|\n  a\n  b',
      '5',
      'docker',
      '🎯',
      'null',
      '\n  - a\n  - b: 1',
      '!!str x',
      '*x',
      '"a\n  b"',
    );
    const key = fc.constantFrom(
      'title',
      'emoji',
      'colorFrom',
      'colorTo',
      'sdk',
      'app_port',
      'tags',
      'pinned',
      'license',
      'custom_headers',
    );
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.tuple(key, value), { selector: ([each]) => each }), async (pairs) => {
        const text = `---\n${pairs.map(([each, said]) => `${each}: ${said}\n`).join('')}---\nBody\n`;
        const checked = await checkFrontMatter(text, 'README.md');
        fc.pre(checked.value !== undefined);
        const mended = fixReadme(text, checked, options);
        expect([text, await rules(mended)]).toEqual([text, []]);
        expect(await fixed(mended)).toBe(mended);
        expect(mended.endsWith('---\nBody\n')).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
