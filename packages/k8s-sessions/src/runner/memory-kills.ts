import { readFileSync } from 'node:fs';

/** Files that count processes killed for memory: control groups version 2 (`memory.events`) and 1 (`memory.oom_control`). */
const counters = ['/sys/fs/cgroup/memory.events', '/sys/fs/cgroup/memory/memory.oom_control'];

/** Processes of this container that were killed for lack of memory so far; 0 where nobody counts. */
export function memoryKills(): number {
  for (const path of counters) {
    try {
      return Number(/^oom_kill (\d+)$/mu.exec(readFileSync(path, 'latin1'))?.[1] ?? 0);
    } catch {
      // Another version, or no control groups.
    }
  }
  return 0;
}
