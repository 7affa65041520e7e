import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { historyLines } from '../../src/log/history.js';
import { paintLine } from '../../src/log/paint.js';
import { logRoutes } from '../../src/log/routes.js';
import { screenAt } from '../../src/log/screen-at.js';
import { searchLog, waitForPattern } from '../../src/log/search.js';
import { plainSgr, sgrText } from '../../src/log/sgr.js';
import { bytesOf, feed, numberedLines, openTestLog, removeTestFolders, type TestLog } from '../support/log.js';

const esc = '\u001B';
let long: TestLog;
let dropped: TestLog;

beforeAll(async () => {
  long = await openTestLog();
  await feed(long.writer, `${esc}[31mred from here\r\n`);
  for (let round = 0; round < 3; round++) await feed(long.writer, numberedLines(1_000, round * 1_000));
  await feed(long.writer, `${esc}[0mplain\r\n10%\r50%\r100%\r\nNeedle in <hay> & stack\r\nprompt> `);
  dropped = await openTestLog({ capBytes: 2 * 1_048_576, guaranteedLines: 10 });
  for (let round = 0; round < 8; round++) await feed(dropped.writer, numberedLines(1_024, round * 1_024));
  await dropped.writer.close();
});
afterAll(async () => {
  await long.writer.close();
  await removeTestFolders();
});

const ask = (path: string, init?: RequestInit): Promise<Response> =>
  logRoutes(long.writer.source, { title: 'a <title>', exitCode: () => 5 })(
    new Request(`http://x/api/sessions/1${path}`, init),
  );

test('lines are painted as a wide terminal shows them in the end', () => {
  const paint = (line: string): string => paintLine(line, plainSgr).text;
  expect(paint('10%\r50%\r100%')).toBe('100%');
  expect(paint(`abc\b\bX`)).toBe('aXc');
  expect(paint(`long text\rshort${esc}[K`)).toBe('short');
  expect(paint(`a\tb`)).toBe('a       b');
  expect(paint(`${esc}]0;title\u0007text${esc}(B${esc}[?25l`)).toBe('text');
  expect(paint(`ab${esc}[3Cc${esc}[1Gx${esc}[2Py`)).toBe('xy c');
  expect(paint(`abcdef${esc}[4G${esc}[1K!`)).toBe('   !ef');
  expect(paint(`${esc}[9999999999Cx`).length).toBeLessThan(70_000);
  const styled = paintLine(`${esc}[1;31mred${esc}[0m no ${esc}[44mblue`, plainSgr);
  expect(styled.styled).toBe(`${esc}[0;1;31mred${esc}[0m no ${esc}[0;44mblue${esc}[0m`);
  expect(sgrText(styled.after)).toBe(`${esc}[0;44m`);
});

test('history carries colours over thousands of lines, through the line index', async () => {
  const { firstLine, lines, total } = await historyLines(long.writer.source, 2_500, 2_503);
  expect({ firstLine, total }).toEqual({ firstLine: 2_500, total: 3_004 });
  expect(lines).toHaveLength(3);
  expect(lines[0]).toBe(`${esc}[0;31mline 2499 ${'.'.repeat(1_010)}${esc}[0m`);
  const end = await historyLines(long.writer.source, 3_001, 4_000);
  expect(end.lines).toEqual(['plain', '100%', 'Needle in <hay> & stack', 'prompt> ']);
  expect((await historyLines(long.writer.source, 0, 5_000)).lines).toHaveLength(1_000);
  expect((await historyLines(long.writer.source, 9_000, 9_010)).lines).toEqual([]);
});

test('history keeps the numbers of lines across the gap', async () => {
  const { gap } = await dropped.writer.source.info();
  const from = Math.floor((gap?.from ?? 0) / 1_024) - 2;
  const around = await historyLines(dropped.writer.source, from, from + 6);
  expect(around.lines.some((line) => line.includes('were dropped here'))).toBe(true);
  const after = await historyLines(dropped.writer.source, 8_190, 8_192);
  expect(after.lines[0]).toMatch(/^line 8190 /u);
});

test('a search finds lines as they are seen, in either case, and says when there are more', async () => {
  const { matches, more } = await searchLog(long.writer.source, { text: 'needle' });
  expect(matches).toMatchObject([{ line: 3_003, column: 0, text: 'Needle in <hay> & stack' }]);
  expect(more).toBe(false);
  const found = (await bytesOf(long.writer.source, matches[0]?.offset)).toString();
  expect(found.startsWith('Needle')).toBe(true);
  expect((await searchLog(long.writer.source, { text: 'needle', matchCase: true })).matches).toEqual([]);
  expect((await searchLog(long.writer.source, { text: '50%' })).matches).toEqual([]);
  const many = await searchLog(long.writer.source, { text: 'line', limit: 3 });
  expect({ lines: many.matches.map(({ line }) => line), more: many.more }).toEqual({ lines: [1, 2, 3], more: true });
});

test('a pattern is found in what is there, in a prompt without a line end, and in what comes', async () => {
  const { source } = long.writer;
  const signal = AbortSignal.timeout(60_000);
  expect(await waitForPattern(source, { pattern: '^prompt> $', signal })).toMatchObject({ found: true, line: 3_004 });
  const log = await openTestLog();
  const waiting = waitForPattern(log.writer.source, { pattern: 'listening on \\d+', signal });
  await feed(log.writer, 'starting\r\nlist');
  await new Promise<void>((resolve) => setImmediate(resolve));
  await feed(log.writer, `ening ${esc}[1mon${esc}[0m 8080\r\n`);
  expect(await waiting).toEqual({ found: true, line: 1, offset: 10, text: 'listening on 8080' });
  const never = waitForPattern(log.writer.source, { pattern: 'never', signal });
  await log.writer.close();
  expect(await never).toMatchObject({ found: false, closed: true });
  const evil = waitForPattern(log.writer.source, { pattern: '(', signal });
  await expect(evil).rejects.toMatchObject({ code: 'HAWSER_SESSIONS_BAD_INPUT' });
});

