import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';

/** How a command is run. */
export interface RunHawserOptions {
  /** The script to run, e.g. `…/apps/cli/bin/hawser.js`. */
  readonly bin: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Added to a small environment: PATH, HOME, TMPDIR and what Windows needs. Nothing else is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to standard input, which then ends. Default: it is closed at once. */
  readonly stdin?: string | Uint8Array;
}

/** How it ended. */
export interface HawserEnd {
  readonly stdout: string;
  readonly stderr: string;
  /** As a shell would say it: 128 and the signal's number for a killed process. */
  readonly exitCode: number;
  /** The last line of stdout, parsed; `undefined` where it is no JSON. */
  readonly json: unknown;
}

/** A command that runs. */
export interface HawserProcess {
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when stdout, or the given stream, has said something that matches. Rejects when it ends before. */
  until(pattern: RegExp, stream?: 'stdout' | 'stderr'): Promise<RegExpExecArray>;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<HawserEnd>;
}

const inherited = ['PATH', 'HOME', 'TMPDIR', 'SystemRoot', 'APPDATA', 'LOCALAPPDATA', 'PATHEXT'];

/** Starts a built command and hands it out while it runs. */
export function startHawser(options: RunHawserOptions): HawserProcess {
  const env: Record<string, string> = {};
  for (const name of inherited) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  const child = spawn(process.execPath, [options.bin, ...options.args], {
    cwd: options.cwd,
    env: { ...env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  // A command may end before it has read everything.
  child.stdin.on('error', () => {});
  if (options.stdin !== undefined) child.stdin.end(options.stdin);

  const ended = once(child, 'close').then((): HawserEnd => {
    const exitCode = child.signalCode === null ? (child.exitCode ?? 1) : 128 + constants.signals[child.signalCode];
    return { ...said, exitCode, json: lastJson(said.stdout) };
  });
  return {
    pid: child.pid ?? 0,
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    kill: (signal) => void child.kill(signal),
    ended,
    until: async (pattern, stream = 'stdout') => {
      for (;;) {
        const match = pattern.exec(said[stream]);
        if (match) return match;
        const more = once(child[stream], 'data').then(() => true);
        if (!(await Promise.race([more, ended.then(() => false)])) && !pattern.test(said[stream])) {
          throw new Error(`It ended without saying ${pattern} on ${stream}.\n${said.stdout}\n${said.stderr}`);
        }
      }
    },
  };
}

/** Runs a built command to its end. */
export async function runHawser(options: RunHawserOptions): Promise<HawserEnd> {
  return startHawser({ stdin: '', ...options }).ended;
}

function lastJson(stdout: string): unknown {
  try {
    return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  } catch {
    return undefined;
  }
}
