import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach } from '@jest/globals';

const running = new Set<ChildProcessWithoutNullStreams>();

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
});

export interface ProgramOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A module of this folder to be loaded first. */
  readonly shim?: string;
}

/** A program of `programs/`, running in a process of its own. */
export interface Program {
  readonly child: ChildProcessWithoutNullStreams;
  readonly pid: number;
  /** The next line it prints. */
  line(): Promise<string>;
  /** How it ended. */
  readonly ended: Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }>;
}

export function startProgram(name: string, { args = [], env = {}, shim }: ProgramOptions = {}): Program {
  const here = import.meta.dirname;
  const flags = shim === undefined ? [] : ['--import', join(here, shim)];
  const child = spawn(process.execPath, [...flags, join(here, 'programs', name), ...args], {
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  });
  running.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = once(child, 'close').then((result) => {
    const [code, signal] = result as [number | null, string | null];
    running.delete(child);
    return { code, signal, stdout, stderr };
  });
  return {
    child,
    pid: child.pid!,
    ended,
    async line() {
      const next = await lines.next();
      if (next.done === true) throw new Error(`${name} ended without another line: ${stderr}`);
      return next.value;
    },
  };
}
