import type { Context, Style, Told } from '@hawser/cli-kit';
import { untilAborted } from '../wiring/abort.js';
import { runChild } from '../wiring/run-child.js';
import type { EmulatedEnvironment } from './environment.js';

/** An emulator that is ready to be used. */
export interface Offer<Ready extends { readonly env: Readonly<Record<string, string>> }> {
  /** What `--json` prints. */
  readonly ready: Ready;
  readonly render: (ready: Ready, style: Style) => string;
  /** The environment of a command that uses it, and what goes with that. */
  readonly environment: () => Promise<EmulatedEnvironment>;
}

/** Runs the command behind `--` against an emulator, with its exit code; without one, offers it until told to end. */
export async function offerEmulator<Ready extends { readonly env: Readonly<Record<string, string>> }>(
  { ready, render, environment }: Offer<Ready>,
  { rest, out, signal, leaveCtrlC, onEnd }: Context & { readonly rest: readonly string[] },
): Promise<Told> {
  if (rest.length > 0) {
    const made = await environment();
    onEnd(() => made.close());
    if (process.stdin.isTTY) leaveCtrlC();
    return { told: true, exitCode: await runChild({ command: rest, env: made.env, signal, onEnd }) };
  }
  // Its keys and tokens open nothing but itself; they are for whoever wants to use it.
  for (const value of Object.values(ready.env)) out.show(value);
  out.record(ready);
  if (!out.json) out.data(render(ready, await out.style()));
  await untilAborted(signal);
  return { told: true };
}
