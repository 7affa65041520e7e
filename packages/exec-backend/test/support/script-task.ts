import { createHash } from 'node:crypto';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobPayload, JobReport } from '@hawser/exec-client/contract';
import { readBeginMark, readEndMark, readLine, type EndMark } from '../../src/aws/logs/marks.js';
import { initScript, runScript } from '../../src/scripts/texts.js';

/** Programs that a task is made with. */
export interface ScriptPrograms {
  /** What runs the scripts: `dash`, `bash`, or the busybox itself. */
  readonly shell: readonly [program: string, ...args: string[]];
  readonly busybox: string;
}

/** What a program did. */
export interface ScriptEnd {
  readonly code: number;
  readonly output: string;
}

/** What the log of a command comes to. */
export interface ReadLog {
  /** As the command wrote it. */
  readonly text: string;
  readonly events: readonly { readonly message: string; readonly partial: boolean }[];
  readonly mark: EndMark;
}

const nonce = 'ab'.repeat(16);
const token = 'cd'.repeat(32);
const reportToken = 'ef'.repeat(32);

/** The two scripts of a task in a folder of their own, with a service that hands out one payload. */
export class ScriptTask implements AsyncDisposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'ht-'));
  readonly exec: string = join(this.folder, 'exec');
  readonly workspace: string = join(this.folder, 'workspace');
  readonly reports: JobReport[] = [];
  /** What the service answers instead of a payload. */
  refuse: { readonly status: number; readonly body: string } | undefined;
  readonly requests: { readonly url: string; readonly headers: Readonly<Record<string, unknown>> }[] = [];
  readonly #programs: ScriptPrograms;
  readonly #server: Server;
  readonly #children = new Set<ChildProcess>();
  #payload: unknown;

  private constructor(programs: ScriptPrograms) {
    this.#programs = programs;
    mkdirSync(join(this.exec, 'bin'), { recursive: true });
    mkdirSync(join(this.exec, 'state'));
    mkdirSync(this.workspace);
    this.#placeBusybox();
    this.#server = createServer((request, response) => {
      this.requests.push({ url: request.url ?? '', headers: request.headers });
      let body = '';
      request.on('data', (part: Buffer) => (body += part.toString()));
      request.on('end', () => {
        if (request.url?.endsWith('/report')) this.reports.push(JSON.parse(body) as JobReport);
        else if (this.refuse) response.statusCode = this.refuse.status;
        else if (request.headers['x-job-token'] !== token) response.statusCode = 401;
        response.end(
          request.url?.endsWith('/payload') ? (this.refuse?.body ?? JSON.stringify(this.#payload)) : '{"ok":true}',
        );
      });
    });
  }

  static async make(programs: ScriptPrograms): Promise<ScriptTask> {
    const task = new ScriptTask(programs);
    task.#server.listen(0, '127.0.0.1');
    await once(task.#server, 'listening');
    return task;
  }

  /** What stands in for `sh` inside is the shell that is tested; all other applets are busybox's. */
  #placeBusybox(): void {
    const { shell, busybox } = this.#programs;
    const place = join(this.exec, 'bin', 'busybox');
    if (shell[0] === busybox) return copyFileSync(busybox, place);
    const words = shell.map((word) => `'${word}'`).join(' ');
    writeFileSync(place, `#!/bin/sh\nif [ "$1" = sh ]; then shift; exec ${words} "$@"; fi\nexec '${busybox}' "$@"\n`);
    chmodSync(place, 0o755);
  }

  /** Runs init.sh for a payload, of which only what matters has to be said. */
  async init(payload: Partial<JobPayload>, environment: Readonly<Record<string, string>> = {}): Promise<ScriptEnd> {
    this.#payload = {
      execution_id: 'exec_20260101000000_aaaaaaaaaa',
      attempt: 1,
      git_credentials: 'clone',
      entrypoint: 'shell',
      env: {},
      timeout_seconds: 60,
      grace_seconds: 5,
      nonce,
      report_token: reportToken,
      ...payload,
    };
    const [program, ...args] = this.#programs.shell;
    const child = spawn(program, [...args, '-c', initScript], {
      env: {
        PATH: process.env['PATH'],
        HOME: this.folder,
        HAWSER_DIR: this.exec,
        HAWSER_WORKSPACE: this.workspace,
        HAWSER_ENDPOINT: `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`,
        HAWSER_EXEC_ID: 'exec_20260101000000_aaaaaaaaaa',
        HAWSER_EXEC_ATTEMPT: '1',
        HAWSER_EXEC_TOKEN: token,
        HAWSER_IMAGE: 'registry.test/app:1',
        HAWSER_RUN_SH: runScript,
        HAWSER_RETRIES: '0',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return this.#end(child);
  }

  /** Starts run.sh, as the container of the command does. */
  start(args: readonly string[] = []): ChildProcess {
    const [program, ...shellArgs] = this.#programs.shell;
    const child = spawn(program, [...shellArgs, join(this.exec, 'run.sh'), ...args], {
      env: { PATH: process.env['PATH'], HOME: this.folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.add(child);
    return child;
  }

  async run(args: readonly string[] = []): Promise<ScriptEnd> {
    return this.#end(this.start(args));
  }

  async #end(child: ChildProcess): Promise<ScriptEnd> {
    this.#children.add(child);
    const parts: Buffer[] = [];
    child.stdout?.on('data', (part: Buffer) => parts.push(part));
    child.stderr?.on('data', (part: Buffer) => parts.push(part));
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    if (code === null) throw new Error(`A script was ended by ${signal}.`);
    return { code, output: Buffer.concat(parts).toString('latin1') };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    this.#server.closeAllConnections();
    this.#server.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Whether a text stands in any file of the task. */
  file(path: string): string {
    return readFileSync(join(this.folder, path), 'utf8');
  }
}

/** Reads what run.sh wrote as the reader of logs does, and holds the mark against it. */
export function readLog(output: string): ReadLog {
  const lines = output.split('\n').slice(0, -1);
  if (readBeginMark(lines[0] ?? '') !== nonce) throw new Error(`There is no begin mark: ${lines[0]}`);
  const mark = readEndMark(lines.at(-1) ?? '');
  if (mark?.nonce !== nonce) throw new Error(`There is no end mark: ${lines.at(-1)}`);
  const events = lines.slice(1, -1).map(readLine);
  const text = events.map(({ message, partial }) => (partial ? message : `${message}\n`)).join('');
  return { text: Buffer.from(text, 'latin1').toString('utf8'), events, mark };
}

/** What the mark must say of bytes. */
export function factsOf(bytes: Buffer): Pick<EndMark, 'lines' | 'bytes' | 'sha256'> {
  const newlines = bytes.filter((byte) => byte === 10).length;
  return {
    lines: newlines + (bytes.length > 0 && bytes.at(-1) !== 10 ? 1 : 0),
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
}
