import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { InvokeResult } from './function.js';

/** How an instance is started. */
export interface InstanceOrder {
  readonly bootstrap: string;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** One line of what the function writes. */
  log(line: string): void;
}

/** A process in which a function is warm. It takes one event at a time. */
export interface Instance {
  invoke(event: unknown, context: Readonly<Record<string, unknown>>, timeoutMs: number): Promise<InvokeResult>;
  /** It ended, or was ended: it takes no more. */
  readonly isGone: boolean;
  close(): Promise<void>;
}

/** Starts a process for a function. */
export function startInstance(order: InstanceOrder): Instance {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', order.bootstrap], {
    cwd: order.folder,
    env: order.environment,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const gone = once(child, 'exit');
  void carryLines(child.stdout!, order);
  void carryLines(child.stderr!, order);
  const isGone = (): boolean => child.exitCode !== null || child.signalCode !== null || child.killed;
  return {
    invoke: (event, context, timeoutMs) => invoke(child, event, context, timeoutMs),
    get isGone() {
      return isGone();
    },
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await gone;
    },
  };
}

async function invoke(
  child: ChildProcess,
  event: unknown,
  context: Readonly<Record<string, unknown>>,
  timeoutMs: number,
): Promise<InvokeResult> {
  const id = String(context['awsRequestId']);
  return await new Promise((resolve) => {
    const settle = (result: InvokeResult): void => {
      clearTimeout(timer);
      child.off('message', heard);
      child.off('exit', ended);
      resolve(result);
    };
    const heard = (message: unknown): void => {
      const answer = message as InvokeResult & { readonly id: string };
      if (answer.id === id) settle({ payload: answer.payload, failed: answer.failed });
    };
    const ended = (): void =>
      settle(
        failure(
          'Runtime.ExitError',
          `RequestId: ${id} Error: Runtime exited with error: exit status ${child.exitCode}`,
        ),
      );
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      const seconds = (timeoutMs / 1000).toFixed(2);
      settle(failure('Sandbox.Timedout', `RequestId: ${id} Error: Task timed out after ${seconds} seconds`));
    }, timeoutMs);
    child.on('message', heard);
    child.once('exit', ended);
    child.send({ id, event, context, deadlineMs: Date.now() + timeoutMs }, (error) => {
      if (error) ended();
    });
  });
}

function failure(errorType: string, errorMessage: string): InvokeResult {
  return { payload: JSON.stringify({ errorType, errorMessage }), failed: true };
}

async function carryLines(output: Readable, order: InstanceOrder): Promise<void> {
  let rest = '';
  output.setEncoding('utf8');
  for await (const chunk of output as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    for (const line of lines) if (line !== '') order.log(line);
  }
  if (rest !== '') order.log(rest);
}
