import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { type SsmEmulator, type SsmEmulatorOptions, startSsmEmulator } from '@hawser/emulators/ssm';
import { type AwsApi, createAwsApi } from '../../src/aws/index.js';
import { type Forward, type ForwardPortOptions, forwardPort } from '../../src/forward/open.js';
import type { ChannelTuning } from '../../src/session/session-type.js';
import { openSession } from '../../src/session/open.js';
import type { Session, StartedSession } from '../../src/session/types.js';

export const TARGET = 'i-0123456789abcdef0';

/** An emulator and an API that talks to it; everything opened through it is gone after `close`. */
export interface World extends AsyncDisposable {
  readonly emulator: SsmEmulator;
  readonly api: AwsApi;
  start(document?: string, parameters?: Record<string, readonly string[]>): Promise<StartedSession>;
  open(document?: string, parameters?: Record<string, readonly string[]>, tuning?: ChannelTuning): Promise<Session>;
  run(words: string, tuning?: ChannelTuning): Promise<Session>;
  forward(port: number, options?: Partial<ForwardPortOptions>): Promise<Forward>;
  close(): Promise<void>;
}

export async function openWorld(options: SsmEmulatorOptions = {}): Promise<World> {
  const emulator = await startSsmEmulator(options);
  const api = createAwsApi({ endpointUrl: emulator.endpoint, region: emulator.region, env: emulator.env });
  const opened: { terminate(): Promise<unknown> }[] = [];
  const world: World = {
    emulator,
    api,
    async start(document, parameters) {
      return await api.startSession({
        target: TARGET,
        ...(document === undefined ? {} : { document }),
        ...(parameters === undefined ? {} : { parameters }),
      });
    },
    async open(document, parameters, tuning = {}) {
      const session = await openSession({
        start: await world.start(document, parameters),
        api,
        target: TARGET,
        ...tuning,
      });
      opened.push(session);
      return session;
    },
    async run(words, tuning) {
      return await world.open(
        'AWS-StartNonInteractiveCommand',
        { command: [words], separateOutputStream: ['true'] },
        tuning,
      );
    },
    async forward(port, forwardOptions = {}) {
      const start = await world.start('AWS-StartPortForwardingSession', {
        portNumber: [String(port)],
        localPortNumber: ['0'],
      });
      const forward = await forwardPort({ start, api, target: TARGET, ...forwardOptions });
      opened.push({ terminate: () => forward.close() });
      return forward;
    },
    async close() {
      await Promise.all(opened.map((one) => one.terminate()));
      await emulator.close();
    },
    [Symbol.asyncDispose]: () => world.close(),
  };
  return world;
}

export async function text(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Length and digest of everything a stream gives. */
export async function digest(stream: Readable): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of stream) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Resolves with what was read once it contains `needle`; rejects when the stream ends before. */
export async function readUntil(stream: Readable, needle: string): Promise<string> {
  let seen = '';
  return await new Promise((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      seen += chunk.toString();
      if (!seen.includes(needle)) return;
      stream.off('data', onData);
      stream.off('end', onEnd);
      stream.pause();
      resolve(seen);
    };
    const onEnd = (): void =>
      reject(new Error(`the stream ended before ${JSON.stringify(needle)}: ${JSON.stringify(seen.slice(-500))}`));
    stream.on('data', onData);
    stream.on('end', onEnd);
    stream.resume();
  });
}
