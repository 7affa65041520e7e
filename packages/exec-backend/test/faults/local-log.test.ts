import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionRecord } from '@hawser/exec-client/contract';
import { scale } from '../../../../test/support/scale.js';
import { streamFiles } from '../../src/logs/places.js';
import { createLogReader } from '../../src/logs/reader.js';
import { LogWriter } from '../../src/logs/writer.js';
import { openService, type LocalService } from '../support/local-service.js';

let service: LocalService;
beforeAll(async () => void (service = await openService()));
afterAll(async () => {
  await service[Symbol.asyncDispose]();
});

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

describe('a great log', () => {
  // 500,000 lines of 200 bytes are 100 MB.
  const lines = scale(25_000, 500_000);

  test('of 200-byte lines loses none and keeps their order, read while it is written', async () => {
    const { execution_id: id } = await service.start({
      no_repo: true,
      isolation: 'process',
      command: `seq -f %0199.0f 1 ${lines}`,
    });
    const reader = createLogReader({ folder: join(service.folder, 'logs') });
    const record = { execution_id: id, phase: 'running', task: {} } as unknown as ExecutionRecord;
    let [position, seen, isOrdered]: [string | undefined, number, boolean] = [undefined, 0, true];
    for (;;) {
      const page = await reader.read(record, { position, limit: 10_000, waitMs: 60_000, stream: 'runner' });
      for (const { seq, message } of page.events) {
        isOrdered &&= seq === seen && message.length === 199 && Number(message) === seen + 1;
        seen += 1;
      }
      position = page.position;
      if (!page.ended) continue;
      expect({ seen, isOrdered, complete: page.complete }).toEqual({ seen: lines, isOrdered: true, complete: true });
      expect(page.mark).toMatchObject({ lines, bytes: lines * 200 });
      expect(page.mark?.sha256).toBe(await digestOf(streamFiles(join(service.folder, 'logs', id), 'runner').bytes));
      break;
    }
    expect((await service.finish(id)).record).toMatchObject({
      exit_code: 0,
      log: { lines, bytes: lines * 200, complete: true },
    });
  });

  test('takes 50 MB in a second of the processor, and any page of it is cheap', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hawser-log-'));
    const id = 'exec_20260101000000_aaaaaaaaaa';
    try {
      const chunk = Buffer.from(`${'x'.repeat(199)}\n`.repeat(320));
      const chunks = Math.ceil((lines * 200) / chunk.length);
      const writer = new LogWriter(join(folder, id), 'runner');
      const before = process.cpuUsage();
      for (let index = 0; index < chunks; index += 1) void writer.append(chunk, index);
      const mark = await writer.end();
      const { user, system } = process.cpuUsage(before);
      expect(mark.bytes / ((user + system) / 1e6)).toBeGreaterThan(50e6);
      const reader = createLogReader({ folder });
      const record = { execution_id: id, phase: 'running', task: {} } as unknown as ExecutionRecord;
      const seq = (chunks - 1) * 320;
      const position = `runner.${seq * 200}.${seq}.${chunks - 1}`;
      const start = process.cpuUsage();
      for (let index = 0; index < 20; index += 1) {
        const { events } = await reader.read(record, { position, limit: 10, waitMs: 0 });
        expect(events).toHaveLength(10);
        expect(events[0]).toMatchObject({ seq, ts: chunks - 1 });
      }
      const spent = process.cpuUsage(start);
      expect((spent.user + spent.system) / 20 / 1000).toBeLessThan(20);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('many runs at once', () => {
  test('each ends as it should, with its own output', async () => {
    const count = scale(6, 50);
    const started = await Promise.all(
      Array.from({ length: count }, (_none, index) =>
        service.start({ no_repo: true, isolation: 'process', command: `echo run ${index}; exit ${index}` }),
      ),
    );
    const ended = await Promise.all(started.map(({ execution_id: id }) => service.finish(id)));
    expect(ended.map(({ text, complete, record }) => ({ text, complete, code: record.exit_code }))).toEqual(
      Array.from({ length: count }, (_none, index) => ({ text: `run ${index}\n`, complete: true, code: index })),
    );
  });
});
