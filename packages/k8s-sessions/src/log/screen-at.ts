import { firstSize, playLog } from './play.js';
import { plainSgr } from './sgr.js';
import { Tracker } from './tracker.js';
import type { Keyframe, LogSource, ScreenView } from './types.js';

/** The screen at an offset. */
export interface ScreenAt {
  readonly view: ScreenView;
  /** The same as escape text for an empty terminal. */
  readonly keyframe: Keyframe;
}

/**
 * The screen as it was when the log was `at` bytes long (now, when not given): the newest keyframe before it, and what was
 * written since.
 */
export async function screenAt(source: LogSource, at?: number): Promise<ScreenAt> {
  const { head, first } = await source.info();
  const wanted = Math.min(head, Math.max(0, at ?? head));
  const keyframe = await source.keyframe(wanted);
  const size = keyframe?.size ?? (await firstSize(source)) ?? { cols: 80, rows: 24 };
  // A keyframe from before the gap says nothing about what follows the gap.
  const usable = keyframe && (keyframe.offset >= first || wanted < first) ? keyframe : undefined;
  const begin = usable?.offset ?? (wanted >= first ? first : 0);
  const tracker = new Tracker(size, begin);
  if (usable) tracker.draw(usable.data);
  let atMs = usable?.atMs ?? 0;
  for await (const step of playLog(source, begin, wanted)) {
    if (step.type === 'out') tracker.push(step.data, false, plainSgr);
    // The keyframe at the very place of a new size was taken after it.
    else if (step.type === 'size' && step.offset !== usable?.offset) tracker.resize(step.size);
    if (step.type === 'time') atMs = step.atMs;
  }
  await tracker.settled();
  const view = tracker.view();
  const data = tracker.snapshot();
  tracker.dispose();
  return { view, keyframe: { offset: view.offset, size: view.size, atMs, data } };
}
