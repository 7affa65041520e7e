import { constants } from 'node:os';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExitReason } from '../protocol/types.js';
import type { SourceFetcher } from '../fetch/index.js';
import type { Assignment, RunnerPhase } from './control-types.js';
import type { Hub } from './hub.js';
import { memoryKills } from './memory-kills.js';
import { fetchInto, installIn } from './prepare.js';
import { startTerminal, type Terminal, type TerminalEnd } from './terminal.js';

/** How the work ended. */
export interface WorkEnd {
  readonly reason: ExitReason;
  readonly code: number | null;
  readonly signal: string | null;
  readonly message?: string;
  readonly leftBehind?: number;
}

export type StopReason = 'cancelled' | 'deadline' | 'idle' | 'evicted' | 'lost';

export interface WorkOptions {
  readonly assignment: Assignment;
  readonly hub: Hub;
  /** See `RunnerOptions.folder` and `env`. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly leftBehindMs: number;
  readonly fetchers?: ((scheme: string) => Promise<SourceFetcher>) | undefined;
  readonly onPhase: (phase: RunnerPhase) => void;
}

/** A session's work: source, installation, command, one after the other on one log. */
export interface Work {
  /** Where the source and the command's own files are. */
  readonly folder: string;
  /** Never rejects. */
  readonly ended: Promise<WorkEnd>;
  /** Ends whatever runs: SIGTERM to all of it, SIGKILL after the grace. The first reason holds. */
  stop(reason: StopReason, graceMs: number): void;
}

export function startWork(options: WorkOptions): Work {
  const { assignment, hub, onPhase, leftBehindMs } = options;
  const folder = join(options.folder, 'work');
  const stopped = new AbortController();
  let stopReason: StopReason | undefined;
  let terminal: Terminal | undefined;
  let killing: NodeJS.Timeout | undefined;
  let isOver = false;

  const phase = (next: RunnerPhase): void => {
    hub.log.mark(next.state);
    hub.phase(next.state, next.detail);
    onPhase(next);
  };
  const say = (line: string): void => void hub.append(Buffer.from(`\u001b[2m${line}\u001b[22m\r\n`));
  const stoppedEnd = (): WorkEnd | undefined => stopReason && { reason: stopReason, code: null, signal: null };

  const run = async (argv: readonly string[], env: Readonly<Record<string, string>>): Promise<TerminalEnd> => {
    const started = await startTerminal({
      argv,
      env,
      folder,
      size: hub.log.size,
      leftBehindMs,
      onOutput: (data) => {
        if (hub.append(data)) return;
        started.pause();
        void hub.log.drained().then(() => started.resume());
      },
    });
    terminal = started;
    hub.plug(started);
    // It may have come while the terminal was opened.
    if (stopReason) started.signalAll('SIGTERM');
    const end = await started.ended;
    hub.plug(undefined);
    terminal = undefined;
    return end;
  };

  const work = async (): Promise<WorkEnd> => {
    const home = join(options.folder, 'home');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await mkdir(home, { recursive: true, mode: 0o700 });
    const env = environment(assignment, { HOME: home, ...options.env });
    let revision: { readonly revision?: string } = {};
    if (assignment.source) {
      phase({ state: 'fetching', detail: assignment.source.url });
      const got = await fetchInto({ assignment, folder, say, signal: stopped.signal, fetchers: options.fetchers });
      if (stopReason) return stoppedEnd()!;
      if ('message' in got) return { reason: 'fetch_failed', code: null, signal: null, message: got.message };
      revision = got;
    }
    const install = await installIn(folder, assignment);
    if (install !== undefined) {
      phase({ state: 'installing', detail: install, ...revision });
      say(`$ ${install}`);
      const end = await run(['/bin/sh', '-c', install], env);
      if (stopReason) return stoppedEnd()!;
      if (end.code !== 0)
        return {
          reason: 'install_failed',
          code: null,
          signal: null,
          message: `${install} ended with ${endText(end)}.`,
        };
    }
    if (stopReason) return stoppedEnd()!;
    hub.startedAtMs = hub.nowMs();
    phase({ state: 'running', detail: null, ...revision });
    const killedBefore = memoryKills();
    const end = await run(argvOf(assignment), env);
    const { code, signal, leftBehind } = end;
    const reason = stopReason ?? (signal === 'SIGKILL' && memoryKills() > killedBefore ? 'oom' : reasonOf(end));
    return { reason, code, signal, ...(leftBehind > 0 ? { leftBehind } : {}) };
  };

  const ended = work()
    .catch((error: unknown): WorkEnd => ({ reason: 'lost', code: null, signal: null, message: String(error) }))
    .finally(() => {
      isOver = true;
      clearTimeout(killing);
    });

  return {
    folder,
    ended,
    stop(reason, graceMs) {
      if (stopReason || isOver) return;
      stopReason = reason;
      stopped.abort();
      terminal?.signalAll('SIGTERM');
      killing = setTimeout(() => terminal?.signalAll('SIGKILL'), graceMs);
    },
  };
}

function argvOf({ command, argv }: Assignment): readonly string[] {
  return command === null ? (argv ?? []) : ['/bin/sh', '-c', command];
}

/** The command as a person reads it. */
export function commandText(assignment: Assignment): string {
  return assignment.command ?? (assignment.argv ?? []).join(' ');
}

function environment(assignment: Assignment, base: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const { session, prompt, promptNames, env } = assignment;
  return {
    ...base,
    TERM: 'xterm-256color',
    COLORTERM: 'truecolor',
    HAWSER_SESSION_ID: session,
    ...(prompt === null ? {} : Object.fromEntries(promptNames.map((name) => [name, prompt]))),
    ...env,
  };
}

function reasonOf({ code, signal }: TerminalEnd): ExitReason {
  if (signal !== null) return 'signal';
  return code === 0 ? 'ok' : 'nonzero';
}

function endText({ code, signal }: TerminalEnd): string {
  return signal ?? `status ${code}`;
}

/** The status a container ends with: the command's own, 128 + n for signal n, 125 when it never ran. */
export function exitStatus({ code, signal }: { readonly code: number | null; readonly signal: string | null }): number {
  if (code !== null) return code;
  if (signal === null) return 125;
  return 128 + (constants.signals[signal as NodeJS.Signals] ?? 0);
}
