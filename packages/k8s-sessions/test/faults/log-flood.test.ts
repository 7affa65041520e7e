import { afterEach, expect, test } from '@jest/globals';
import { scale } from '../../../../test/support/scale.js';
import { Tracker } from '../../src/log/tracker.js';
import { plainSgr } from '../../src/log/sgr.js';
import { feed, openTestLog, removeTestFolders } from '../support/log.js';

afterEach(removeTestFolders);

test('a flood of plain text is jumped over to the same screen as if every byte were parsed', async () => {
  const seed = Number(process.env['HAWSER_SEED'] ?? 20_261_122);
  const random = mulberry(seed);
  const pieces = [
    'word ',
    '\u001B[31m',
    '\u001B[1;44m',
    '\u001B[0m',
    '日本',
    'é',
    '\t',
    'x'.repeat(90),
    '\r\n',
    '\r\n',
    '\r\n',
    '\r\n',
  ];
  for (let round = 0; round < scale(2, 200); round++) {
    const { writer } = await openTestLog({ size: { cols: 40 + round, rows: 10 } });
    const whole = new Tracker(writer.size);
    for (let chunk = 0; chunk < 6; chunk++) {
      const text = Array.from({ length: 8_000 }, () => pieces[Math.floor(random() * pieces.length)] as string).join('');
      const rare = ['', '\u001B[3;7r', '\u001B[r', '\u001B[5A', '\u001B[?6h\u001B[?6l', '\n\n'][chunk] as string;
      const data = Buffer.from(`${text}${rare}`);
      whole.push(data, false, plainSgr);
      for (let at = 0; at < data.length; at += 30_000) await feed(writer, data.subarray(at, at + 30_000));
    }
    await whole.settled();
    await writer.screen.settled();
    const context = { seed, round };
    expect({ ...context, screen: writer.screen.view() }).toEqual({ ...context, screen: whole.view() });
    expect({ ...context, text: writer.screen.snapshot() }).toEqual({ ...context, text: whole.snapshot() });
    whole.dispose();
    await writer.close();
  }
});

test('what waits for disk and screen stays within bounds while the program is faster than both', async () => {
  const { writer } = await openTestLog();
  // Every line moves the cursor, so that nothing can be jumped over.
  const busy = Buffer.from('\u001B[1;1H\u001B[32mbusy\u001B[0m screen '.repeat(4_000));
  let written = 0;
  let refused = 0;
  const end = scale(12, 400) * 1_048_576;
  while (written < end) {
    written += busy.length;
    if (writer.write(busy)) continue;
    refused++;
    await writer.drained();
  }
  expect(refused).toBeGreaterThan(0);
  await writer.close();
  expect(writer.screen.view().rows[0]).toContain('busy screen');
});

/** Repeatable randomness. */
function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}
