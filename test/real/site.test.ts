import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { describeReal } from '../support/counterparts.js';
import { scale } from '../support/scale.js';

const root = join(import.meta.dirname, '../..');
// Below the checkout, where packages are found; kept, so that what has not changed is not built again.
const work = join(root, '.cache/site-test');
let scratch: string;
let built: { status: number | null; stdout: string; stderr: string };

// In a soak all of it, as `npm run check` makes it and looks at it.
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'hawser-site-'));
  built = spawnSync(process.execPath, ['scripts/site.mjs', ...(scale(0, 1) === 1 ? [] : ['--brief'])], {
    cwd: root,
    env: { ...process.env, HAWSER_SITE_WORK: work, NODE_OPTIONS: '' },
    encoding: 'utf8',
  });
}, 300_000);
afterAll(() => rm(scratch, { recursive: true, force: true }));

describe('the site', () => {
  test('is built, every link and anchor in it leads somewhere, and nothing is loaded from elsewhere', () => {
    expect([built.stderr, built.status]).toEqual([
      expect.not.stringMatching(/leads nowhere|no such heading|loads /),
      0,
    ]);
  });

  test('knows no address it must lie at', async () => {
    const files = (await readdir(join(work, 'dist'), { recursive: true })).filter((file) =>
      /\.(?:html|js|css)$/.test(file),
    );
    expect(files.length).toBeGreaterThan(100);
    for (const file of files)
      expect(await readFile(join(work, 'dist', file), 'utf8')).not.toContain('/__hawser_base__/');
    expect(await readFile(join(work, 'dist/how-to/copy-files.html'), 'utf8')).toContain('href="../assets/');
  });

  test('finds a link that leads nowhere, a heading that is not there and a script from another host', () => {
    const script = `
      import { mkdirSync, writeFileSync } from 'node:fs';
      import { problemsOfBuilt } from './site/check-built.mjs';
      const [folder] = process.argv.slice(1);
      mkdirSync(folder + '/deep', { recursive: true });
      writeFileSync(folder + '/index.html', '<h1 id="top">x</h1><a href="./deep/page.html#part">x</a>');
      writeFileSync(folder + '/deep/page.html', '<a href="../index.html#top">x</a><a href="../gone.html">x</a><a href="https://example.com/">x</a><script src="https://example.com/x.js"></script>');
      process.stdout.write(JSON.stringify(problemsOfBuilt(folder)));`;
    expect((evaluated(script, join(scratch, 'broken')) as string[]).toSorted()).toEqual([
      'deep/page.html: ../gone.html leads nowhere',
      'deep/page.html: <script src> loads https://example.com/x.js',
      'index.html: ./deep/page.html#part: deep/page.html has no such heading',
    ]);
  });
});

