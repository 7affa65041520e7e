import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLog } from '../../src/log/read.js';
import type { Keyframe, LogSource, LogTrouble, LogWriter, LogWriterOptions, Segment } from '../../src/log/types.js';
import { openLogWriter } from '../../src/log/writer.js';

/** A log in a folder of its own, with a clock that only moves when told, and all that it told. */
export interface TestLog {
  readonly writer: LogWriter;
  readonly folder: string;
  readonly segments: Segment[];
  readonly keyframes: Keyframe[];
  readonly troubles: LogTrouble[];
  readonly clock: { nowMs: number };
}

const folders: string[] = [];

export async function openTestLog(options: Partial<LogWriterOptions> = {}): Promise<TestLog> {
  const folder = options.folder ?? (await temporaryFolder());
  const segments: Segment[] = [];
  const keyframes: Keyframe[] = [];
  const troubles: LogTrouble[] = [];
  const clock = { nowMs: 1_700_000_000_000 };
  const writer = await openLogWriter({
    epoch: '00112233445566778899aabbccddeeff',
    size: { cols: 80, rows: 24 },
    capBytes: 64 * 1_048_576,
    guaranteedLines: 100_000,
    nowMs: () => clock.nowMs,
    onSegment: (segment) => segments.push(segment),
    onKeyframe: (keyframe) => keyframes.push(keyframe),
    onTrouble: (trouble) => troubles.push(trouble),
    ...options,
    folder,
  });
  return { writer, folder, segments, keyframes, troubles, clock };
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hawser-log-'));
  folders.push(folder);
  return folder;
}

/** For `afterEach`: nothing of a test stays behind. */
export async function removeTestFolders(): Promise<void> {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
}

/** Writes, waiting whenever asked to. */
export async function feed(writer: LogWriter, data: Uint8Array | string): Promise<void> {
  if (!writer.write(Buffer.from(data))) await writer.drained();
}

/** All bytes that can be read. */
export async function bytesOf(source: LogSource, from = 0): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const { data } of readLog(source, { from })) pieces.push(Buffer.from(data));
  return Buffer.concat(pieces);
}

/** Text of many lines, a kilobyte each, that tells where it was cut. */
export function numberedLines(count: number, first = 0): string {
  return Array.from({ length: count }, (_, index) => `line ${first + index} ${'.'.repeat(1_010)}\r\n`).join('');
}
