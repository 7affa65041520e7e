export type {
  Assignment,
  KeyboardTurn,
  RunnerBeat,
  RunnerControl,
  RunnerExit,
  RunnerPhase,
  RunnerSelf,
  RunnerWishes,
  SourceRules,
} from './control-types.js';
export type { DialClaim, RunnerAddress } from './dial-types.js';
