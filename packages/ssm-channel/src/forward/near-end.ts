import { Duplex } from 'node:stream';

/** The near end of a forwarded connection: the socket of a local program, or one half of a pair within this process. */
export interface NearEnd extends Duplex {
  /** Closes behind what is queued. A half of a pair that was not ended before breaks: what was cut off never looks whole. */
  destroySoon(): void;
  /** Breaks the connection. Sockets show their program a reset, pairs the reason. */
  resetAndDestroy(reason?: Error): unknown;
}

/** A connection within this process. `user` is handed out, `near` is carried by a lane. */
export interface NearPair {
  readonly user: Duplex;
  readonly near: NearEnd;
}

/** Makes a connection of two halves: what is written to one is read from the other, at the reader's pace. */
export function createNearPair(): NearPair {
  const user = new Half();
  const near = new Half();
  user.join(near);
  near.join(user);
  // Why it broke is told to the user; a lane only wants to know that it did.
  near.on('error', () => {});
  return { user, near };
}

class Half extends Duplex implements NearEnd {
  #other: Half | undefined;
  /** Of the write that the other half did not take yet. */
  #taken: ((error?: Error) => void) | undefined;

  constructor() {
    super({ allowHalfOpen: true });
  }

  join(other: Half): void {
    this.#other = other;
  }

  destroySoon(): void {
    if (!this.writableEnded) this.resetAndDestroy();
    else if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  resetAndDestroy(reason?: Error): this {
    this.#other?.destroy(reason ?? reset());
    return this.destroy();
  }

  override _read(): void {
    if (this.#other) this.#other.#took();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const other = this.#other;
    if (other === undefined || other.destroyed) {
      done(Object.assign(new Error('the other end is gone'), { code: 'EPIPE' }));
    } else if (chunk.length === 0 || other.push(chunk)) done();
    else this.#taken = done;
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#other?.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const other = this.#other;
    this.#giveUp();
    // Whoever said all it had to say may leave; its last bytes can still be read.
    if (!this.writableFinished) other?.destroy(reset());
    else if (other) other.#giveUp();
    done(error);
  }

  /** The other half wants more. */
  #took(): void {
    const done = this.#taken;
    this.#taken = undefined;
    done?.();
  }

  /** Nobody will take the last write any more. */
  #giveUp(): void {
    const done = this.#taken;
    this.#taken = undefined;
    done?.(Object.assign(new Error('the other end is gone'), { code: 'EPIPE' }));
  }
}

function reset(): Error {
  return Object.assign(new Error('the connection was reset'), { code: 'ECONNRESET' });
}
