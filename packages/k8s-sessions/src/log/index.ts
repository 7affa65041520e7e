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
export { historyLines, maxHistoryLines } from './history.js';
export type { HistoryLines } from './history.js';
export { maxMatches, searchLog, waitForPattern } from './search.js';
export type { SearchMatch, SearchOptions, WaitOptions, WaitResult } from './search.js';
export { screenAt } from './screen-at.js';
export type { ScreenAt } from './screen-at.js';
export { renderLog } from './render.js';
export type { LogFormat, RenderOptions } from './render.js';
export { logRoutes } from './routes.js';
export type { LogRoutesOptions } from './routes.js';
export { transcriptFormat, transcriptType, writeTranscript } from './transcript.js';
export type { TranscriptOptions } from './transcript.js';
export { receiptKeysOf, verifyTranscript } from './verify.js';
export type { TranscriptVerdict, VerifyTranscriptOptions } from './verify.js';
