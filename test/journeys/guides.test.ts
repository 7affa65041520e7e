import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { startAwsEmulator } from '@hawser/emulators/aws';
import { startHubEmulator } from '@hawser/emulators/hub';
import { startSsmEmulator } from '@hawser/emulators/ssm';
import { follow } from '../support/guide.js';
import { blocksOf, knownMarks } from '../support/guide-blocks.js';
import { matches } from '../support/guide-output.js';
import { misspelt, readGrammar } from '../support/hawser-lines.js';
import { scale } from '../support/scale.js';
import { root } from '../support/workspace.js';

const pages = ['docs/tutorials', 'docs/how-to'].flatMap((folder) => documentsIn(folder));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface World {
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** What pages talk to, in this process. */
const makers: Readonly<Record<string, () => Promise<World>>> = {
  ssm: () => startSsmEmulator(),
  hub: () => startHubEmulator(),
  aws: () => startAwsEmulator({ minuteMs: 0 }),
};

/** Starts what a page's settings ask for. */
async function open(page: string): Promise<AsyncDisposable & Pick<World, 'env'>> {
  const wanted = blocksOf(page).flatMap(({ settings }) => settings?.['world']?.split(',') ?? []);
  const worlds: World[] = [];
  for (const name of wanted) {
    const make = makers[name];
    if (!make) throw new Error(`${name} is none of ${Object.keys(makers).join(', ')}.`);
    worlds.push(await make());
  }
  return {
    env: Object.assign({}, ...worlds.map(({ env }) => env)) as Record<string, string>,
    async [Symbol.asyncDispose]() {
      await Promise.all(worlds.map((world) => world.close()));
    },
  };
}

describe('tutorials and how-to guides', () => {
  const followed = pages.filter((path) => blocksOf(read(path)).some(({ marks }) => marks['run'] !== undefined));

  test.each(followed)(
    '%s does what it says',
    async (path) => {
      const page = read(path);
      await using world = await open(page);
      await follow(page, { env: world.env, all: scale(0, 1) === 1 });
    },
    600_000,
  );

  test.each(pages)('%s leaves no block that nobody holds', (path) => {
    const blocks = blocksOf(read(path)).filter(({ settings }) => settings === undefined);
    expect(blocks.filter(({ marks }) => !isHeld(path, marks)).map(({ line, marks }) => ({ line, marks }))).toEqual([]);
    for (const { marks, text } of blocks) {
      if (marks['same']) expect(text).toBe(read(marks['same']));
      if (marks['held']) expect(read(marks['held'])).toContain(path.split('/').at(-1));
    }
  });
});

describe('what documents say to type', () => {
  const grammar = readGrammar();
  // What was promised and decided is a record of its time; and one page shows what a command that is not there says.
  const documents = [
    'README.md',
    'AGENTS.md',
    ...['docs', 'apps', 'packages', 'examples'].flatMap((folder) => documentsIn(folder)),
  ];

  test.each(
    documents.filter((path) => !/^docs\/(promises|adr)\/|UNKNOWN_COMMAND/.test(path) && read(path).includes('hawser ')),
  )('%s names commands and flags that there are', (path) => {
    expect(misspelt(read(path), grammar)).toEqual([]);
  });
});

describe('explanation', () => {
  test('explains what was promised to be explained', () => {
    const headings = (path: string): string[] => [...read(path).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => title);
    expect(headings('docs/explanation/data-channel-reliability.md')).toContain('When the socket goes away');
    expect(headings('docs/explanation/execution.md')).toEqual(
      expect.arrayContaining(['Why locks are fenced', 'What a receipt proves']),
    );
    const model = headings('docs/explanation/threat-model.md');
    for (const part of ['What is worth having', 'Against whom', 'What we do not promise'])
      expect(model).toContain(part);
    expect(model.filter((title) => /^(Reach|Run|Ship): /.test(title))).toHaveLength(4);
  });

  test('says of each peer what it does better, when to take it and how to move', () => {
    const index = read('docs/peers/README.md');
    for (const path of documentsIn('docs/peers').filter((each) => !each.endsWith('README.md'))) {
      const said = [...read(path).matchAll(/^## (.*)$/gm)].map(([, title]) => title);
      expect([path, ...said]).toEqual([
        path,
        expect.stringMatching(/better$/),
        'What differs',
        expect.stringMatching(/^When to use (it|them) instead$/),
        'How to move',
      ]);
      expect(index).toContain(`(${path.split('/').at(-1)})`);
    }
  });
});

describe('what holds the guides', () => {
  test('sees a command that fails, one that ends otherwise, and output that does not come', async () => {
    const page = (fence: string, body: string): string => `# Page\n\n\`\`\`${fence}\n${body}\n\`\`\`\n`;
    const bare = { all: false };
    await follow(page('sh run expect=3', 'true; (exit 3)'), bare);
    await follow(
      `${page('sh run', 'x=5; cd /')}${page('sh run', 'echo "$x at $PWD"')}${page('text output', '5 at /')}`,
      bare,
    );
    await follow(`${page('sh run=soak', 'exit 1')}${page('text output', 'of the long run')}`, bare);
    await expect(follow(page('sh run', 'false\ntrue'), bare)).rejects.toThrow('line 3 has a command that ended with 1');
    await expect(follow(page('sh run expect=3', 'true'), bare)).rejects.toThrow('ended with 0');
    await expect(follow(page('sh run', 'exit 0'), bare)).rejects.toThrow('did not come to its end');
    await expect(follow(`${page('sh run', 'echo a')}${page('text output', 'b')}`, bare)).rejects.toThrow('says "b"');
  });

  test('reads blocks, hidden ones and settings, each with its marks', () => {
    const text =
      '<!-- test ports=80 -->\n<!-- test run end\nkill 1\n-->\n- item\n  ```sh needs="an account, or two"\n  ls\n  ```\n';
    expect(blocksOf(text)).toEqual([
      { language: 'sh', marks: {}, text: '', line: 1, settings: { ports: '80' } },
      { language: 'sh', marks: { run: '', end: '' }, text: 'kill 1\n', line: 2 },
      { language: 'sh', marks: { needs: 'an account, or two' }, text: 'ls\n', line: 6 },
    ]);
  });

  test('compares line by line, where … stands for anything', () => {
    expect(matches('one\n two  2\nthree', 'one\n…\ntwo …')).toBeUndefined();
    expect(matches('one\ntwo', 'two\none')).toBe('one');
  });

  test('knows a command or flag that is not there, wherever it is called', () => {
    const grammar = readGrammar();
    const wrong = (line: string): number =>
      misspelt(`<!-- test commands=hello -->\n\`\`\`sh\n${line}\n\`\`\`\n`, grammar).length;
    const right = [
      'hawser ssm run web-1 --timeout 5s -- ls --color',
      "hawser emulate ssm -- sh -c 'hawser ssm list --json | jq .'",
      'cd hawser && PAGER=cat npx @hawser/cli exec -d "make"   # hawser nothing',
      'hawser net --help',
      'hawser hello --loudly',
      'hawser TOPIC --flag',
    ];
    expect(right.map(wrong)).toEqual(right.map(() => 0));
    const others = [
      'hawser ssm walk',
      'hawser ssm list --jsn',
      "hawser emulate ssm -- sh -c 'hawser nte up'",
      '- run: npx hawser net up --viaa x',
    ];
    expect(others.map(wrong)).toEqual(others.map(() => 1));
  });
});

/** Whether a block is run, compared or, with a reason, neither. */
function isHeld(path: string, marks: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(marks);
  if (names.some((name) => !knownMarks.has(name))) return false;
  for (const name of ['same', 'held'])
    if (marks[name] !== undefined && !existsSync(join(root, marks[name]))) return false;
  if (marks['needs'] !== undefined && marks['needs'] === '') throw new Error(`${path}: a block needs nothing.`);
  return ['run', 'output', 'file', 'same', 'held', 'needs', 'end'].some((name) => marks[name] !== undefined);
}

/** Documents below a folder, or what matches, but nothing of what was installed or built. */
function documentsIn(folder: string, pattern: RegExp = /\.md$/): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => pattern.test(path) && !/(^|\/)(node_modules|dist|fixtures|\.cache)\//.test(path))
    .map((path) => join(folder, path))
    .toSorted();
}
