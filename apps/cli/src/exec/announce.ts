import type { Out } from '@hawser/cli-kit';
import type { ExecutionStarted } from '@hawser/exec-client/contract';

/** Says that an execution is on its way, and what can be asked about it. */
export async function announceStart({ execution_id: id, task_arn }: ExecutionStarted, out: Out): Promise<void> {
  const style = await out.talkStyle();
  out.say(`${style.good('✓')} Execution started: ${id}`);
  if (task_arn?.startsWith('arn:')) out.say(`  Task: ${task_arn}`);
}

/** Says how to go on with an execution that nobody watches. */
export function sayHowToGoOn(id: string, out: Out): void {
  out.say(`\nRun 'hawser exec status ${id}' to check status`);
  out.say(`Run 'hawser exec logs ${id}' to view logs`);
}
