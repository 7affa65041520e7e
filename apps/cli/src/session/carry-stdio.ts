import { pipeline } from 'node:stream/promises';
import type { Session } from '@hawser/ssm-channel';

/**
 * Makes standard input and output the two directions of a session that carries one connection, until the far side ends
 * it. Throws what cut it short.
 */
export async function carryStdio(session: Session): Promise<void> {
  session.stderr.resume();
  // Where it matters why the input is not taken any more, `ended` says it.
  const input = pipeline(process.stdin, session.stdin).catch(() => undefined);
  await pipeline(session.stdout, process.stdout, { end: false });
  const end = await session.ended;
  process.stdin.destroy();
  await input;
  if (end.error) throw end.error;
}
