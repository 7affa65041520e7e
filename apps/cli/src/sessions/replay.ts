import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { CliKitError } from '@hawser/cli-kit/start';
import type { ServiceFlags } from './flags.js';
import { openService, type ServiceContext } from './service.js';

/** What was played. */
export interface Replayed {
  readonly sessionId: string;
  readonly events: number;
  /** Of the session, not of the play. */
  readonly seconds: number;
}

/** One line of an asciicast v3 behind its header: seconds since the one before, a code, and what it carries. */
type CastEvent = readonly [seconds: number, code: string, data: string];

/** Plays the recording of a session on standard output (standard error with --json). */
export async function replay(
  text: string,
  flags: ServiceFlags & { readonly speed: string; readonly 'max-pause'?: number | undefined },
  context: ServiceContext,
): Promise<Replayed> {
  const { out, signal } = context;
  const speed = Number(flags.speed);
  if (!(speed > 0)) {
    throw new CliKitError('HAWSER_CLI_USAGE', `'${flags.speed}' is no speed.`, { hint: 'Write it like --speed 4.' });
  }
  const longestMs = flags['max-pause'] ?? 2000;
  const output = out.json ? process.stderr : process.stdout;
  const { client } = await openService(flags, context);
  const sessionId = await client.find(text, { signal });
  const log = await client.log(sessionId, { format: 'cast', signal });
  const lines = createInterface({
    input: Readable.fromWeb(log as Parameters<typeof Readable.fromWeb>[0]),
    crlfDelay: Infinity,
  });
  let events = 0;
  let seconds = 0;
  for await (const line of lines) {
    // The header is an object; lines that begin with # are comments.
    if (!line.startsWith('[')) continue;
    const [pause, code, data] = JSON.parse(line) as CastEvent;
    events += 1;
    seconds += pause;
    const pauseMs = Math.min((pause * 1000) / speed, longestMs);
    if (output.isTTY && pauseMs >= 1) await delay(pauseMs, undefined, { signal });
    if (code === 'o' && !output.write(data)) await once(output, 'drain', { signal });
  }
  return { sessionId, events, seconds };
}
