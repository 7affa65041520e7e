import { wakeOn, type FolderWake } from '@hawser/state-store/files';

/** How often one looks where nothing can be watched: no watches left, or a network's file system. */
const blindMs = 1_000;

/** Watches a folder of executions; a process that only waits for it may end. */
export function watchFolder(folder: string, concerns: (entry: string) => boolean): FolderWake {
  return wakeOn(folder, concerns, { persistent: false, blindMs });
}
