import type { Context } from '@hawser/cli-kit';
import { HfPushError } from '@hawser/hf-push';

/** Says what the message of a failed push leaves out: the end of the Space's log, and where the staged files are. */
export function tellFailure(out: Context['out'], error: unknown): void {
  if (!(error instanceof HfPushError)) return;
  const { log, lines, stagingFolder } = error.details ?? {};
  if (Array.isArray(lines) && lines.length > 0) {
    out.say(`The ${log === 'build' ? 'build' : 'run'} log ends with:`);
    for (const line of lines) out.say(`  ${String(line)}`);
  }
  if (typeof stagingFolder === 'string') out.say(`The staged files are kept in ${stagingFolder}`);
}
