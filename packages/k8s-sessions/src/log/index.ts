export type {
  Keyframe,
  LogEnd,
  LogEvent,
  LogInfo,
  LogSource,
  LogTrouble,
  LogWriter,
  LogWriterOptions,
  ScreenTracker,
  ScreenView,
  Segment,
  SegmentHead,
} from './types.js';
export { keyframeEveryBytes, openLogWriter } from './writer.js';
export { packKeyframe, packSegment, segmentBytes, unpackKeyframe, unpackSegment } from './pack.js';
export { chainStart, chainValue } from './chain.js';
export { readLog } from './read.js';
export type { LogChunk, ReadLogOptions } from './read.js';
