export { discardFile, publishFile, stageFile } from '../atomic-write.js';
export type { StagedFile } from '../atomic-write.js';
export { wakeOn } from '../folder-wake.js';
export type { FolderWake, FolderWakeOptions } from '../folder-wake.js';
export { acquireLock } from '../lock/acquire.js';
export type { LockRequest, Manners } from '../lock/acquire.js';
export type { HeldLock } from '../lock/held.js';
export { readLock } from '../lock/owner.js';
export type { FoundLock, LockOwner } from '../lock/owner.js';
