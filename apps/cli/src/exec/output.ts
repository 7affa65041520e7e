import { once } from 'node:events';
import type { ExecClient } from '@hawser/exec-client';
import type { LogEvent } from '@hawser/exec-client/contract';
import { writtenTogether } from './written-together.js';

/**
 * Copies what a command prints, byte for byte and no faster than it is taken. It may be stopped, and goes on where it
 * was.
 */
export class OutputCopy {
  readonly #client: ExecClient;
  readonly #id: string;
  readonly #to: NodeJS.WriteStream;
  #cursor: string | undefined;
  /** What git said while the repository was cloned: told only when the command never ran. */
  readonly preparation: string[] = [];
  /** Whether every line was read, once there are no more. */
  complete: boolean | undefined;

  constructor(client: ExecClient, id: string, to: NodeJS.WriteStream) {
    this.#client = client;
    this.#id = id;
    this.#to = to;
  }

  /** Settles when the execution has ended and everything was copied, or `signal` aborts. Whether it was the former. */
  async run(signal: AbortSignal): Promise<boolean> {
    const log = this.#client.follow(this.#id, { cursor: this.#cursor, signal });
    try {
      for await (const events of log.pages()) {
        // What is shown now is not asked for again, though we be stopped while it is being taken.
        this.#cursor = log.cursor;
        await this.#show(events, signal);
      }
    } catch (thrown) {
      if (signal.aborted) return false;
      throw thrown;
    }
    this.complete = log.end?.complete;
    return true;
  }

  async #show(events: readonly LogEvent[], signal: AbortSignal): Promise<void> {
    for (const { stream, message } of events) if (stream === 'init') this.preparation.push(message);
    const printed = writtenTogether(events.filter(({ stream }) => stream === 'runner'));
    if (printed.length > 0 && !this.#to.write(printed)) await once(this.#to, 'drain', { signal });
  }
}
