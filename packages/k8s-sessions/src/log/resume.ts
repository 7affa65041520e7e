import type { TerminalSize } from '../protocol/types.js';
import { gunzip } from './pack.js';
import { readLog } from './read.js';
import { Scanner } from './scan.js';
import { applySgr, plainSgr, type Sgr } from './sgr.js';
import { readSideIndex } from './side-index.js';
import { Tracker } from './tracker.js';
import type { LogSource, Segment } from './types.js';

/** Colours in force, and the size of the terminal, behind a segment. */
export async function stateBehind(segment: Segment): Promise<{ readonly sgr: Sgr; readonly size: TerminalSize }> {
  const side = readSideIndex(await gunzip(segment.index));
  const scanner = new Scanner();
  scanner.sgr = applySgr(plainSgr, side.sgr);
  scanner.push(await gunzip(segment.body), () => undefined);
  let { size } = side;
  for (const event of side.events) if (event.type === 'size') size = event.size;
  return { sgr: scanner.sgr, size };
}

/** The screen at an offset, to go on with: of the newest keyframe, and what was written since. */
export async function screenBehind(source: LogSource, offset: number, size: TerminalSize): Promise<Tracker> {
  const keyframe = await source.keyframe(offset);
  const tracker = new Tracker(keyframe?.size ?? size, keyframe?.offset ?? 0);
  if (keyframe) tracker.draw(keyframe.data);
  for await (const { data } of readLog(source, { from: keyframe?.offset ?? 0, to: offset })) {
    tracker.push(data, false, plainSgr);
  }
  tracker.resize(size);
  return tracker;
}
