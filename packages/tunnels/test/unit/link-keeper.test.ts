import { EventEmitter, once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { LinkError, type LinkFailure } from '../../src/link/failure.js';
import { LinkKeeper } from '../../src/link/keeper.js';
import type { Link, OpenLinkOptions, Provider } from '../../src/providers/provider.js';

const target = { host: 'db', port: 5432 };
const cut: LinkFailure = { cause: 'killed', message: 'cut', hint: '', permanent: false };

/** Links a test opens, breaks and looks at. */
class Rig extends EventEmitter {
  readonly folder: string;
  readonly links: (Link & { readonly directory: string; break(failure?: LinkFailure): void; isClosed: boolean })[] = [];
  readonly forgotten: string[] = [];
  nowMs = 0;
  renewAtMs: number | undefined;
  failure: LinkFailure | undefined;
  check: (signal: AbortSignal) => Promise<void> = async () => undefined;
  readonly keeper: LinkKeeper;
  #directories = 0;

  constructor(folder: string) {
    super();
    this.folder = folder;
    this.keeper = new LinkKeeper({
      via: { kind: 'direct' },
      targets: () => [target],
      provider: async () => this.#provider(),
      newDirectory: async () => join(folder, `l${(this.#directories += 1)}`),
      children: { add: async () => undefined, forget: async () => void this.forgotten.push('attempt') },
      onChange: () => this.emit(this.keeper.view.state),
      onDebug: () => undefined,
      nowMs: () => this.nowMs,
      random: () => 0,
    });
  }

  #provider(): Provider {
    return {
      kind: 'direct',
      describe: () => ({ commands: [], summary: '' }),
      open: async (_via, options) => this.#open(options),
    };
  }

  async #open({ runtimeDirectory }: OpenLinkOptions): Promise<Link> {
    if (this.failure) throw new LinkError(this.failure);
    await writeFile(runtimeDirectory, '');
    let end: (failure: LinkFailure | undefined) => void;
    const ended = new Promise<LinkFailure | undefined>((resolve) => {
      end = resolve;
    });
    const close = async (): Promise<void> => {
      link.isClosed = true;
      end(undefined);
    };
    const link: Rig['links'][number] = {
      directory: runtimeDirectory,
      ended,
      pids: [],
      isClosed: false,
      dial: async () => new PassThrough(),
      check: ({ signal }) => this.check(signal),
      break: (failure) => end(failure),
      close,
      [Symbol.asyncDispose]: close,
      ...(this.renewAtMs === undefined ? {} : { renewAtMs: this.renewAtMs }),
    };
    this.links.push(link);
    return link;
  }
}

let rig: Rig;

beforeEach(async () => {
  rig = new Rig(await mkdtemp('/tmp/hn-keeper-'));
});

afterEach(async () => {
  jest.useRealTimers();
  await rig.keeper.stop();
  expect(await readdir(rig.folder)).toEqual([]);
  await rm(rig.folder, { recursive: true });
});

const never = new AbortController().signal;

async function up(): Promise<void> {
  const ready = once(rig, 'ready');
  rig.keeper.want();
  await ready;
}

test('a replacement takes the new connections; the old link stays until its last one ends', async () => {
  rig.renewAtMs = 1_000;
  await up();
  const old = await rig.keeper.dial(target, never);
  rig.renewAtMs = undefined;
  rig.nowMs = 1_000;
  while (rig.keeper.view.connects < 2) await new Promise((resolve) => setImmediate(resolve));
  const [first, second] = rig.links;
  expect(rig.keeper.view).toMatchObject({ state: 'ready', sinceMs: 0 });
  expect(first!.isClosed).toBe(false);
  const dialled = jest.spyOn(second!, 'dial');
  (await rig.keeper.dial(target, never)).destroy();
  expect(dialled).toHaveBeenCalledTimes(1);
  old.destroy();
  await first!.ended;
  expect([first!.isClosed, second!.isClosed]).toEqual([true, false]);
});

test('a replaced link does not wait for its connections for ever', async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] });
  rig.renewAtMs = 1_000;
  await up();
  await rig.keeper.dial(target, never);
  rig.renewAtMs = undefined;
  rig.nowMs = 1_000;
  jest.advanceTimersByTime(1_000);
  while (rig.keeper.view.connects < 2) await new Promise((resolve) => setImmediate(resolve));
  expect(rig.links.map((link) => link.isClosed)).toEqual([false, false]);
  jest.advanceTimersByTime(24 * 3_600_000);
  expect(rig.links.map((link) => link.isClosed)).toEqual([true, false]);
});

test('a far end that does not answer is given up, and connections wait for the next link meanwhile', async () => {
  await up();
  let given: AbortSignal | undefined;
  rig.check = (signal) => {
    given = signal;
    return new Promise(() => undefined);
  };
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] });
  const checking = rig.keeper.check('for the test');
  expect(rig.keeper.view.state).toBe('degraded');
  const dialling = rig.keeper.dial(target, never);
  jest.advanceTimersByTime(5_000);
  await checking;
  expect(given?.aborted).toBe(true);
  expect(rig.keeper.view).toMatchObject({ state: 'reconnecting', failure: { cause: 'timeout' } });
  jest.advanceTimersByTime(1);
  jest.useRealTimers();
  (await dialling).destroy();
  expect(rig.links.map((link) => link.isClosed)).toEqual([true, false]);
});

test('a far end that answers is trusted again', async () => {
  await up();
  await Promise.all([rig.keeper.check('one'), rig.keeper.check('two')]);
  expect(rig.keeper.view).toMatchObject({ state: 'ready', connects: 1 });
});

test('a check that says the link is gone makes it anew', async () => {
  await up();
  rig.check = async () => {
    throw new LinkError(cut);
  };
  await rig.keeper.check('for the test');
  (await rig.keeper.dial(target, never)).destroy();
  expect(rig.keeper.view.connects).toBe(2);
});

test('what has failed for good is told to whoever dials; waiting ends when it is called off, or all is stopped', async () => {
  rig.failure = { ...cut, cause: 'hostkey-changed', permanent: true };
  const failed = once(rig, 'failed');
  rig.keeper.want();
  await failed;
  await expect(rig.keeper.dial(target, never)).rejects.toMatchObject({ failure: { cause: 'hostkey-changed' } });
  rig.failure = cut;
  const waits = once(rig, 'reconnecting');
  rig.keeper.retry();
  await waits;
  rig.failure = { ...cut, cause: 'credentials', authCommand: 'log in', permanent: true };
  const abort = new AbortController();
  const dialling = rig.keeper.dial(target, abort.signal);
  abort.abort(new Error('enough'));
  await expect(dialling).rejects.toThrow('enough');
  const stopped = rig.keeper.dial(target, never).catch((error: unknown) => error);
  await rig.keeper.stop();
  expect(await stopped).toMatchObject({ failure: { cause: 'closed' } });
});

test('a person is waited for, and their fresh token noticed', async () => {
  const watch = join(rig.folder, 'token');
  rig.failure = { ...cut, cause: 'credentials', authCommand: 'log in', permanent: true, watch };
  const waits = once(rig, 'needs-auth');
  rig.keeper.want();
  await waits;
  rig.failure = undefined;
  const ready = once(rig, 'ready');
  await writeFile(watch, 'fresh');
  await ready;
  await rm(watch);
});
