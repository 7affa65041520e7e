import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { identifyProcess } from '@hawser/state-store/process';
import { LinkError } from '../link/failure.js';
import type { ChildRecord } from './provider.js';
import { READY } from './ssh-argv.js';
import { toolMissing, type SshEnd } from './ssh-stderr.js';

/** Enough of stderr to say why it ended. */
const KEPT_CHARACTERS = 16 * 1024;
/** How long what was said last is waited for after the end; a program that ssh started may hold the pipe longer. */
const LAST_WORDS_MS = 200;
/** Between asking an ssh to end and insisting. */
const PATIENCE_MS = 2_000;

/** One ssh process of ours, and what it says. */
export class SshProcess {
  readonly pid: number;
  /** Settles once ssh is authenticated and takes commands; never, if it ends before. */
  readonly ready: Promise<void>;
  /** Settles with how it ended. */
  readonly ended: Promise<SshEnd>;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #exited: Promise<void>;
  #stderr = '';
  #wasUp = false;

  private constructor(
    child: ChildProcessByStdio<Writable, Readable, Readable>,
    pid: number,
    onLine: (line: string) => void,
  ) {
    this.#child = child;
    this.pid = pid;
    // It may end without having read.
    child.stdin.on('error', () => undefined);
    this.ready = new Promise((resolve) => {
      let said = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-KEPT_CHARACTERS);
        if (!said.includes(READY)) return;
        this.#wasUp = true;
        resolve();
      });
    });
    let line = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-KEPT_CHARACTERS);
      const lines = (line + text).split(/\r?\n/);
      line = lines.pop()?.slice(-KEPT_CHARACTERS) ?? '';
      for (const whole of lines) if (whole.trim() !== '') onLine(whole.trim());
    });
    this.#exited = new Promise((resolve) => {
      child.once('exit', () => resolve());
    });
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        // Tells the watcher that there is nobody left to end.
        child.stdin.end('\n');
        const tell = (): void => resolve({ code, signal, stderr: this.#stderr, wasUp: this.#wasUp });
        if (signal !== null) return tell();
        const timer = setTimeout(tell, LAST_WORDS_MS);
        child.stderr.once('close', () => {
          clearTimeout(timer);
          tell();
        });
      });
    });
  }

  /**
   * Starts it, and tells of it before anything else is done with it.
   *
   * @throws LinkError `tool-missing`
   */
  static async start(options: {
    readonly program: string;
    readonly argv: readonly string[];
    readonly onChild: (child: ChildRecord) => Promise<void>;
    readonly onLine: (line: string) => void;
  }): Promise<SshProcess> {
    const { program, argv, onChild, onLine } = options;
    const child = spawn(program, [...argv], { env: sshEnvironment(), stdio: ['pipe', 'pipe', 'pipe'] });
    if (child.pid === undefined) {
      const cause = await new Promise((resolve) => {
        child.once('error', resolve);
      });
      throw new LinkError(toolMissing(program), { cause });
    }
    const ssh = new SshProcess(child, child.pid, onLine);
    const identity = await identifyProcess(ssh.pid);
    // Without an identity it has ended already, and ended says why.
    if (identity) await onChild({ identity, program });
    return ssh;
  }

  /** Ends it; settles once it is gone. */
  async stop(): Promise<void> {
    this.#child.stdin.end('\n');
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGTERM');
    const insist = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE_MS);
    await this.#exited;
    clearTimeout(insist);
  }
}

/**
 * Absolute path of a program.
 *
 * @throws LinkError `tool-missing`
 */
export function findProgram(name: string): string {
  if (isAbsolute(name)) return name;
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  const found = folders.map((folder) => join(folder, name)).find(isExecutable);
  if (found === undefined) throw new LinkError(toolMissing(name));
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Nobody is there to answer a dialog; and ssh runs its commands by $SHELL, which must be one. */
function sshEnvironment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, SSH_ASKPASS_REQUIRE: 'never' };
  if (/\/(nologin|false)$/.test(env['SHELL'] ?? '')) env['SHELL'] = '/bin/sh';
  return env;
}
