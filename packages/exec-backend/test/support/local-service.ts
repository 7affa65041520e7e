import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type {
  ExecutionRecord,
  ExecutionRequest,
  ExecutionStarted,
  LogEvent,
  LogPage,
} from '@hawser/exec-client/contract';
import { isEnd } from '@hawser/exec-client/contract';
import { openLocalBackend } from '../../src/local/open.js';
import { signalProcess } from '../../src/local/processes.js';
import type { LocalBackend, LocalBackendOptions } from '../../src/local/types.js';

/** The entry that supervisors of tests run. */
export const supervisorProgram: readonly string[] = [
  process.execPath,
  fileURLToPath(new URL('local-supervisor.mjs', import.meta.url)),
];

interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

/** A local backend in a folder of its own, spoken to as clients do. */
export interface LocalService extends AsyncDisposable {
  readonly folder: string;
  readonly backend: LocalBackend;
  call<T>(method: string, path: string, body?: unknown): Promise<Answer<T>>;
  start(request: ExecutionRequest): Promise<ExecutionStarted>;
  show(id: string): Promise<ExecutionRecord>;
  /** Reads the log until `enough` of it is there. */
  until(id: string, enough: (text: string, record: ExecutionRecord) => boolean): Promise<void>;
  /** Reads the log to its end. */
  finish(id: string): Promise<Finished>;
}

/** What became of an execution. */
export interface Finished {
  readonly record: ExecutionRecord;
  readonly events: readonly LogEvent[];
  readonly text: string;
  readonly complete: boolean;
}

/** Opens a local backend; its folder goes when it is disposed of. */
export async function openService(options: Partial<LocalBackendOptions> = {}): Promise<LocalService> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'hawser-local-'));
  const backend = await openLocalBackend({ supervisor: supervisorProgram, version: '0.0.0-test', ...options, folder });

  const call = async <T>(method: string, path: string, body?: unknown): Promise<Answer<T>> => {
    const headers = { 'x-api-key': backend.apiKey, 'content-type': 'application/json' };
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
    const response = await backend.handle(new Request(`http://local.invalid${path}`, init));
    return { status: response.status, body: (await response.json()) as T };
  };
  const show = async (id: string): Promise<ExecutionRecord> =>
    (await call<ExecutionRecord>('GET', `/executions/${id}`)).body;
  const read = async (id: string, cursor: string): Promise<LogPage> => {
    const path = `/executions/${id}/logs?wait=1&limit=10000&cursor=${encodeURIComponent(cursor)}`;
    const { status, body } = await call<LogPage>('GET', path);
    if (status !== 200) throw new Error(`The log could not be read: ${JSON.stringify(body)}`);
    return body;
  };

  return {
    folder,
    backend,
    call,
    show,
    async start(request) {
      const { status, body } = await call<ExecutionStarted>('POST', '/executions', request);
      if (status !== 201) throw new Error(`It was not started: ${JSON.stringify(body)}`);
      return body;
    },
    async until(id, enough) {
      let [cursor, text] = ['', ''];
      for (;;) {
        const page = await read(id, cursor);
        cursor = page.cursor;
        text += textOf(page.events);
        const record = await show(id);
        if (enough(text, record)) return;
        if (page.done || isEnd(record.phase)) throw new Error(`It ended before: ${JSON.stringify(record)}\n${text}`);
      }
    },
    async finish(id) {
      const events: LogEvent[] = [];
      let cursor = '';
      for (;;) {
        const page = await read(id, cursor);
        events.push(...page.events);
        cursor = page.cursor;
        if (page.events.length === 0) await backend.sweep();
        if (page.done) return { record: await show(id), events, text: textOf(events), complete: page.complete };
      }
    },
    async [Symbol.asyncDispose]() {
      await backend.close();
      await processesGone(folder);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Waits for the supervisors of a folder, which finish by themselves; one that still has work to do is ended. */
export async function processesGone(folder: string): Promise<void> {
  for (let looks = 0; ; looks += 1) {
    const pids = processes().filter((pid) => wordsOf(pid).includes(folder));
    if (pids.length === 0) return;
    if (looks > 100) for (const pid of pids) signalProcess(Number(pid), 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Ids of all processes. */
export function processes(): readonly string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
}

/** The command line of a process, while it is there. */
export function wordsOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** What a command wrote. */
export function textOf(events: readonly LogEvent[]): string {
  return events
    .filter(({ stream }) => stream === 'runner')
    .map(({ message, partial }) => (partial ? message : `${message}\n`))
    .join('');
}
