import { EventEmitter } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Duplex, PassThrough } from 'node:stream';
import { LinkError, type LinkFailure } from '../../src/link/failure.js';
import { LinkKeeper } from '../../src/link/keeper.js';
import type { ChildRecord, Link, OpenLinkOptions, Provider } from '../../src/providers/provider.js';

export const target = { host: 'db', port: 5432 };
export const cut: LinkFailure = { cause: 'killed', message: 'cut', hint: '', permanent: false };

/** Links a test opens, breaks and looks at. */
export class Rig extends EventEmitter {
  readonly folder: string;
  readonly links: (Link & { readonly directory: string; break(failure?: LinkFailure): void; isClosed: boolean })[] = [];
  /** Children that were told of, and those of each attempt that is gone. */
  readonly added: ChildRecord[] = [];
  readonly forgotten: (readonly ChildRecord[])[] = [];
  readonly debug: string[] = [];
  readonly opened: OpenLinkOptions[] = [];
  changes = 0;
  /** What an attempt waits for before it comes up. */
  gate: Promise<void> = Promise.resolve();
  children: readonly ChildRecord[] = [];
  pids: readonly number[] = [];
  dial: () => Promise<Duplex> = async () => new PassThrough();
  nowMs = 0;
  renewAtMs: number | undefined;
  failure: LinkFailure | Error | undefined;
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
      children: {
        add: async (child) => void this.added.push(child),
        forget: async (children) => void this.forgotten.push(children),
      },
      onChange: () => {
        this.changes += 1;
        this.emit(this.keeper.view.state);
      },
      onDebug: (text) => void this.debug.push(text),
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

  async #open(options: OpenLinkOptions): Promise<Link> {
    this.opened.push(options);
    const { runtimeDirectory } = options;
    for (const child of this.children) await options.onChild(child);
    await this.gate;
    if (this.failure) throw this.failure instanceof Error ? this.failure : new LinkError(this.failure);
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
      pids: this.pids,
      isClosed: false,
      dial: () => this.dial(),
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
