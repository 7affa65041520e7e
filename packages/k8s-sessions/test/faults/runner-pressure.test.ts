import { createHash } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { scale } from '../../../../test/support/scale.js';
import { creditBytes, formatSince } from '../../src/protocol/index.js';
import { assignmentOf } from '../support/memory-control.js';
import { startRunner } from '../support/started-runner.js';

const lineLength = 100;
const flood = (lines: number): string => `yes ${'x'.repeat(lineLength - 2)} | head -n ${lines}`;

describe('a runner under pressure', () => {
  test('who stalls is skipped forward by a keyframe, and slows neither the command nor anybody else', async () => {
    const lines = scale(40_000, 600_000);
    await using runner = await startRunner(
      assignmentOf({ command: `read go; ${flood(lines)}; echo last; read go; exit 3` }),
    );
    const typist = await runner.view({ viewer: 'typist' }, { whole: true });
    const deaf = await runner.view({ viewer: 'deaf', role: 'view' });
    const silent = await runner.view({ viewer: 'silent', role: 'view' });
    await Promise.all([deaf.frame('ready'), silent.frame('ready')]);
    deaf.stall();
    silent.acknowledges = false;
    typist.type('go\r');
    await typist.shows('last\r\n');
    // The one that acknowledges nothing was given its credit and no more.
    const given = (): number =>
      silent.frames.reduce((sum, frame) => sum + (frame.type === 'out' ? frame.data.length : 0), 0);
    await silent.until(() => given() >= creditBytes, 'credit used up');
    expect(given()).toBe(creditBytes);
    silent.acknowledges = true;
    const seen = silent.frames.length;
    silent.send({ type: 'ack', offset: creditBytes });
    const snapshot = await silent.frame('snapshot');
    expect(Buffer.from(snapshot.data).toString()).toContain('last');
    await silent.frame('ready', undefined, seen);
    typist.type('go\r');
    const { exit } = await typist.frame('exit');
    expect(typist.digest).toBe(exit.digest);
    expect(exit.offset).toBeGreaterThan(lines * lineLength);
    deaf.cut();
    expect(await runner.status).toBe(3);
  });

  test('a program that wants every byte gets them from disk, at its own pace and over cut sockets', async () => {
    const lines = scale(40_000, 400_000);
    await using runner = await startRunner(assignmentOf({ command: `${flood(lines)}; read go`, exitOnJob: true }));
    const early = await runner.view({}, { whole: true });
    await early.until(() => early.length >= lines * lineLength, 'flood');
    // What the first has is no longer all in memory.
    const { epoch } = (await early.frame('hello')).hello;
    const whole = createHash('sha256');
    let place = 0;
    for (let cuts = 0; ; cuts += 1) {
      const viewer = await runner.view(
        { viewer: `v${cuts}`, role: 'view' },
        {
          whole: true,
          since: place === 0 ? null : formatSince({ epoch, offset: place }),
        },
      );
      viewer.from = place;
      await viewer.until(() => viewer.length > 1_500_000 || viewer.frames.some(({ type }) => type === 'ready'), 'more');
      viewer.cut();
      await viewer.closed;
      whole.update(viewer.text());
      place += viewer.text().length;
      if (viewer.frames.some(({ type }) => type === 'ready')) break;
    }
    early.type('go\r');
    const { exit } = await early.frame('exit');
    expect(place).toBeGreaterThanOrEqual(lines * lineLength);
    whole.update(early.text().subarray(place));
    expect(whole.digest('hex')).toBe(exit.digest);
  });

  test('while the controller is away the command goes on; then everything arrives, in order and once', async () => {
    const lines = scale(15_000, 300_000);
    await using runner = await startRunner(assignmentOf({ command: `read go; ${flood(lines)}; exit 4` }));
    const viewer = await runner.view({}, { whole: true });
    await viewer.frame('ready');
    runner.control.away = true;
    viewer.type('go\r');
    const { exit } = await viewer.frame('exit');
    expect(runner.control.exits).toEqual([]);
    const missed = runner.control.missed;
    while (runner.control.missed < missed + 2) await runner.control.called();
    runner.control.away = false;
    expect(await runner.status).toBe(4);
    const { segments, exits, phases, keyframes } = runner.control;
    expect(segments.map(({ head }) => head.n)).toEqual(segments.map((_, at) => at));
    const bytes = Buffer.concat(segments.map(({ body }) => gunzipSync(body)));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(exit.digest);
    expect(exits).toMatchObject([{ code: 4, digest: exit.digest, chain: segments.at(-1)!.head.chain }]);
    expect(phases.map(({ state }) => state)).toEqual(['running', 'draining']);
    expect(keyframes.at(-1)!.offset).toBe(exit.offset);
  });

  test('a controller that never comes back is not waited for for ever', async () => {
    await using runner = await startRunner(assignmentOf({ command: 'read go; exit 7' }), { keepTryingMs: 200 });
    const viewer = await runner.view({}, { whole: true });
    await viewer.frame('ready');
    runner.control.away = true;
    viewer.type('go\r');
    expect(await runner.status).toBe(7);
    expect(runner.control.exits).toEqual([]);
  });

  test('a program that reads nothing holds only those who type', async () => {
    await using runner = await startRunner(assignmentOf({ command: 'stty raw -echo; echo up; sleep 600' }));
    const typist = await runner.view({ viewer: 'a' });
    await typist.shows('up');
    const chunk = 'y'.repeat(32_768);
    for (let at = 0; at < 8; at += 1) typist.type(chunk);
    await typist.frame('input-ack');
    const other = await runner.view({ viewer: 'b' });
    await other.frame('ready');
    other.send({ type: 'ping', nonce: 5 });
    await other.frame('pong');
    // Less was taken than was sent: the rest waits on the way.
    expect(typist.frames.filter(({ type }) => type === 'input-ack').length).toBeLessThan(8);
  });

  test('a disk that takes nothing holds the command, is told, and loses nothing', async () => {
    const lines = 30_000;
    await using runner = await startRunner(
      assignmentOf({ command: `read go; ${flood(lines)}; echo last; read go; exit 8` }),
    );
    const viewer = await runner.view({}, { whole: true });
    await viewer.frame('ready');
    const log = join(runner.folder, 'log');
    await rename(log, `${log}-away`);
    viewer.type('go\r');
    await viewer.frame('note', ({ code }) => code === 'log_disk');
    // What follows can be answered, and the flood is not through: the command is held.
    viewer.send({ type: 'ping', nonce: 1 });
    await viewer.frame('pong');
    expect(viewer.length).toBeLessThan(lines * lineLength);
    await rename(`${log}-away`, log);
    await viewer.frame('note', ({ code }) => code === 'log_over');
    await viewer.shows('last\r\n');
    // A command that ends meanwhile still ends.
    await rename(log, `${log}-away`);
    viewer.type('go\r');
    const { exit } = await viewer.frame('exit');
    expect(exit.code).toBe(8);
    expect(viewer.digest).toBe(exit.digest);
    expect(await runner.status).toBe(8);
    const shipped = Buffer.concat(runner.control.segments.map(({ body }) => gunzipSync(body)));
    expect(createHash('sha256').update(shipped).digest('hex')).toBe(exit.digest);
  });

  test('who comes late to a long session is shown the screen of now for few bytes', async () => {
    const lines = scale(20_000, 100_000);
    const command = `seq -f 'line %.0f of a long session with some text behind it' 1 ${lines}; read go`;
    await using runner = await startRunner(assignmentOf({ command, size: { cols: 120, rows: 40 } }));
    const first = await runner.view({ viewer: 'first' }, { whole: true });
    await first.shows(`line ${lines} of`);
    const late = await runner.view({ viewer: 'late', role: 'view' });
    await late.frame('ready');
    expect(Buffer.from((await late.frame('snapshot')).data).toString()).toContain(`line ${lines} of`);
    late.send({ type: 'history', id: 1, from: lines - 1000, to: lines });
    const history = await late.frame('history');
    expect(history.lines).toHaveLength(1000);
    expect(late.bytes).toBeLessThan(150_000);
    first.type('x\r');
    await runner.status;
  });

  test('over sockets that are cut at any moment every line is typed once and every byte seen once', async () => {
    const lines = scale(60, 2000);
    const random = seeded(20_261_122);
    await using runner = await startRunner(
      assignmentOf({
        command: 'stty -echo; while read -r line; do echo "<$line>"; [ "$line" = end ] && exit 11; done',
      }),
    );
    const unsent = [...Array.from({ length: lines }, (_, at) => `l${at}`), 'end'];
    const output: Buffer[] = [];
    let place = 0;
    let isOver = false;
    while (!isOver) {
      const since = place === 0 ? null : formatSince({ epoch: runner.control.self!.epoch, offset: place });
      const viewer = await runner.view({}, { whole: true, tab: 'window', since });
      const { lastInputSeq } = (await viewer.frame('hello')).hello;
      const burst = Math.floor(random() * 12);
      for (let seq = lastInputSeq + 1; seq <= Math.min(unsent.length, lastInputSeq + burst); seq += 1)
        viewer.send({ type: 'in', seq, data: Buffer.from(`${unsent[seq - 1]}\r`) });
      // Cut before, amid and behind what comes back.
      const upTo = Math.floor(random() * 60);
      await viewer.until(
        () =>
          viewer.length >= upTo ||
          viewer.frames.some(({ type }) => type === 'input-ack' || type === 'exit') ||
          burst === 0,
        'an answer',
      );
      if (lastInputSeq === unsent.length) await viewer.frame('exit');
      isOver = viewer.frames.some(({ type }) => type === 'exit');
      viewer.cut();
      output.push(Buffer.from(viewer.text()));
      place += viewer.text().length;
    }
    expect(await runner.status).toBe(11);
    const seen = Buffer.concat(output);
    // The terminal echoes what came before the program switched that off.
    const answered = seen
      .toString()
      .split('\r\n')
      .filter((line) => line.startsWith('<'));
    expect(answered).toEqual(unsent.map((line) => `<${line}>`));
    expect(createHash('sha256').update(seen).digest('hex')).toBe(runner.control.exits[0]!.digest);
  });
});

/** Repeatable randomness (Park and Miller's minimal standard generator). */
function seeded(seed: number): () => number {
  let state = seed % 2_147_483_647;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
