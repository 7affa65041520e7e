export { copyFromTarget } from './download.js';
export { copyToTarget } from './upload.js';
export { type DigestAlgorithm } from './digest.js';
export type { CopyOptions, CopyProgress, CopyResult } from './types.js';
