import { setTimeout as delay } from 'node:timers/promises';
import type { Context } from '@hawser/cli-kit';
import type { ExecClient } from '@hawser/exec-client';
import type { ExecutionRecord } from '@hawser/exec-client/contract';
import { renderOutcome, renderStillRuns } from '../render/exec/outcome.js';
import { listenForWishes, type OnInterrupt, type Wishes } from './interrupts.js';
import { failureOf, outcomeOf, type Watched } from './outcome.js';
import { OutputCopy } from './output.js';
import { tellProgress } from './progress.js';
import { saveReceipt } from './save-receipt.js';

/** How somebody watches. */
export interface WatchOptions {
  readonly 'on-interrupt'?: OnInterrupt | undefined;
  readonly 'wait-timeout'?: number | undefined;
  readonly receipt?: string | undefined;
}

/** What is watched, and by whom: signals are listened to before there is anything to watch. */
export interface Watching {
  readonly id: string;
  /** It stands in the queue of a lock. */
  readonly isQueued: boolean;
  readonly client: ExecClient;
  readonly wishes: Wishes;
  readonly context: Context;
}

/** Begins to listen to Ctrl-C and signals, on behalf of an execution that is about to start. */
export async function prepareToWatch(options: WatchOptions, context: Context): Promise<Wishes> {
  const style = await context.out.talkStyle();
  return listenForWishes({
    chosen: options['on-interrupt'],
    onPress: () => context.out.say(`\n${style.warn('!')} Not watched any more. Ctrl-C again within 2 s cancels it.`),
    context,
  });
}

/**
 * Shows what an execution prints until it ends, or until one is told to stop. How it ended is a value.
 *
 * @throws CliError HAWSER_EXEC_NEVER_RAN, HAWSER_EXEC_TIMED_OUT or HAWSER_EXEC_LOST
 */
export async function watchExecution(options: WatchOptions, watching: Watching): Promise<Watched> {
  const { id, client, wishes, context } = watching;
  const { out, onEnd } = context;
  const over = new AbortController();
  onEnd(() => over.abort());
  const untilStopped = AbortSignal.any([over.signal, wishes.stopped]);
  // With --json there is one document on standard output, and what the command prints is talk.
  const output = new OutputCopy(client, id, out.json ? process.stderr : process.stdout);
  void tellProgress(client, watching, out, untilStopped);
  const deadline = options['wait-timeout'];
  const what = await Promise.race([
    output.run(untilStopped).then((isDone) => (isDone ? 'ended' : wishes.wish)),
    ...(deadline === undefined ? [] : [delay(deadline, 'detach' as const, { ref: false })]),
  ]);
  if (what === 'detach') {
    over.abort();
    return leave(watching);
  }
  if (what === 'cancel') await cancel(output, watching);
  return conclude(await client.wait(id), output, options, watching);
}

/** The execution goes on, and we do not. */
async function leave({ id, client, wishes, context: { out } }: Watching): Promise<Watched> {
  const watched = outcomeOf(await client.get(id));
  if (wishes.heard()) out.say(renderStillRuns(id, await out.talkStyle()));
  return watched;
}

/** Cancels, and goes on showing what the command prints until it has ended; told once more, it gives it no time. */
async function cancel(output: OutputCopy, { id, client, wishes, context: { out } }: Watching): Promise<void> {
  out.say(`Cancelling ${id} …`);
  await client.cancel(id, { reason: 'interrupted' });
  const insist = (): void => {
    out.say('Leaving it no more time …');
    const again = client.cancel(id, { reason: 'interrupted twice', force: true });
    again.catch((thrown: unknown) => out.debug(String(thrown)));
  };
  if (wishes.insisted.aborted) insist();
  else wishes.insisted.addEventListener('abort', insist, { once: true });
  await output.run(new AbortController().signal);
}

async function conclude(
  record: ExecutionRecord,
  output: OutputCopy,
  options: WatchOptions,
  { client, context: { out } }: Watching,
): Promise<Watched> {
  if (output.complete === false) await out.warn('The log is not complete: lines of it were lost on the way.');
  const receipt = options.receipt === undefined ? {} : { receipt: await saveReceipt(client, record, options.receipt) };
  const failure = failureOf(record);
  if (failure) {
    for (const line of output.preparation) out.say(line);
    throw failure;
  }
  out.say(renderOutcome(record, await out.talkStyle(), Date.now()));
  return { ...outcomeOf(record), ...receipt };
}
