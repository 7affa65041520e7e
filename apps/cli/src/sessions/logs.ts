import { createWriteStream } from 'node:fs';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CliKitError } from '@hawser/cli-kit/start';
import type { LogOptions } from '@hawser/k8s-sessions/client';
import type { ServiceFlags } from './flags.js';
import { openService, type ServiceContext } from './service.js';
import { copyOutput } from './terminal-view.js';

/** What of a log was copied where. */
export interface LogCopied {
  readonly sessionId: string;
  readonly bytes: number;
  readonly file?: string;
}

/** Copies the log of a session to standard output (standard error with --json), or into a file. */
export async function copyLog(
  text: string,
  flags: ServiceFlags & {
    readonly format: NonNullable<LogOptions['format']>;
    readonly follow: boolean;
    readonly output?: string | undefined;
  },
  context: ServiceContext,
): Promise<LogCopied> {
  const { out, signal } = context;
  const { format, output: file } = flags;
  if (flags.follow && format !== 'raw') {
    throw new CliKitError('HAWSER_CLI_USAGE', `--follow copies bytes: it cannot make ${format} of them.`, {
      hint: 'Leave --follow out, or --format.',
    });
  }
  const { client, url } = await openService(flags, context);
  const sessionId = await client.find(text, { signal });
  const output = out.json ? process.stderr : process.stdout;
  let bytes = 0;
  if (flags.follow) {
    const { token: ticket } = await client.share(sessionId, { role: 'view', signal });
    const open = {
      url,
      session: sessionId,
      ticket,
      want: 'view' as const,
      signal,
      say: (line: string) => out.say(line),
    };
    const view = await copyOutput(open, output);
    await view.ended;
    return { sessionId, bytes: view.place?.offset ?? 0 };
  }
  const log = Readable.fromWeb(
    (await client.log(sessionId, { format, signal })) as Parameters<typeof Readable.fromWeb>[0],
  );
  log.on('data', (chunk: Buffer) => (bytes += chunk.length));
  if (file !== undefined) await pipeline(log, createWriteStream(file, { mode: 0o600 }), { signal });
  else await pipeline(log, neverEnding(output), { signal });
  return { sessionId, bytes, ...(file !== undefined && { file }) };
}

/** Ends by itself and leaves what it writes to open. */
function neverEnding(to: Writable): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (to.write(chunk)) done();
      else to.once('drain', done);
    },
  });
}
