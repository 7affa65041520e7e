import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { signalProcess } from './processes.js';

/** How git is called: nothing of the person's configuration, no questions, no hooks. */
export interface Git {
  /** Runs git in `cwd`. What it says goes to `say`, line by line. */
  run(args: readonly string[], options?: { readonly input?: Uint8Array }): Promise<GitResult>;
}

/** How a call of git ended. */
export interface GitResult {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Makes a {@link Git} for one work tree. */
export function gitIn(options: {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}): Git {
  const { cwd, env, say, signal } = options;
  return {
    async run(args, { input } = {}) {
      signal.throwIfAborted();
      // A group of its own: ssh and git-remote-https end with it.
      const child = spawn('git', args, { cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
      const stop = (): void => void (child.pid !== undefined && signalProcess(-child.pid, 'SIGKILL'));
      signal.addEventListener('abort', stop);
      let [stdout, stderr] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
        say(text);
      });
      child.stdin.on('error', () => undefined).end(input);
      try {
        const [code] = (await once(child, 'close')) as [number | null];
        signal.throwIfAborted();
        return { ok: code === 0, stdout, stderr };
      } finally {
        signal.removeEventListener('abort', stop);
      }
    },
  };
}

/**
 * Settings of every call, as a file: git clears those of the environment before it starts the other side of a path.
 * The template is left out because it is copied file by file.
 */
export function gitConfiguration(safePath: string | undefined): string {
  const safe =
    safePath === undefined
      ? ''
      : `[safe]\n\tdirectory = ${quoted(safePath)}\n\tdirectory = ${quoted(`${safePath}/.git`)}\n`;
  return [
    '[core]\n\thooksPath = /dev/null\n\taskPass =\n',
    '[advice]\n\tdetachedHead = false\n',
    '[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n',
    '[init]\n\ttemplateDir =\n\tdefaultBranch = main\n',
    '[credential]\n\thelper =\n',
    '[fetch]\n\trecurseSubmodules = false\n',
    safe,
  ].join('');
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
