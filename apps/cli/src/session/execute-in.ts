import type { Context } from '@hawser/cli-kit';
import { CliError } from '../errors.js';
import { attach } from './attach.js';
import { markExitCode } from './exit-marker.js';
import { watch } from './open-session.js';
import { exitUnknown } from './run-command.js';

/** What was run in which container. */
export interface Executed {
  readonly sessionId: string;
  readonly cluster: string;
  readonly task: string;
  readonly container: string;
  /** Of the command; a shell has none. */
  readonly exitCode: number | undefined;
}

/** Runs a command, or a shell when there is none, in a container of ECS with the terminal on it. */
export async function executeIn(
  { target, command }: { readonly target: string; readonly command: readonly string[] },
  { aws, out, signal, onEnd }: Pick<Context, 'aws' | 'out' | 'signal' | 'onEnd'>,
): Promise<Executed> {
  const { openSession, quoteCommand } = await import('@hawser/ssm-channel');
  const { ecs, target: id } = await aws.findTarget(target.startsWith('ecs:') ? target : `ecs:${target}`, { signal });
  if (!ecs) throw new CliError('HAWSER_ECS_TARGET', `'${target}' names no task of a cluster.`);
  const marked = command.length === 0 ? undefined : markExitCode(quoteCommand(command));
  const api = await aws.api();
  const start = await api.executeCommand(
    { ...ecs, command: marked ? quoteCommand(marked.words) : '/bin/sh' },
    { signal },
  );
  out.hide(start.tokenValue);
  const session = await openSession({ start, target: id, api, signal });
  onEnd(async () => void (await session.terminate()));
  watch(session, out);
  const end = await attach(session, { json: out.json, signal, ...(marked ? { filter: marked.filter } : {}) });
  const exitCode = marked?.exitCode();
  if (marked && exitCode === undefined) throw exitUnknown(end);
  if (end.error) throw end.error;
  return { sessionId: session.sessionId, ...ecs, exitCode };
}
