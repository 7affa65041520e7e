import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { findOnPath } from '../wiring/find-on-path.js';
import type { Check, CheckInput } from './check.js';

const title = 'session-manager-plugin';

/** Which session-manager-plugin the AWS CLI would start: ours, the official one, or none. */
export async function checkPlugin({ environment, timeoutMs, signal }: CheckInput): Promise<Check> {
  const path = await findOnPath('session-manager-plugin', environment);
  if (path === undefined) {
    return {
      id: 'session-manager-plugin',
      title,
      state: 'warn',
      found: 'not on PATH; hawser needs none, but the AWS CLI does',
      next: 'npm install --global @hawser/session-manager-plugin',
      facts: {},
    };
  }
  const kind = (await isScript(path)) ? 'hawser' : 'official';
  const version = await versionOf(path, timeoutMs, signal);
  return {
    id: 'session-manager-plugin',
    title,
    state: version === undefined ? 'warn' : 'ok',
    found: `${kind === 'hawser' ? 'ours' : 'the official one'}${version === undefined ? '' : `, version ${version}`}, ${path}`,
    ...(version === undefined ? { next: `${path} --version says no version: install it again.` } : {}),
    facts: { path, kind, ...(version === undefined ? {} : { version }) },
  };
}

/** Ours is a script, or a script that starts one; the official one is a compiled program on every system. */
async function isScript(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && (buffer.toString('latin1') === '#!' || /\.cmd$/i.test(path));
  } finally {
    await file.close();
  }
}

async function versionOf(path: string, timeoutMs: number, signal: AbortSignal): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(path, ['--version'], {
      timeout: timeoutMs,
      signal,
      shell: /\.cmd$/i.test(path),
    });
    return /^\d+(?:\.\d+){0,3}$/.test(stdout.trim()) ? stdout.trim() : undefined;
  } catch {
    return undefined;
  }
}
