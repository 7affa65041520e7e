import { watchFile, unwatchFile } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import { Changes } from '../changes.js';
import type { ChildRecord, Link, Provider } from '../providers/provider.js';
import type { Target, Via } from '../spec.js';
import { LinkError, type LinkFailure } from './failure.js';
import { createLinkMachine, type LinkMachine, type LinkMachineEvent, type LinkView, type LinkWish } from './machine.js';

/** How long an attempt may take, whatever the provider thinks, in milliseconds. */
const OPEN_MS = 60_000;
/** How long the far end may take to say that it is there, in milliseconds. */
const CHECK_MS = 5_000;
/**
 * How long a link that was replaced waits for its connections to end, in milliseconds: a day, the longest that Session
 * Manager lets a session live. What a renewal should spare must not end with it.
 */
const RETIRE_MS = 24 * 60 * 60_000;
/** How often a file that may bring new credentials is looked at, in milliseconds. */
const WATCH_MS = 500;

export interface LinkKeeperOptions {
  readonly via: Via;
  readonly targets: () => readonly Target[];
  readonly provider: () => Promise<Provider>;
  /** Makes a folder for one attempt; see `OpenLinkOptions.runtimeDirectory`. */
  readonly newDirectory: () => Promise<string>;
  /** Records a child before it is used, and forgets it when the link it belongs to is gone. */
  readonly children: {
    add(child: ChildRecord): Promise<void>;
    forget(children: readonly ChildRecord[]): Promise<void>;
  };
  readonly onChange: () => void;
  readonly onDebug: (text: string) => void;
  /** A monotonic clock, in milliseconds. */
  readonly nowMs: () => number;
  readonly random: () => number;
}

/** One attempt, from the wish to open it until nothing of it is left. */
interface Attempt {
  readonly number: number;
  readonly abort: AbortController;
  readonly children: ChildRecord[];
  /** Once it came up. */
  link?: Link;
  uses: number;
  retireTimer?: NodeJS.Timeout;
  isRetired: boolean;
}

/** Does what a link machine wishes, with a provider; hands out connections over what is up. */
export class LinkKeeper {
  readonly via: Via;
  readonly #options: LinkKeeperOptions;
  readonly #machine: LinkMachine;
  readonly #attempts = new Map<number, Attempt>();
  /** Of attempts, each until nothing of it is left: closed, its folder removed, its children forgotten. */
  readonly #lives = new Set<Promise<void>>();
  readonly #changes = new Changes();
  #current: Attempt | undefined;
  #wake: NodeJS.Timeout | undefined;
  #watched: string | undefined;
  #checking: Promise<void> | undefined;

  constructor(options: LinkKeeperOptions) {
    this.via = options.via;
    this.#options = options;
    this.#machine = createLinkMachine({ random: options.random, nowMs: options.nowMs() });
  }

  get view(): LinkView {
    return this.#machine.view;
  }

