export { nearMisses } from './near-misses.js';
export type { NearMissOptions } from './near-misses.js';
