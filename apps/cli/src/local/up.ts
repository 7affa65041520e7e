import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '@oclif/core';
import type { Context } from '@hawser/cli-kit';
import { CliError } from '../errors.js';
import { askParts } from './ask-parts.js';
import { findStack } from './find-stack.js';
import { lockStack } from './lock-stack.js';
import type { RunningStack, StackOrder } from './parts.js';
import type { StackPlaces } from './places.js';
import { reap } from './reap.js';
import { instanceVariable, type StackProgramOptions, type StackReport } from './run-stack.js';
import { readStack } from './stack-file.js';

/** The log is put aside at a start when it is longer than this, in bytes. */
const ROTATE_BYTES = 1 << 20;

/** A stack that is up. */
export interface StackUp {
  readonly stack: RunningStack;
  /** It was running before. */
  readonly wasRunning: boolean;
  /** The one before had been killed; what it left was cleared away. */
  readonly recovered: boolean;
}

/** What `up` needs besides its order. */
export type UpContext = Pick<Context, 'out' | 'signal'> & { readonly config: Pick<Config, 'root' | 'version'> };

/**
 * Starts the stack, unless it runs already, and settles when every part answers.
 *
 * @throws CliError HAWSER_LOCAL_OTHER_PARTS when one runs that has not all the parts, HAWSER_LOCAL_FAILED
 */
export async function startStack(order: StackOrder, places: StackPlaces, context: UpContext): Promise<StackUp> {
  const { signal } = context;
  makeFolder(places);
  const lock = await lockStack(places, signal);
  try {
    const found = await findStack(places);
    if (found?.state === 'up' && found.process.isReady) {
      assertHasAll(found.process, order);
      await askParts(found.process.parts, signal);
      return { stack: found.process, wasRunning: true, recovered: false };
    }
    // Whoever was starting it is gone, or we would not have the lock.
    if (found) await reap(found.process);
    await startProgram(order, places, context);
    const { process: started } = readStack(places);
    if (!started) throw failed('The stack ended as soon as it had started.', places);
    await askParts(started.parts, signal);
    return { stack: started, wasRunning: false, recovered: found !== undefined };
  } finally {
    lock.release();
  }
}

function makeFolder({ folder }: StackPlaces): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new CliError('HAWSER_LOCAL_FAILED', `The folder of the stack, ${folder}, cannot be made.`, {
      cause,
      hint: 'Make room there, or name another by HAWSER_LOCAL_DIR.',
    });
  }
}

function assertHasAll(running: RunningStack, { parts, ports }: StackOrder): void {
  const urls = new Map(running.parts.map(({ name, url }) => [name, new URL(url)]));
  const missing = parts.filter((part) => !urls.has(part));
  const moved = parts.filter((part) => ports[part] && urls.get(part)?.port !== String(ports[part]));
  if (missing.length + moved.length === 0) return;
  const what = missing.length > 0 ? `without ${missing.join(', ')}` : `with other ports for ${moved.join(', ')}`;
  throw new CliError('HAWSER_LOCAL_OTHER_PARTS', `The stack runs already, ${what}.`);
}

async function startProgram(order: StackOrder, places: StackPlaces, { config, signal }: UpContext): Promise<void> {
  if (sizeOf(places.log) > ROTATE_BYTES) renameSync(places.log, `${places.log}.1`);
  const before = sizeOf(places.log);
  const { root, version } = config;
  const options: StackProgramOptions = { folder: places.folder, order, root, version };
  const log = openSync(places.log, 'a', 0o600);
  const child = spawn(process.execPath, [join(root, 'dist/lib/local-stack.js'), JSON.stringify(options)], {
    // Not of the folder one stands in, which may be taken away.
    cwd: places.folder,
    detached: true,
    env: { ...withoutTools(process.env), [instanceVariable]: randomBytes(12).toString('hex') },
    stdio: ['ignore', log, log, 'ipc'],
    windowsHide: true,
  });
  closeSync(log);
  const stop = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', stop, { once: true });
  try {
    const report = await reportOf(child);
    signal.throwIfAborted();
    if (report?.state === 'ready') return;
    if (report) {
      throw new CliError('HAWSER_LOCAL_FAILED', `The stack did not start: ${report.message}`, {
        hint: report.hint ?? hintOf(places),
        details: report.code === undefined ? {} : { reason: report.code },
      });
    }
    throw failed(`The stack ended before it was ready.${lastWords(places.log, before)}`, places);
  } finally {
    signal.removeEventListener('abort', stop);
    if (child.connected) child.disconnect();
    child.unref();
  }
}

/** What it says of its start; undefined when it ends without a word. */
async function reportOf(child: ChildProcess): Promise<StackReport | undefined> {
  const said = once(child, 'message').then(([message]) => message as StackReport);
  const ended = once(child, 'exit').then(() => undefined);
  return Promise.race([said, ended]);
}

/** Whatever leads tools elsewhere would lead the stack's own parts there. */
function withoutTools(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const foreign = /^(?:AWS_|HAWSER_|HF_|HUGGING_?FACE_|KUBECONFIG$|NODE_OPTIONS$|NODE_CHANNEL_)/;
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined || foreign.test(name) ? [] : [[name, value]])),
  );
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function lastWords(path: string, before: number): string {
  const words = readFileSync(path).subarray(before).toString().trim().split('\n').slice(-5).join('\n');
  return words === '' ? '' : `\n${words}`;
}

function failed(message: string, places: StackPlaces): CliError {
  return new CliError('HAWSER_LOCAL_FAILED', message, { hint: hintOf(places) });
}

function hintOf({ log }: StackPlaces): string {
  return `${log} says more.`;
}
