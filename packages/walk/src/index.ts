export { WalkError, walkErrors } from './errors.js';
export type { JsonValue, WalkErrorCode, WalkErrorRow } from './errors.js';
export type {
  Candidate,
  FolderRules,
  ListRules,
  RefusedEntry,
  Walked,
  WalkedEntry,
  WalkLimits,
  WalkOptions,
} from './types.js';
export { walk } from './walk.js';
