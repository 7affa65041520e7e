import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describeReal } from '../../../../test/support/counterparts.js';
import { hello, play } from '../support/played.js';
import { openWorld, rows, shows, type World } from '../support/service.js';

/** Answers each line it reads, and before that says its size when it has changed. */
const talker = `bash -c 'trap "stty size" WINCH; echo ready; while read -r line; do echo "got [$line]"; done'`;
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };

describeReal('chromium', (path) => {
  let world: World;

  beforeAll(async () => {
    world = await openWorld(path('chromium'));
  });

  afterEach(async () => {
    world.mend();
    await world.leave();
  });

  afterAll(async () => {
    await world.close();
    expect(world.complaints).toEqual([]);
  });

  async function opened(command: string, options?: Parameters<World['person']>[0]): Promise<Page> {
    const page = await world.person(options);
    await page.goto((await world.create({ command })).terminalUrl);
    return page;
  }

  /** When something was written, in milliseconds from the start, by the recording that the service gives. */
  async function momentOf(page: Page, text: string): Promise<number> {
    const cast = await page.evaluate(async () => (await fetch(`${location.pathname}/log?format=cast`)).text());
    let atMs = 0;
    for (const line of cast.split('\n').slice(1)) {
      const [seconds, , data] = JSON.parse(line) as [number, string, string];
      atMs += seconds * 1000;
      if (data.includes(text)) break;
    }
    return atMs;
  }

  test('a link shows the command from its first byte, takes what is typed, and leaves no ticket in the address', async () => {
    const { terminalUrl, sessionId } = await world.create({ command: talker });
    const page = await world.person();
    await page.goto(terminalUrl);
    await shows(page, 'ready');
    expect(page.url()).toBe(`${world.url}/ws/${sessionId}`);
    await page.keyboard.type('hello\n');
    await shows(page, 'got [hello]');
    expect(await page.title()).toBe(`${talker} – Running`);
    const cookies = await page.context().cookies(`${page.url()}/`);
    expect(cookies.map(({ httpOnly, sameSite, path: where }) => ({ httpOnly, sameSite, where }))).toEqual([
      { httpOnly: true, sameSite: 'Strict', where: `/ws/${sessionId}` },
    ]);

    await page.reload();
    await shows(page, 'got [hello]');
    await page.keyboard.type('again\n');
    await shows(page, 'got [again]');
    expect((await rows(page)).filter((row) => /ready|got/.test(row))).toEqual(['ready', 'got [hello]', 'got [again]']);

    const tab = await page.context().newPage();
    await tab.goto(page.url());
    await shows(tab, 'got [again]');
    await tab.keyboard.type('from a tab\n');
    await shows(page, 'got [from a tab]');

    const other = await world.person();
    await other.goto(terminalUrl);
    await other.getByText('This link has been used').waitFor();
    expect(other.url()).not.toContain('#t=');
    const nowhere = await world.person();
    await nowhere.goto(`${world.url}/ws/00000000-0000-4000-8000-000000000000#t=nonsense`);
    await nowhere.getByText(/no such session|no longer good/).waitFor();
  });

  test('a cut network is bridged: what is typed meanwhile arrives once, and the screen never goes blank', async () => {
    const page = await opened(talker);
    await shows(page, 'ready');
    await page.evaluate(() => {
      const seen = { blank: 0, pictures: 0 };
      Object.assign(globalThis, { seen });
      const look = (): void => {
        seen.pictures += 1;
        if (!document.querySelector<HTMLElement>('#screen .xterm-rows')?.innerText.includes('ready')) seen.blank += 1;
        requestAnimationFrame(look);
      };
      look();
    });
    world.cut();
    await page.keyboard.type('while away\n');
    await page.locator('#notice').getByText('Connection lost. Resuming…').waitFor();
    // While there is no way back it is there to be asked; with one, the page may be back before anybody asks.
    await page.locator('#notice-action').click();
    world.mend();
    await shows(page, 'got [while away]');
    await page.locator('#notice').waitFor({ state: 'hidden' });
    await page.keyboard.type('back\n');
    await shows(page, 'got [back]');
    expect((await rows(page)).filter((row) => row.startsWith('got'))).toEqual(['got [while away]', 'got [back]']);
    const { blank, pictures } = await page.evaluate(
      () => (globalThis as unknown as { seen: { blank: number; pictures: number } }).seen,
    );
    expect(pictures).toBeGreaterThan(1);
    expect(blank).toBe(0);
  });

  test('a second person watches by a link, sees the first one’s size, and another takes the keyboard over', async () => {
    const page = await opened(talker);
    await shows(page, 'ready');
    const share = async (role: string): Promise<string> => {
      await page.getByRole('button', { name: 'Share' }).click();
      await page.getByRole('radio', { name: new RegExp(`^${role}`) }).check();
      await page.getByRole('button', { name: 'Make a link' }).click();
      await page.locator('#share-made').waitFor();
      const link = await page.locator('#share-link').inputValue();
      await page.locator('#share').getByRole('button', { name: 'Close' }).click();
      return link.replace('127.0.0.1', 'localhost');
    };
    const watcher = await world.person(phone);
    await watcher.goto(await share('Watch'));
    await shows(watcher, 'ready');
    await watcher.getByText('Watching').waitFor();
    await watcher.locator('.xterm-helper-textarea').focus();
    await watcher.keyboard.type('nothing\n');
    expect(await watcher.getByRole('button', { name: 'Share' }).count()).toBe(0);
    expect(await watcher.locator('#keys').isVisible()).toBe(false);
    expect((await rows(watcher)).length).toBe((await rows(page)).length);
    expect(await watcher.evaluate(() => document.querySelector('#screen')?.classList.contains('boxed'))).toBe(true);

    const typist = await world.person();
    await typist.goto(await share('Type'));
    await shows(typist, 'ready');
    await page.getByText('3 viewers').waitFor();
    await typist.getByRole('button', { name: 'Take over' }).click();
    await typist.getByText('You type').waitFor();
    await typist.keyboard.type('mine\n');
    await shows(page, 'got [mine]');
    await shows(watcher, 'got [mine]');
    expect((await rows(page)).join('')).not.toContain('nothing');
    await page.locator('#screen').click();
    await page.keyboard.type('x');
    await page.locator('#notice').getByText('Somebody else is typing.').waitFor();
    await page.locator('#notice-action').click();
    await page.getByRole('button', { name: 'You type' }).waitFor();
  });

  test('a change of the window’s size reaches the program, and what scrolled by stays; who comes late finds it too', async () => {
    const { terminalUrl } = await world.create({
      command: `echo first; read -r x; i=1; while [ $i -le 60 ]; do echo "line $i"; i=$((i+1)); done; ${talker}`,
    });
    const page = await world.person();
    await page.goto(terminalUrl);
    await shows(page, 'first');
    await page.keyboard.type('go\n');
    await shows(page, 'ready');
    const before = (await rows(page)).length;
    await page.setViewportSize({ width: 700, height: 420 });
    await page.waitForFunction((was) => document.querySelectorAll('#screen .xterm-rows > div').length < was, before);
    await page.keyboard.type('size\n');
    await shows(page, /^\d+ \d+$/);
    const [height, width] = /^(\d+) (\d+)$/m
      .exec((await rows(page)).join('\n'))!
      .slice(1)
      .map(Number);
    expect(height).toBe((await rows(page)).length);
    expect(width).toBeLessThan(100);
    await page.mouse.move(300, 200);
    await page.mouse.wheel(0, -120);
    for (let pages = 0; pages < 4; pages += 1) await page.keyboard.press('Shift+PageUp');
    await shows(page, /^first\ngo\nline 1$/);

    await page.reload();
    await shows(page, 'ready');
    expect((await rows(page)).join('\n')).not.toMatch(/^line 1$/m);
    await page.mouse.wheel(0, -1000);
    await page.locator('.past-lines').getByText('line 38', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Back to the terminal' }).click();
    await page.keyboard.type('typing goes on\n');
    await shows(page, 'got [typing goes on]');
  });

  test('on a phone the keys that are missing are in a row, and what is there fits', async () => {
    const page = await opened(
      'stty -echo -icanon -isig min 1; echo ready; dd bs=1 count=8 2>/dev/null | od -An -c; stty sane; stty size; read x',
      phone,
    );
    await shows(page, 'ready');
    const press = (name: string): Promise<void> =>
      page.locator('#keys').getByRole('button', { name, exact: true }).tap();
    await press('Escape');
    await press('Tab');
    await press('Up');
    await press('Control');
    await page.locator('.xterm-helper-textarea').focus();
    await page.keyboard.type('a');
    await press('Control C');
    await page.keyboard.type('z');
    await shows(page, /033\s+\\t\s+033\s+\[\s+A\s+001\s+003\s+z/);
    await shows(page, /\d+ \d+$/m);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    const bar = await page.locator('.tools').boundingBox();
    expect(bar!.x + bar!.width).toBeLessThanOrEqual(390);
  });

  test('pasting is bracketed where the program asks for it; copying and programs’ own copies go to the clipboard', async () => {
    const page = await opened(
      String.raw`printf 'copy me\n\033[?2004h'; stty -echo; IFS= read -r a; printf '%s\n' "$a" | cat -v; printf '\033]52;c;ZnJvbSB0aGUgcHJvZ3JhbQ==\007'; read b`,
      { permissions: ['clipboard-read', 'clipboard-write'] },
    );
    const clipboard = (): Promise<string> => page.evaluate(() => navigator.clipboard.readText());
    await shows(page, 'copy me');
    const first = (await page.locator('#screen .xterm-rows > div').first().boundingBox())!;
    await page.mouse.move(first.x + 1, first.y + 5);
    await page.mouse.down();
    await page.mouse.move(first.x + 90, first.y + 5);
    await page.mouse.up();
    await page.keyboard.press('Control+Shift+C');
    await expect(clipboard()).resolves.toMatch(/^copy me/);
    await page.keyboard.press('Control+Shift+V');
    await page.keyboard.press('Enter');
    await shows(page, '^[[200~copy me');
    await page.locator('#question').getByText('wants to copy “from the program”').waitFor();
    expect(await clipboard()).toMatch(/^copy me/);
    await page.keyboard.press('Control+Shift+E');
    await page.keyboard.press('Enter');
    await page.locator('#question').waitFor({ state: 'hidden' });
    await page.waitForFunction(async () => (await navigator.clipboard.readText()) === 'from the program');
  });

  test('the mouse reaches a program that asks for it, and selects with Shift all the same', async () => {
    const page = await opened(
      String.raw`stty -echo -icanon min 1; printf 'select me\n\033[?1000h\033[?1006h'; dd bs=1 count=9 2>/dev/null | cat -v; read x`,
    );
    await shows(page, 'select me');
    const first = (await page.locator('#screen .xterm-rows > div').first().boundingBox())!;
    await page.keyboard.down('Shift');
    await page.mouse.move(first.x + 1, first.y + 5);
    await page.mouse.down();
    await page.mouse.move(first.x + 100, first.y + 5);
    await page.mouse.up();
    await page.keyboard.up('Shift');
    await page.locator('#screen .xterm-selection > div').first().waitFor();
    await page.mouse.click(first.x + 20, first.y + 5);
    await shows(page, /\^\[\[<0;3;1M/);
  });

  test('a finished session is replayed through time, searched and read, long after', async () => {
    const { terminalUrl, sessionId } = await world.create({
      command: `i=1; while [ $i -le 3000 ]; do echo "line $i of many"; i=$((i+1)); done; read -r x; printf '\\033[31mThe End\\033[0m\\n'; exit 3`,
      size: { cols: 90, rows: 20 },
    });
    const page = await world.person();
    await page.goto(terminalUrl);
    await shows(page, 'line 3000 of many');
    await page.keyboard.type('on\n');
    await page.locator('#state-text').getByText('Finished, exit 3').waitFor();
    await shows(page, 'The End');
    expect(await page.title()).toMatch(/^✗ /);
    await page.reload();
    await shows(page, 'The End');

    await page.keyboard.press('Control+Shift+F');
    await page.keyboard.type('LINE 123 ');
    await page.getByText('1 line', { exact: true }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.locator('.past-lines [data-found]').getByText('line 123 of many').waitFor();
    expect(await page.locator('.past-lines [data-found] mark').innerText()).toBe('line 123 ');
    await page.locator('#search-input').focus();
    await page.keyboard.press('Escape');
    await page.locator('#past-scroll').focus();
    await page.keyboard.press('Home');
    await page.locator('.past-lines [data-line="0"]').getByText('line 1 of many').waitFor();
    await page.keyboard.press('End');
    const end = page.locator('.past-lines [data-line="3001"]');
    await end.getByText('The End').waitFor();
    expect(await end.locator('.content span').getAttribute('style')).toContain('color');
    await page.keyboard.press('Escape');
    await page.locator('#past').waitFor({ state: 'hidden' });

    await page.locator('#ended-replay').click();
    await page.locator('#replay-at').focus();
    await page.keyboard.press('ArrowRight');
    await shows(page, 'The End', '#replayed');
    const endMs = await momentOf(page, 'The End');
    await page.locator('#replay-at').fill(String(Math.floor(endMs - 1)));
    await page.waitForFunction(
      () => !document.querySelector<HTMLElement>('#replayed .xterm-rows')?.innerText.includes('The End'),
    );
    await shows(page, 'line 3000 of many', '#replayed');
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await shows(page, 'The End', '#replayed');

    await page.goto('about:blank');
    await page.goto(`${world.url}/ws/${sessionId}#at=${(endMs - 1) / 1000}`);
    await shows(page, 'line 3000 of many', '#replayed');
    expect((await rows(page, '#replayed')).join('\n')).not.toContain('The End');
    await page.keyboard.press('Escape');
    await shows(page, 'The End');
    const log = await page.evaluate(
      async (href) => (await fetch(href)).text(),
      await page.locator('#ended-log').getAttribute('href').then(String),
    );
    expect(log.split('\n').slice(2999, 3002)).toEqual(['line 3000 of many', 'on', 'The End']);
  });

  test('the start is told step by step, questions of programs are answered once, and all can be reached by keyboard', async () => {
    const page = await world.person({ colorScheme: 'dark', reducedMotion: 'reduce' });
    const service = await play(page, world.url);
    const text = (data: string): Uint8Array => new TextEncoder().encode(data);
    await service.next('attach');
    service.send(hello({ state: 'queued', detail: 'No node has room yet' }));
    await page.locator('#starting').getByText('No node has room yet').waitFor();
    expect(await page.locator('#steps [aria-current]').innerText()).toBe('Waiting for a place');
    service.send({ type: 'phase', state: 'fetching', detail: null });
    await page.locator('#steps [aria-current]').getByText('Fetching the code').waitFor();
    expect(await page.locator('#spoken').innerText()).toBe('Fetching the code');
    expect(
      await page.evaluate(
        () => getComputedStyle(document.querySelector('#steps [aria-current]')!, '::before').animationName,
      ),
    ).toBe('none');

    // Questions of before are not answered, though this viewer types; nor is one about the clipboard ever.
    service.send({ type: 'phase', state: 'running', detail: null });
    const early = text('\u001B[c\u001B[6n\u001B[?6n\u001B]11;?\u0007\u001BP$qm\u001B\\hello ');
    service.send(
      { type: 'lease', holder: 'me', mine: true, viewers: 1 },
      { type: 'out', offset: 0, data: early },
      { type: 'ready', offset: early.length },
      { type: 'out', offset: early.length, data: text('\u001B]52;c;?\u0007\u001B[6n') },
    );
    await shows(page, 'hello');
    await page.locator('#starting').waitFor({ state: 'hidden' });
    expect(Buffer.from((await service.next('in')).data).toString()).toBe('\u001B[1;7R');
    expect(service.received.filter(({ type }) => type === 'in')).toEqual([]);

    // Tab is the program's; Ctrl-Shift-E is not.
    await page.keyboard.press('Tab');
    expect(Buffer.from((await service.next('in')).data).toString()).toBe('\t');
    await page.keyboard.press('Control+Shift+E');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('open-search');
    const reached: (string | undefined)[] = [];
    for (let tabs = 0; tabs < 4; tabs += 1) {
      await page.keyboard.press('Tab');
      reached.push(await page.evaluate(() => document.activeElement?.id));
    }
    expect(reached).toEqual(['open-past', 'open-replay', 'open-share', 'open-more']);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Settings' }).waitFor();
    await page.getByLabel('Screen reader mode').check();
    await page.getByLabel('Colours').selectOption('light');
    await page.keyboard.press('Escape');
    await page.locator('.xterm-accessibility').getByText('hello').waitFor({ state: 'attached' });
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(251, 250, 247)');
    const unnamed = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('button, input, select, a[href]')]
        .filter((one) => !one.closest('[hidden], dialog:not([open]), .xterm') && !one.hidden)
        .filter(
          (one) =>
            !(one.getAttribute('aria-label') ?? one.textContent ?? '').trim() &&
            !(one as HTMLInputElement).labels?.length,
        )
        .map((one) => one.outerHTML),
    );
    expect(unnamed).toEqual([]);
  });
});