  /** Processes of all that is up or coming up. */
  get pids(): readonly number[] {
    const pids = [...this.#attempts.values()].flatMap((attempt) => [
      ...(attempt.link?.pids ?? []),
      ...attempt.children.map((child) => child.identity.pid),
    ]);
    return [...new Set(pids)];
  }

  /** Makes the link if nobody needed it yet. */
  want(): void {
    this.#feed({ type: 'want' });
  }

  /** Tries at once where it would wait, for a person or for a while. */
  retry(): void {
    this.#feed({ type: 'retry' });
  }

  /** Ends the link and makes another. */
  restart(): void {
    this.#feed({ type: 'restart' });
  }

  /** Ends all for good; settles when nothing of it is left. */
  async stop(): Promise<void> {
    this.#feed({ type: 'stop' });
    for (const attempt of this.#attempts.values()) this.#drop(attempt);
    await Promise.all(this.#lives);
  }

  /**
   * One connection over the link, as soon as it can be had.
   *
   * @throws LinkError when the link has failed for good, or the far end refuses this connection
   */
  async dial(target: Target, signal: AbortSignal): Promise<Duplex> {
    const attempt = await this.#usable(signal);
    attempt.uses += 1;
    try {
      const connection = await attempt.link!.dial(target, { signal });
      connection.once('close', () => this.#released(attempt));
      return connection;
    } catch (error) {
      this.#released(attempt);
      throw error;
    }
  }

  /** Whether new connections can be dialled at this moment. */
  get isUp(): boolean {
    return this.view.state === 'ready' && this.#current?.link !== undefined;
  }

  /** Settles at the next change of state, or when the signal aborts. */
  changed(signal: AbortSignal): Promise<void> {
    return this.#changes.next(signal);
  }

  /** Asks the far end whether it is there; if not, the link is made anew. New connections wait meanwhile. */
  check(why: string): Promise<void> {
    this.#checking ??= this.#check(why).finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  async #check(why: string): Promise<void> {
    const attempt = this.#current;
    if (attempt?.link === undefined) {
      if (this.view.state === 'reconnecting') this.retry();
      return;
    }
    this.#options.onDebug(`asks the far end: ${why}`);
    this.#feed({ type: 'suspect' });
    const bound = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        bound.abort();
        reject(new LinkError(silent()));
      }, CHECK_MS);
    });
    const stop = (): void => bound.abort();
    attempt.abort.signal.addEventListener('abort', stop);
    try {
      await Promise.race([attempt.link.check({ signal: bound.signal }), late]);
      this.#feed({ type: 'cleared' });
    } catch (error) {
      this.#feed({ type: 'ended', attempt: attempt.number, failure: failureOf(error) });
      this.#drop(attempt);
    } finally {
      clearTimeout(timer);
      attempt.abort.signal.removeEventListener('abort', stop);
    }
  }

  async #usable(signal: AbortSignal): Promise<Attempt> {
    for (;;) {
      signal.throwIfAborted();
      const { state, failure } = this.view;
      if (state === 'failed' && failure) throw new LinkError(failure);
      if (state === 'stopped') throw new LinkError(stopped());
      if (this.isUp) return this.#current!;
      await this.changed(signal);
    }
  }

  #released(attempt: Attempt): void {
    attempt.uses -= 1;
    if (attempt.isRetired && attempt.uses === 0) this.#drop(attempt);
  }

  #feed(event: LinkMachineEvent): void {
    const before = this.#machine.view;
    const nowMs = this.#options.nowMs();
    this.#machine.feed(event, nowMs);
    this.#machine.tick(nowMs);
    this.#obey();
    this.#told(before);
  }

  #tick(): void {
    const before = this.#machine.view;
    this.#machine.tick(this.#options.nowMs());
    this.#obey();
    this.#told(before);
  }

  #obey(): void {
    for (const wish of this.#machine.take()) this.#do(wish);
    clearTimeout(this.#wake);
    const { wakeAtMs } = this.#machine;
    if (wakeAtMs === undefined) return;
    const waitMs = Math.min(Math.max(0, wakeAtMs - this.#options.nowMs()), 2 ** 31 - 1);
    this.#wake = setTimeout(() => this.#tick(), waitMs);
  }

  #told(before: LinkView): void {
    const { view } = this.#machine;
    this.#watch(view.state === 'needs-auth' ? view.failure?.watch : undefined);
    if (view.state === before.state && view.failure === before.failure && view.connects === before.connects) return;
    this.#changes.happened();
    this.#options.onChange();
  }

  #watch(path: string | undefined): void {
    if (path === this.#watched) return;
    if (this.#watched !== undefined) unwatchFile(this.#watched, this.#sawFile);
    this.#watched = path;
    // By looking, not by events: the file may not be there yet, and may be replaced.
    if (path !== undefined) watchFile(path, { interval: WATCH_MS, persistent: false }, this.#sawFile);
  }

  readonly #sawFile = (now: { mtimeMs: number }, before: { mtimeMs: number }): void => {
    if (now.mtimeMs !== before.mtimeMs && now.mtimeMs !== 0) this.retry();
  };

  #do(wish: LinkWish): void {
    const attempt = this.#attempts.get(wish.attempt);
    if (wish.do === 'open') this.#open(wish.attempt);
    else if (attempt === undefined) return;
    else if (wish.do === 'adopt') this.#current = attempt;
    else if (wish.do === 'drop') this.#drop(attempt);
    else this.#retire(attempt);
  }

  #open(number: number): void {
    const attempt: Attempt = { number, abort: new AbortController(), children: [], uses: 0, isRetired: false };
    this.#attempts.set(number, attempt);
    const life = this.#live(attempt);
    this.#lives.add(life);
    void life.finally(() => this.#lives.delete(life));
  }

  /** The whole life of an attempt; settles when nothing of it is left. */
  async #live(attempt: Attempt): Promise<void> {
    const { newDirectory, children, onDebug } = this.#options;
    let directory: string | undefined;
    try {
      directory = await newDirectory();
      const link = await this.#make(attempt, directory);
      attempt.link = link;
      this.#feed({ type: 'opened', attempt: attempt.number, renewAtMs: link.renewAtMs });
      const failure = await link.ended;
      if (this.#current === attempt) this.#current = undefined;
      this.#feed({ type: 'ended', attempt: attempt.number, failure });
      await link.close();
    } catch (error) {
      this.#feed({ type: 'open-failed', attempt: attempt.number, failure: failureOf(error) });
    }
    clearTimeout(attempt.retireTimer);
    // What cannot be removed or forgotten now is found again when the supervisor leaves.
    const left = (error: unknown): void => onDebug(`clearing away a link: ${String(error)}`);
    if (directory !== undefined) await rm(directory, { recursive: true, force: true }).catch(left);
    await children.forget(attempt.children).catch(left);
    this.#attempts.delete(attempt.number);
  }

  async #make(attempt: Attempt, runtimeDirectory: string): Promise<Link> {
    const { via, targets, provider, children, onDebug } = this.#options;
    const { signal } = attempt.abort;
    const timer = setTimeout(() => attempt.abort.abort(new LinkError(tooSlow())), OPEN_MS);
    try {
      const maker = await provider();
      signal.throwIfAborted();
      return await maker.open(via, {
        targets: targets(),
        runtimeDirectory,
        signal,
        onDebug,
        onChild: async (child) => {
          attempt.children.push(child);
          await children.add(child);
        },
      });
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      clearTimeout(timer);
    }
  }

  #retire(attempt: Attempt): void {
    attempt.isRetired = true;
    if (attempt.uses === 0) {
      this.#drop(attempt);
      return;
    }
    attempt.retireTimer = setTimeout(() => this.#drop(attempt), RETIRE_MS);
  }

  #drop(attempt: Attempt): void {
    if (this.#current === attempt) this.#current = undefined;
    clearTimeout(attempt.retireTimer);
    attempt.abort.abort(new LinkError(stopped()));
    void attempt.link?.close().catch((error: unknown) => this.#options.onDebug(`closing a link: ${String(error)}`));
  }
}

function failureOf(error: unknown): LinkFailure {
  if (error instanceof LinkError) return error.failure;
  // What no provider classified: the message is all there is.
  const message = error instanceof Error ? error.message : String(error);
  return { cause: 'other', message, hint: 'hawser net logs has the details.', permanent: false };
}

function stopped(): LinkFailure {
  return { cause: 'closed', message: 'The tunnel was closed.', hint: 'Open it with hawser net up.', permanent: true };
}

function silent(): LinkFailure {
  return {
    cause: 'timeout',
    message: `The far end did not answer within ${CHECK_MS / 1000} s.`,
    hint: 'The link is made anew by itself.',
    permanent: false,
  };
}

function tooSlow(): LinkFailure {
  return {
    cause: 'timeout',
    message: `The link did not come up within ${OPEN_MS / 1000} s.`,
    hint: 'Check that the far end can be reached; hawser net doctor goes the way step by step.',
    permanent: false,
  };
}