test('a pattern that would run for years is stopped', async () => {
  const log = await openTestLog();
  await feed(log.writer, `${'a'.repeat(40)}!\r\n`);
  const waiting = waitForPattern(log.writer.source, { pattern: '^(a+)+$', signal: AbortSignal.timeout(60_000) });
  await expect(waiting).rejects.toThrow(/too long/);
  await log.writer.close();
});

test('the screen can be had as it was at any place', async () => {
  const log = await openTestLog();
  await feed(log.writer, 'one\r\n');
  const at = log.writer.head;
  await feed(log.writer, `${esc}[2Jtwo`);
  log.writer.resize({ cols: 30, rows: 5 });
  await feed(log.writer, '\r\nthree');
  const { source } = log.writer;
  expect((await screenAt(source, at)).view).toMatchObject({
    offset: at,
    size: { cols: 80, rows: 24 },
    cursor: { x: 0, y: 1 },
  });
  expect((await screenAt(source, at)).view.rows[0]).toBe('one');
  const now = await screenAt(source);
  expect(now.view.size).toEqual({ cols: 30, rows: 5 });
  expect(now.view.rows).toEqual(log.writer.screen.view().rows);
  await log.writer.close();
});

test('GET /log answers ranges, formats and what is wrong with a question', async () => {
  const whole = await ask('/log');
  expect(whole.status).toBe(200);
  const bytes = Buffer.from(await whole.arrayBuffer());
  expect(bytes.equals(await bytesOf(long.writer.source))).toBe(true);
  expect(whole.headers.get('content-length')).toBe(String(bytes.length));
  const part = await ask('/log', { headers: { range: 'bytes=1048570-1048585' } });
  expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 1048570-1048585/${bytes.length}`]);
  expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(1_048_570, 1_048_586))).toBe(true);
  const tail = await ask('/log', { headers: { range: 'bytes=-8' } });
  expect(await tail.text()).toBe('prompt> ');
  const beyond = await ask('/log', { headers: { range: `bytes=${bytes.length}-` } });
  expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${bytes.length}`]);
  expect(await beyond.json()).toMatchObject({ code: 'range_not_satisfiable' });
  expect((await ask('/log?from=3000000')).headers.get('content-length')).toBe(String(bytes.length - 3_000_000));
  expect((await (await ask('/log?format=text&from=3002')).text()).split('\n')).toEqual([
    '100%',
    'Needle in <hay> & stack',
    'prompt> ',
    '',
  ]);
  const page = await (await ask('/log?format=html&from=2999')).text();
  expect(page).toContain('<title>a &lt;title&gt;</title>');
  expect(page).toContain('<span style="color:#c4384b">line 2998');
  expect(page).toContain('Needle in &lt;hay&gt; &amp; stack');
  expect(await (await ask('/search?q=needle')).json()).toMatchObject({ matches: [{ line: 3_003 }], more: false });
  expect(await (await ask('/history?from=3001&to=3002')).json()).toMatchObject({ lines: ['plain'] });
  expect(await (await ask('/wait?pattern=prompt')).json()).toMatchObject({ found: true });
  expect(await (await ask('/wait?pattern=never&timeout=0')).json()).toMatchObject({ found: false, closed: false });
  const screen = (await (await ask('/screen')).json()) as { rows: string[]; cursor: unknown };
  expect(screen.rows.at(-1)).toBe('prompt> ');
  expect(screen.cursor).toEqual({ x: 8, y: 23, visible: true });
  expect(await (await ask('/screen?format=ansi')).text()).toContain('prompt>');
  for (const wrong of [
    '/log?format=pdf',
    '/log?from=-1',
    '/search',
    '/wait?pattern=(',
    '/wait?pattern=x&timeout=soon',
  ]) {
    const answer = await ask(wrong);
    expect([wrong, answer.status]).toEqual([wrong, 400]);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  }
  expect((await ask('/other')).status).toBe(404);
  expect((await ask('/log', { method: 'POST' })).status).toBe(405);
  expect(await (await ask('/log', { method: 'HEAD' })).text()).toBe('');
});

test('a log without its middle says so in every form and refuses ranges of it', async () => {
  const routes = logRoutes(dropped.writer.source);
  const { gap } = await dropped.writer.source.info();
  const get = (path: string, init?: RequestInit): Promise<Response> => routes(new Request(`http://x${path}`, init));
  for (const format of ['raw', 'text', 'html', 'cast']) {
    const answer = await get(`/log?format=${format}`);
    expect(answer.headers.get('x-hawser-log-gap')).toBe(`${gap?.from}-${gap?.to}`);
    const text = await answer.text();
    expect(text.split('were dropped here to stay within the limit')).toHaveLength(2);
    expect(text).toContain('line 8191 ');
  }
  const range = `bytes=${(gap?.from ?? 0) - 10}-${(gap?.from ?? 0) + 10}`;
  expect((await get('/log', { headers: { range } })).status).toBe(416);
});
