import { mkdirSync } from 'node:fs';
import { currentProcess } from '@hawser/state-store/process';
import { partNames, portNameOf, type StackOrder } from './parts.js';
import { placesIn } from './places.js';
import { readStack, type StackProcess, writeStack } from './stack-file.js';
import { startParts, type StartedPart } from './start-parts.js';

/** Every process of the emulators has this in its environment. */
export const instanceVariable = 'HAWSER_LOCAL_INSTANCE';

/** What the program of the stack is started with. */
export interface StackProgramOptions {
  readonly folder: string;
  readonly order: StackOrder;
  readonly root: string;
  readonly version: string;
}

/** What it tells whoever started it, once. */
export type StackReport =
  | { readonly state: 'ready' }
  | {
      readonly state: 'failed';
      readonly message: string;
      readonly code?: string | undefined;
      readonly hint?: string | undefined;
    };

/** How long ending what runs there may take, in milliseconds; what is left then is left to the next start. */
const END_WORK_MS = 10_000;

/** Is the stack, from beginning to end: the whole of the program that `hawser local up` leaves behind. */
export async function runStack({ folder, order, root, version }: StackProgramOptions): Promise<void> {
  const places = placesIn(folder);
  const instance = process.env[instanceVariable] ?? '';
  const stopped = untilStopped();
  let parts: readonly StartedPart[] = [];
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const known = readStack(places);
    const identity = await currentProcess();
    const startedAt = new Date().toISOString();
    const self: StackProcess = { identity, instance, isReady: false, pid: process.pid, startedAt, parts: [], env: {} };
    writeStack(places, { ...known, process: self });
    const ports = { ...known.ports, ...order.ports };
    parts = await startParts(
      { ...order, ports },
      { places, root, version, mark: { [instanceVariable]: instance }, onRequest: log },
    );
    const shown = inSight(parts);
    for (const { name, url } of shown) ports[portNameOf(name, order.parts)] = Number(new URL(url).port);
    const env = Object.assign({}, ...parts.map((part) => part.env)) as Record<string, string>;
    writeStack(places, { version: 1, ports, process: { ...self, isReady: true, parts: shown, env } });
    for (const { name, url } of shown) log(name, `listens at ${url}`);
    tell({ state: 'ready' });
  } catch (error) {
    const { message, code, hint } = error as Error & { readonly code?: string; readonly hint?: string };
    log('stack', `did not start: ${String((error as Error).stack)}`);
    for (const part of parts.toReversed()) await part.close();
    forget();
    tell({ state: 'failed', message, code, hint });
    return;
  }
  log('stack', `ends because of ${await stopped}`);
  await within(END_WORK_MS, Promise.allSettled(parts.map(async (part) => part.endWork?.())));
  for (const part of parts.toReversed()) {
    await part.close().catch((error: unknown) => log(part.name, `did not close: ${String(error)}`));
  }
  forget();
  log('stack', 'has ended');

  /** Ports are given again; that nobody serves any more can be read. */
  function forget(): void {
    try {
      const { process: last, ...rest } = readStack(places);
      if (last?.instance === instance) writeStack(places, rest);
    } catch (error) {
      log('stack', `could not be written down as ended: ${String(error)}`);
    }
  }
}

/** Parts as people know them: Session Manager has the address of AWS where there are both. */
function inSight(
  parts: readonly StartedPart[],
): readonly { readonly name: StartedPart['name']; readonly url: string }[] {
  const aws = parts.find(({ name }) => name === 'aws');
  return partNames.flatMap((name) => {
    const part = parts.find((each) => each.name === name);
    return part ? [{ name, url: name === 'ssm' && aws ? aws.url : part.url }] : [];
  });
}

/** Settles when somebody wants it to end. */
async function untilStopped(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => resolve(signal));
  });
}

function tell(report: StackReport): void {
  process.send?.(report, undefined, undefined, () => process.disconnect?.());
}

/** Standard output is the log. */
function log(part: string, line: string): void {
  process.stdout.write(`${new Date().toISOString()} ${part.padEnd(8)} ${line}\n`);
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([work, over]);
  clearTimeout(timer);
}
