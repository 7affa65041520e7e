import { startHubEmulator, type HubEmulator, type HubEmulatorOptions } from '@hawser/emulators/hub';
import { afterEach } from '@jest/globals';
import { HfPushError } from '../../src/errors.js';
import type { HfPushEvent } from '../../src/events.js';
import type { Clock } from '../../src/http/clock.js';
import { openHub } from '../../src/hub/open.js';
import type { Hub, OpenHubOptions } from '../../src/hub/types.js';
import type { PushOptions } from '../../src/push/types.js';
import { blobOid } from '../../src/tree/oid.js';
import type { Staged, TreeFile } from '../../src/tree/types.js';

const running: HubEmulator[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((hub) => hub.close()));
});

/** An emulated Hub that is closed after the test. */
export async function startHub(options: HubEmulatorOptions = {}): Promise<HubEmulator> {
  const hub = await startHubEmulator(options);
  running.push(hub);
  return hub;
}

/** A clock that waits for nothing and writes down what was asked of it. */
export class FastClock implements Clock {
  readonly slept: number[] = [];
  #nowMs = 1_700_000_000_000;

  now(): number {
    return this.#nowMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.slept.push(ms);
    this.#nowMs += ms;
    // Others take their turn, as they would meanwhile.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Our client of an emulated Hub, as its first account unless told otherwise. */
export function clientOf(emulator: HubEmulator, options: OpenHubOptions = {}): Hub {
  const [account] = emulator.accounts;
  return openHub({ endpoint: emulator.endpoint, ...(account ? { token: account.token } : {}), ...options });
}

/** A file as staging makes it. */
export function fileOf(path: string, content: string | Uint8Array): TreeFile {
  const bytes = Buffer.from(content);
  return { path, size: bytes.length, oid: blobOid(bytes), content: { kind: 'bytes', bytes } };
}

export const readme = `---
title: Echo
emoji: 🔊
colorFrom: blue
colorTo: green
sdk: docker
app_port: 8000
---
# Echo
`;

/** What is staged of an environment: README, Dockerfile and whatever else. */
export function stagedOf(
  files: Readonly<Record<string, string | Uint8Array | undefined>> = {},
  rest: Partial<Staged> = {},
): Staged {
  const all = { 'README.md': readme, Dockerfile: 'FROM python:3.11-slim\n', 'server/app.py': 'app = 1\n', ...files };
  return {
    name: 'echo_env',
    folder: '/envs/echo_env',
    layout: 'flat',
    files: Object.entries(all)
      .flatMap(([path, content]) => (content === undefined ? [] : [fileOf(path, content)]))
      .toSorted((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path))),
    variables: {},
    appPort: 8000,
    findings: [],
    ...rest,
  };
}

/** Options that push what was staged by hand. */
export function pushing(staged: Staged, rest: Partial<PushOptions> = {}): PushOptions {
  return { from: '/envs', environment: 'echo_env', stage: async () => staged, ...rest };
}

/** Collects events. */
export function collector(): { readonly events: HfPushEvent[]; readonly onEvent: (event: HfPushEvent) => void } {
  const events: HfPushEvent[] = [];
  return { events, onEvent: (event) => events.push(event) };
}

/** The error with which something fails, as it must. */
export async function failureOf(run: Promise<unknown>): Promise<HfPushError> {
  const error = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof HfPushError) return error;
  throw new Error(`It did not fail as it should: ${String(error)}`, { cause: error });
}

/** `METHOD path` of the requests from `since` on, queries cut off. */
export function requestsOf(emulator: HubEmulator, since = 0): readonly string[] {
  return emulator.requests.slice(since).map(({ method, path }) => `${method} ${path.replace(/\?.*/, '')}`);
}

/** Bytes that are no text. */
export function binary(size: number, seed = 1): Uint8Array {
  const bytes = Buffer.alloc(size);
  let state = seed >>> 0 || 1;
  for (let index = 0; index < size; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  bytes[0] = 0;
  return bytes;
}
