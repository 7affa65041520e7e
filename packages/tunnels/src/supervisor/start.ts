import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TunnelsError } from '../errors.js';
import { INSTANCE_VARIABLE } from './end-process.js';
import { newInstance, type Places } from './places.js';
import type { StartReport } from './run.js';
import type { ConnectOptions } from './seam.js';
import { fromWire } from './wire-error.js';

/** How long a supervisor may take until it serves, in milliseconds. */
const START_MS = 20_000;
/** How long one that does not serve may take to end, in milliseconds. */
const EXIT_MS = 2_000;
/** What supervisors print is put aside when it is longer than this, in bytes. */
const ROTATE_BYTES = 1 << 20;

/**
 * Starts a supervisor that outlives this process and its terminal. Settles when it serves, or found that another does.
 *
 * @throws TunnelsError HAWSER_NET_SUPERVISOR_FAILED with what it printed, or what kept it from serving
 */
export async function startSupervisor(
  places: Places,
  options: ConnectOptions & Required<Pick<ConnectOptions, 'spawn'>>,
): Promise<void> {
  const { from, env = process.env, spawn: how } = options;
  // Options for this Node are not for that one; prompts have no terminal there.
  const { NODE_OPTIONS: _options, SSH_ASKPASS: _prompt, ...kept } = env;
  const log = await openLog(places.outputLog);
  const output = log?.fd ?? 'ignore';
  const before = await sizeOf(places.outputLog);
  let child: ChildProcess;
  try {
    child = spawn(process.execPath, [how.entry, from], {
      cwd: '/',
      detached: true,
      env: { ...kept, [INSTANCE_VARIABLE]: newInstance() },
      stdio: ['ignore', output, output, 'ipc'],
      windowsHide: true,
    });
  } finally {
    await log?.close();
  }
  try {
    const report = await reportOf(child, places, before);
    if (report.state !== 'ready') await exitOf(child);
    if (report.state === 'failed') throw await fromWire(report.error);
  } finally {
    if (child.connected) child.disconnect();
    child.unref();
  }
}

async function openLog(path: string): Promise<Awaited<ReturnType<typeof open>> | undefined> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    if ((await sizeOf(path)) > ROTATE_BYTES) await rename(path, `${path}.1`);
    return await open(path, 'a', 0o600);
  } catch {
    // No log is better than no tunnel.
    return undefined;
  }
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

async function reportOf(child: ChildProcess, { outputLog }: Places, before: number): Promise<StartReport> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<StartReport>((resolve, reject) => {
      const fail = (what: string, cause?: unknown): void =>
        reject(new TunnelsError('HAWSER_NET_SUPERVISOR_FAILED', `The supervisor ${what}.`, { cause }));
      child.once('message', (message) => resolve(message as StartReport));
      child.once('error', (error) => fail(`could not be started: ${error.message}`, error));
      child.once('exit', (code, signal) => {
        void lastWords(outputLog, before).then((words) => fail(`ended before it served (${signal ?? code})${words}`));
      });
      timer = setTimeout(() => {
        child.kill('SIGKILL');
        fail(`did not serve within ${START_MS / 1000} s`);
      }, START_MS);
    });
  } finally {
    clearTimeout(timer);
    child.removeAllListeners();
  }
}

/** Waits, not for ever, for one that does not serve to be gone: whoever is told so is to find nothing of it. */
async function exitOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit', { signal: AbortSignal.timeout(EXIT_MS) });
  await exited.catch(() => child.kill('SIGKILL'));
}

/** What it printed behind what others had printed before. */
async function lastWords(path: string, before: number): Promise<string> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  const last = bytes.subarray(before).toString().trim().split('\n').slice(-8).join('\n').slice(-2_000);
  return last === '' ? '' : `:\n${last}`;
}