describeReal('chromium', (path) => {
  test('the site is walked and searched below a deep path, and asks no other host', async () => {
    const { chromium } = await import('playwright-core');
    const { serveFolder } = (await import(join(root, 'site/serve.mjs'))) as {
      serveFolder: (
        folder: string,
        port: number,
        prefix: string,
      ) => Promise<{ url: string; close: () => Promise<void> }>;
    };
    const { url, close } = await serveFolder(join(work, 'dist'), 0, '/some/where/');
    const browser = await chromium.launch({ executablePath: path('chromium'), args: ['--no-sandbox'] });
    try {
      const page = await browser.newPage({ viewport: { width: 390, height: 844 }, colorScheme: 'dark' });
      const trouble: string[] = [];
      page.on('request', (request) => request.url().startsWith(url) || trouble.push(request.url()));
      page.on(
        'response',
        (response) => response.status() < 400 || trouble.push(`${response.status()} ${response.url()}`),
      );
      page.on('pageerror', (error) => trouble.push(error.message));
      await page.goto(`${url}explanation/execution.html`);
      await page.locator('html.dark body').waitFor();
      // Nothing but code and tables is wider than a phone, and those scroll by themselves.
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
      await page.locator('.VPNavBarSearch button').first().click();
      const input = page.locator('.VPLocalSearchBox input');
      await input.fill('exit codes');
      await page.locator('.VPLocalSearchBox .result').first().click();
      await page.waitForURL(/\/some\/where\/reference\//);
      await page.locator('.vp-doc h1').waitFor();
      expect(trouble).toEqual([]);
    } finally {
      await browser.close();
      await close();
    }
  });
});

test('a page that no link leads to is found', () => {
  const script = `
    import { mkdirSync, writeFileSync } from 'node:fs';
    import { readContents, unreachablePages } from './site/contents.mjs';
    const [folder] = process.argv.slice(1);
    mkdirSync(folder + '/how-to', { recursive: true });
    mkdirSync(folder + '/adr', { recursive: true });
    writeFileSync(folder + '/README.md', '# x\\n\\n## How-to\\n\\n- [One](how-to/one.md)\\n- Decisions: [adr](adr)\\n');
    writeFileSync(folder + '/how-to/one.md', '# One\\n\\n[on](two.md), but \`[no](lost.md)\`\\n');
    for (const name of ['how-to/two', 'how-to/lost', 'adr/1']) writeFileSync(folder + '/' + name + '.md', '# x\\n');
    process.stdout.write(JSON.stringify([unreachablePages(folder), readContents(folder).sections[0].groups[0].items]));`;
  expect(evaluated(script, join(scratch, 'pages-alone'))).toEqual([
    ['how-to/lost.md'],
    [
      { text: 'One', path: 'how-to/one.md' },
      { text: 'adr', path: 'adr' },
    ],
  ]);
});

/** Runs a module of the repository's root, with a folder of its own; answers what it prints. */
function evaluated(script: string, folder: string): unknown {
  const argv = ['--input-type=module', '--eval', script, folder];
  const { stdout, stderr } = spawnSync(process.execPath, argv, { cwd: root, encoding: 'utf8' });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

test('every door of a published library has a page to be made', () => {
  const script = `
    import { existsSync } from 'node:fs';
    import { doors } from './site/api.mjs';
    process.stdout.write(JSON.stringify(doors().map(({ door, types }) => [door, existsSync(types)])));`;
  const doors = evaluated(script, scratch) as [string, boolean][];
  expect(doors.filter(([, isThere]) => !isThere)).toEqual([]);
  expect(doors.map(([door]) => door)).toEqual(
    expect.arrayContaining(['ssm-channel/codec', 'receipts', 'k8s-sessions/client/node']),
  );
});

test('the page of benchmarks says who is ahead, who is behind and how far the rounds lie apart', async () => {
  const script = `
    import { mkdirSync } from 'node:fs';
    import { writePage } from './bench/support/page.mjs';
    const [folder] = process.argv.slice(1);
    const on = { processor: 'P', cores: 2, memoryGib: 4, system: 'linux', node: '20.0.0', load: 0.1, day: '2026-01-01' };
    const figure = { what: 'a start', unit: 'ms', better: 'less', ours: [10, 20, 40] };
    const figures = [
      { ...figure, beside: { name: 'peer', values: [20, 50, 60] }, promised: '≤ 1 ×', isKept: true },
      { ...figure, better: 'more', beside: { name: 'faster peer', values: [20, 50, 60] } },
      { ...figure, beside: { name: 'floor', isFloor: true, values: [1, 1, 1] } },
    ];
    mkdirSync(folder, { recursive: true });
    process.stdout.write(JSON.stringify(writePage({ programs: { 'ssm/x': { area: 'ssm', on, figures } } }, folder)));`;
  const page = await readFile(evaluated(script, join(scratch, 'bench')) as string, 'utf8');
  expect(page).toContain('| a start | 20 ms | peer: 50 ms | 0.5 (0.4 – 0.67) × | **ahead** | ≤ 1 ×, kept |');
  expect(page).toContain('| a start | 20 ms | faster peer: 50 ms | 0.5 (0.4 – 0.67) × | **behind** |  |');
  expect(page).toContain('| a start | 20 ms | floor: 1 ms | 20 (10 – 40) × | floor |  |');
  expect(page).toContain('- a start, beside faster peer');
  expect(await readFile(join(scratch, 'bench/docs/benchmarks/ssm.svg'), 'utf8')).toContain(
    'prefers-color-scheme: dark',
  );
});
