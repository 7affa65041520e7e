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
export { debugPassword, dialKey, signDial } from './dial-token.js';
export { dialRunner, fetchRunner } from './dial.js';
export type { DialledSocket, DialOptions } from './dial.js';
export { startTerminal } from './terminal.js';
export type { Terminal, TerminalEnd, TerminalOptions } from './terminal.js';
export type { TerminalInput } from './terminal-input.js';
export { httpControl } from './http-control.js';
export type { HttpControlOptions } from './http-control.js';
export { runRunner } from './run.js';
export type { RunnerOptions } from './run-options.js';
