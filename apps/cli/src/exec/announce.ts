import type { Out } from '@hawser/cli-kit';
import type { ExecutionStarted } from '@hawser/exec-client/contract';
import { renderKeptApart } from '../render/exec/announcement.js';

/** Says that an execution is on its way, and how it is kept apart there. */
export async function announceStart(started: ExecutionStarted, out: Out): Promise<void> {
  const { execution_id: id, task_arn } = started;
  const style = await out.talkStyle();
  const apart = renderKeptApart(started);
  if (apart !== undefined) out.say(`→ Isolation: ${apart}`);
  out.say(`${style.good('✓')} Execution started: ${id}`);
  if (task_arn?.startsWith('arn:')) out.say(`  Task: ${task_arn}`);
}

/** Says how to go on with an execution that nobody watches. */
export function sayHowToGoOn(id: string, out: Out): void {
  out.say(`\nRun 'hawser exec status ${id}' to check status`);
  out.say(`Run 'hawser exec logs ${id}' to view logs`);
}
