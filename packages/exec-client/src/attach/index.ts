export type { AttachGrant } from '../contract/index.js';
export { attachToExecution } from './attach.js';
export type { AttachedEnd, AttachOptions } from './attach.js';
export { createSentinelFilter } from './sentinel.js';
export type { SentinelFilter } from './sentinel.js';
