import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { HawserEnd, HawserProcess, RunHawserOptions } from '@hawser/cli-kit/testing';
import {
  gitEnvironment,
  makeRepository,
  type Repository,
  type RepositoryFiles,
} from '../../../../test/support/git-server.js';
import { Terminal } from '../../../../test/support/terminal.js';
import { bin } from './hawser.js';
import { runHawser, startHawser } from './held.js';

type Options = Omit<RunHawserOptions, 'bin' | 'args'>;

/** A clone of a repository, and a home of its own with nothing configured. What it started is gone when it is done with. */
export class ExecProject implements AsyncDisposable {
  readonly home: string;
  readonly folder: string;
  readonly origin: Repository;
  readonly env: Record<string, string>;
  readonly #started: HawserProcess[] = [];

  constructor(
    options: {
      readonly files?: RepositoryFiles;
      readonly branches?: Readonly<Record<string, RepositoryFiles>>;
      readonly env?: Readonly<Record<string, string>>;
    } = {},
  ) {
    const { files = { 'README.md': 'A project.\n' }, branches = {} } = options;
    this.home = mkdtempSync(join(tmpdir(), 'he-'));
    this.folder = join(this.home, 'project');
    this.origin = makeRepository({ path: join(this.home, 'origin.git'), files, branches });
    this.git('clone', '--quiet', this.origin.path, this.folder);
    this.env = {
      HOME: this.home,
      TMPDIR: this.home,
      XDG_CONFIG_HOME: join(this.home, 'config'),
      XDG_DATA_HOME: join(this.home, 'data'),
      USER: 'me',
      ...options.env,
    };
  }

  /** Runs git as a person would in the clone. */
  git(...args: readonly string[]): string {
    const cwd = args[0] === 'clone' ? this.home : this.folder;
    const who = { GIT_AUTHOR_NAME: 'Me', GIT_AUTHOR_EMAIL: 'me@example.com' };
    const env = { ...gitEnvironment(), ...who, GIT_COMMITTER_NAME: 'Me', GIT_COMMITTER_EMAIL: 'me@example.com' };
    return execFileSync('git', [...args], { cwd, encoding: 'utf8', env }).trim();
  }

  write(name: string, text: string): string {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  /** Makes this the person's own file. */
  configure(text: string): void {
    const folder = join(this.home, 'config/hawser');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, 'config.yaml'), text, { mode: 0o600 });
  }

  /** `hawser exec` with these words. */
  run(args: readonly string[], options: Options = {}): Promise<HawserEnd> {
    return runHawser(this.#complete(args, options));
  }

  /** The data of a command that succeeds. */
  async data<Data>(args: readonly string[], options: Options = {}): Promise<Data> {
    const { json, exitCode, stderr } = await this.run([...args, '--json'], options);
    if (exitCode !== 0) throw new Error(`${args.join(' ')} ended with ${exitCode}: ${stderr} ${JSON.stringify(json)}`);
    return (json as { data: Data }).data;
  }

  start(args: readonly string[], options: Options = {}): HawserProcess {
    return this.startOther(['exec', ...args], options);
  }

  /** `hawser` with these words. */
  startOther(args: readonly string[], options: Options = {}): HawserProcess {
    const one = startHawser({ ...this.#complete([], options), args });
    this.#started.push(one);
    return one;
  }

  /** The command in a real terminal. */
  terminal(args: readonly string[], env: Readonly<Record<string, string>> = {}): Terminal {
    return new Terminal(process.execPath, [bin, 'exec', ...args], {
      cwd: this.folder,
      env: { PATH: process.env['PATH'], TERM: 'xterm', ...this.env, ...env },
      size: { columns: 160, rows: 40 },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.#started) one.kill('SIGKILL');
    await Promise.all(this.#started.map(({ ended }) => ended));
    if (this.#hasEnded()) return this.#remove();
    const { executions } = await this.data<{ executions: readonly { execution_id: string; status: string }[] }>([
      'list',
      '--backend',
      'local',
    ]);
    const open = executions.filter(({ status }) => status === 'starting' || status === 'running');
    for (const { execution_id } of open) {
      await this.run(['cancel', execution_id, '--force', '--wait', '--backend', 'local']);
    }
    this.#remove();
  }

  /** What looked after an execution may still put something away when the row has its last phase. */
  #remove(): void {
    rmSync(this.home, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }

  /** Whether all executions on this machine have, as far as their rows tell, which asks no process. */
  #hasEnded(): boolean {
    const rows = join(this.home, 'data/hawser/exec/rows/^e^x^e^c');
    if (!existsSync(rows)) return true;
    const ended = /"phase":"(?:succeeded|failed|timed_out|cancelled|error|lost)"/;
    return readdirSync(rows).every((name) => ended.test(readFileSync(join(rows, name), 'utf8')));
  }

  #complete(args: readonly string[], options: Options): RunHawserOptions {
    return { bin, cwd: this.folder, ...options, args: ['exec', ...args], env: { ...this.env, ...options.env } };
  }
}
