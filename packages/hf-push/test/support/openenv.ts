import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

// Byte code beside an environment would be taken for a part of it; made anew every time it would cost seconds.
const byteCode = fileURLToPath(new URL('../../../../.cache/python', import.meta.url));
const environment = { ...process.env, PYTHONPYCACHEPREFIX: byteCode, NO_COLOR: '1', COLUMNS: '200' };

/**
 * Importing OpenEnv takes seconds of a processor. So it is imported once, and each job runs in a fork of that process:
 * as apart from the others as if it had been started, and begun in milliseconds.
 */
const warmed = `
import json, os, runpy, signal, socket, sys
import fastapi, uvicorn
import openenv.core
from openenv.cli.__main__ import main

def serve(folder):
    listener = socket.socket()
    listener.bind(('127.0.0.1', 0))
    listener.listen()
    print(listener.getsockname()[1], file=sys.stderr, flush=True)
    sys.path.insert(0, folder)
    uvicorn.Server(uvicorn.Config('server.app:app')).run(sockets=[listener])

def run(job):
    os.setsid()
    output = os.open(job['output'], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(output, 1)
    if job['kind'] != 'serve':
        os.dup2(output, 2)
    os.chdir(job['cwd'])
    sys.path[:0] = job.get('path', [])
    if job['kind'] == 'cli':
        sys.argv = ['openenv', *job['args']]
        sys.exit(main())
    elif job['kind'] == 'script':
        exec(compile(job['code'], 'script', 'exec'), {'__name__': '__main__'})
    else:
        serve(job['cwd'])

for line in sys.stdin:
    job = json.loads(line)
    pid = os.fork()
    if pid == 0:
        try:
            run(job)
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else (0 if end.code is None else 1)
        except BaseException:
            import traceback
            traceback.print_exc()
            code = 1
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    if job['kind'] == 'serve':
        print(json.dumps({'pid': pid}), flush=True)
    else:
        _, status = os.waitpid(pid, 0)
        print(json.dumps({'code': os.waitstatus_to_exitcode(status)}), flush=True)
`;

/** How a job ended. */
export interface JobEnd {
  readonly code: number;
  /** Both streams, as they came. */
  readonly output: string;
}

/** The official `openenv`, its packages imported already. */
export interface OpenEnv extends AsyncDisposable {
  /** Runs the official command line. */
  cli(args: readonly string[], cwd: string): Promise<JobEnd>;
  /** Runs a script with more folders to import from. */
  script(code: string, cwd: string, path: readonly string[]): Promise<JobEnd>;
  /** Serves the environment in a folder; answers with its address. It ends with this process. */
  serve(folder: string): Promise<string>;
}

/** Starts it with the interpreter of its own virtual environment. */
export function startOpenEnv(python: string): OpenEnv {
  const child = spawn(python, ['-c', warmed], { stdio: ['pipe', 'pipe', 'pipe'], env: environment });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  const complaints = createInterface(child.stderr)[Symbol.asyncIterator]();
  const folder = mkdtempSync(join(tmpdir(), 'hawser-openenv-'));
  const servers: number[] = [];
  let jobs = 0;
  const ask = async (job: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, number>>> => {
    child.stdin.write(`${JSON.stringify(job)}\n`);
    const { value, done } = await answers.next();
    if (done === true) throw new Error(`OpenEnv has ended: ${String((await complaints.next()).value)}`);
    return JSON.parse(value) as Readonly<Record<string, number>>;
  };
  const run = async (job: Readonly<Record<string, unknown>>): Promise<JobEnd> => {
    const output = join(folder, String((jobs += 1)));
    const { code = -1 } = await ask({ ...job, output });
    return { code, output: readFileSync(output, 'utf8') };
  };
  return {
    cli: (args, cwd) => run({ kind: 'cli', args, cwd }),
    script: (code, cwd, path) => run({ kind: 'script', code, cwd, path }),
    async serve(cwd) {
      const { pid = -1 } = await ask({ kind: 'serve', cwd, output: join(folder, String((jobs += 1))) });
      servers.push(pid);
      let printed = '';
      for (;;) {
        const { value, done } = await complaints.next();
        if (done === true) throw new Error(printed);
        printed += `${value}\n`;
        if (/^\d+$/.test(value)) return `http://127.0.0.1:${value}`;
      }
    },
    async [Symbol.asyncDispose]() {
      for (const pid of servers) process.kill(-pid, 'SIGKILL');
      child.stdin.end();
      child.stderr.resume();
      await closed;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
