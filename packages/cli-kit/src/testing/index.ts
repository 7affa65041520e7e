export { runHawser, startHawser } from './run-hawser.js';
export type { HawserEnd, HawserProcess, RunHawserOptions } from './run-hawser.js';
