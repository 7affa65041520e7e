import { parseSize, PayloadType, type TerminalSize } from '@hawser/ssm-channel/codec';
import { createDeferred } from './deferred.js';
import { createByteQueue, createOutlet } from './outlet.js';
import { failed, type Plugin, type PluginContext, type PluginResult } from './plugin.js';
import { processEnvironment } from './environment.js';
import { spawnPty, type Pty } from './pty.js';
import { createUtf8Quirk } from './utf8-quirk.js';
import { splitWords } from './split-words.js';
import type { Verdict } from './link.js';

/** The agent waits this long before it reads a new terminal: see writePump in agent/session/shell/shell.go. */
const firstReadMs = 1000;
/** A terminal that could not be started is reported after this long, same file. */
const startFailureMs = 2000;
const queueHighWaterBytes = 262_144;

/** Sessions on a terminal: Standard_Stream (a shell) and InteractiveCommands (one command). */
export function createShellPlugin(context: PluginContext): Plugin {
  const { behaviour, link } = context;
  let pty: Pty | undefined;
  let reading = false;
  const timers = new Set<NodeJS.Timeout>();
  const { promise: result, settle } = createDeferred<PluginResult>();
  const queue = createByteQueue(queueHighWaterBytes, () => pty?.resume());
  const quirk = behaviour.quirks ? createUtf8Quirk() : undefined;
  const outlet = createOutlet({
    link,
    payloadType: PayloadType.Output,
    payloadBytes: behaviour.paced ? 1024 : behaviour.payloadBytes,
    paced: behaviour.paced,
    source: queue,
    transform: (payload) => {
      const text = quirk ? quirk(payload) : payload;
      return text.length === 0 ? text : context.seal(text);
    },
  });
  const after = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        resolve();
      }, ms);
      timers.add(timer);
    });

  const opened = (async () => {
    if (behaviour.paced) await after(firstReadMs);
    reading = true;
    outlet.kick();
  })();
  const finish = async (): Promise<void> => {
    await opened;
    await outlet.emptied();
    settle({ output: '', announces: true });
  };
  const start = async (): Promise<Pty> => {
    const command = shellCommand(context);
    const entered = behaviour.enter?.(context.request, command);
    return await spawnPty({
      command: entered?.command ?? command,
      environment: entered?.environment ?? processEnvironment(behaviour.environment),
      ...(behaviour.directory === undefined ? {} : { directory: behaviour.directory }),
      onData: (bytes) => {
        queue.push(bytes);
        if (queue.bytes > queueHighWaterBytes) pty?.pause();
        if (reading) outlet.kick();
      },
      onExit: () => void finish(),
      onDrain: () => link.unblock(),
    });
  };
  const starting = start();
  const run = async (): Promise<PluginResult> => {
    try {
      pty = await starting;
    } catch (error) {
      if (behaviour.paced) await after(startFailureMs);
      return failed(`Unable to start command: ${(error as Error).message}\n`);
    }
    link.unblock();
    return result;
  };

  return {
    run,
    input: (payloadType, payload) => inputToPty(context, pty, payloadType, payload),
    writable: () => {
      if (reading) outlet.kick();
    },
    stop: async () => {
      outlet.stop();
      for (const timer of timers) clearTimeout(timer);
      settle({ output: '', announces: false });
      const started = await starting.catch(() => undefined);
      await started?.kill();
    },
  };
}

function shellCommand({ request }: PluginContext): readonly string[] {
  const command = request.properties['command'] ?? '';
  if (command.trim() === '') return ['sh'];
  return request.container ? splitWords(command) : ['sh', '-c', command];
}

function inputToPty(context: PluginContext, pty: Pty | undefined, payloadType: number, payload: Buffer): Verdict {
  if (pty === undefined) return 'refused';
  if (payloadType === PayloadType.Size) return resize(pty, payload);
  if (payloadType !== PayloadType.Output) return 'taken';
  context.received(payload);
  return pty.write(payload) ? 'taken' : 'blocked';
}

function resize(pty: Pty, payload: Buffer): Verdict {
  let size: TerminalSize;
  try {
    size = parseSize(payload);
  } catch {
    return 'refused';
  }
  pty.resize(fitSize(size.columns), fitSize(size.rows));
  return 'taken';
}

/** The kernel's fields are 16 bits wide, and the agent cuts; a size of 0 the terminal library does not take. */
function fitSize(value: number): number {
  return Math.max(1, value & 0xffff);
}
