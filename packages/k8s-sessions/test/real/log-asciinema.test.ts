import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { renderLog } from '../../src/log/render.js';
import { feed, openTestLog, removeTestFolders, type TestLog } from '../support/log.js';

const run = promisify(execFile);
let log: TestLog;
let cast: string;

beforeAll(async () => {
  log = await openTestLog();
  await feed(log.writer, 'first ');
  log.clock.nowMs += 1_500;
  // The two halves of a character come a second apart.
  await feed(log.writer, Buffer.from('日').subarray(0, 2));
  log.clock.nowMs += 1_000;
  await feed(log.writer, Buffer.from('日').subarray(2));
  log.writer.mark('half-way');
  log.writer.resize({ cols: 100, rows: 30 });
  log.writer.cut();
  log.clock.nowMs += 250;
  await feed(log.writer, '\u001B[31mlast\u001B[0m\r\n');
  await log.writer.close();
  const pieces: Buffer[] = [];
  for await (const piece of renderLog(log.writer.source, { format: 'cast', title: 'a session', exitCode: 3 })) {
    pieces.push(Buffer.from(piece));
  }
  cast = Buffer.concat(pieces).toString();
});
afterAll(removeTestFolders);

test('a recording is asciicast v3: times between events, sizes, marks and the exit status', () => {
  const [header, ...events] = cast
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  expect(header).toEqual({
    version: 3,
    term: { cols: 80, rows: 24, type: 'xterm-256color' },
    timestamp: 1_700_000_000,
    title: 'a session',
  });
  expect(events).toEqual([
    [0, 'o', 'first '],
    [2.5, 'o', '日'],
    [0, 'm', 'half-way'],
    [0, 'r', '100x30'],
    [0.25, 'o', '\u001B[31mlast\u001B[0m\r\n'],
    [0, 'x', '3'],
  ]);
});

describeReal('asciinema', (path) => {
  test('the events play in a real asciinema, which reads the same output', async () => {
    // Debian's asciinema 2 reads version 2: the same events, with times since the start and without the exit status.
    const [header, ...events] = cast.trimEnd().split('\n');
    const { version, term, ...rest } = JSON.parse(header as string) as {
      version: number;
      term: { cols: number; rows: number };
    };
    expect(version).toBe(3);
    let seconds = 0;
    const older = events.flatMap((line) => {
      const [interval, code, data] = JSON.parse(line) as [number, string, string];
      seconds += interval;
      return code === 'x' ? [] : [JSON.stringify([seconds, code, data])];
    });
    const head = JSON.stringify({ version: 2, width: term.cols, height: term.rows, ...rest });
    const file = join(log.folder, 'session.cast');
    await writeFile(file, `${[head, ...older].join('\n')}\n`);
    const asciinema = path('asciinema');
    const env = { PATH: process.env['PATH'], HOME: log.folder, TERM: 'xterm', LC_ALL: 'C.UTF-8' };
    const { stdout } = await run('script', ['-qec', `${asciinema} cat ${file}`, '/dev/null'], { env });
    expect(stdout).toContain('first 日\u001B[31mlast\u001B[0m');
  });
});
