export type { Keyframe, LogInfo, LogSource, Segment, SegmentHead } from './types.js';
