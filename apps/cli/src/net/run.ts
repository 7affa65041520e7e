import type { Context } from '@hawser/cli-kit';
import { exitCodes } from '@hawser/cli-kit';
import type { WaitFor } from '@hawser/tunnels/supervisor';
import { CliError } from '../errors.js';
import { runChild } from '../wiring/run-child.js';
import { openTunnels } from './open.js';
import { reachSupervisor } from './reach.js';
import { type OpeningRequest, specsOf } from './specs.js';

/** How the command behind `net run` ended. What it printed on its standard output is on our standard error. */
export interface NetRunFacts {
  readonly exitCode: number;
  /** What it was given. */
  readonly env: Readonly<Record<string, string>>;
}

/** The flags of `net run` besides those that say what to open. */
export interface RunRequest extends OpeningRequest {
  readonly wait?: WaitFor | undefined;
  readonly 'ready-timeout'?: number | undefined;
  readonly timeout?: number | undefined;
}

/** Opens tunnels, runs a command with their variables, and closes those again that were not open before. */
export async function runWithTunnels(
  set: string | undefined,
  flags: RunRequest,
  context: Context & { readonly root: string; readonly rest: readonly string[] },
): Promise<NetRunFacts> {
  const { rest, root, out, signal, onEnd, leaveCtrlC } = context;
  const specs = await specsOf(set, flags, context);
  const client = await reachSupervisor(root, signal);
  onEnd(() => client.close());
  const { tunnels, fresh } = await openTunnels(
    client,
    {
      specs,
      wait: flags.wait ?? 'healthy',
      timeoutMs: flags['ready-timeout'],
      labelled: set !== undefined || flags.label !== undefined,
    },
    context,
  );
  onEnd(async () => {
    if (fresh.length > 0) await client.down({ names: fresh });
  });
  const env: Record<string, string> = Object.assign({}, ...tunnels.map((tunnel) => tunnel.env));
  if (process.stdin.isTTY) leaveCtrlC();
  const timer = flags.timeout === undefined ? undefined : AbortSignal.timeout(flags.timeout);
  const exitCode = await runChild({
    command: rest,
    env: { ...inherited(), ...env },
    signal: timer ? AbortSignal.any([signal, timer]) : signal,
    onEnd,
    stdout: out.json ? 'stderr' : 'stdout',
    notStarted: 'HAWSER_NET_COMMAND_NOT_STARTED',
  });
  if (timer?.aborted === true && !signal.aborted) {
    throw new CliError('HAWSER_NET_RUN_TIMED_OUT', 'The command had not ended in time and was stopped.', {
      runExitCode: exitCodes.timedOut,
    });
  }
  return { exitCode, env };
}

function inherited(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}
