import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const program: string = fileURLToPath(new URL('attached.mjs', import.meta.url));

/** One thing the attached program reports. */
export interface Fact {
  readonly typed?: string;
  readonly inputEnded?: true;
  readonly size?: { readonly columns: number; readonly rows: number };
  readonly how?: { readonly reason: string; readonly signal?: string };
  readonly isRaw?: boolean;
  readonly heldInput?: number;
  readonly continued?: true;
}

/** The far side of an attached program, played by the test. */
export class PlayedRemote implements AsyncDisposable {
  readonly facts: Fact[] = [];
  readonly #server = createServer((socket) => this.#accept(socket));
  #socket: Socket | undefined;
  readonly #news = new EventEmitter<{ news: [] }>();
  #gone = false;

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  /** Everything sent to the far side so far. */
  get typed(): Buffer {
    return Buffer.concat(this.facts.map(({ typed }) => Buffer.from(typed ?? '', 'base64')));
  }

  order(name: string, value?: string): void {
    this.#socket?.write(`${JSON.stringify([name, value])}\n`);
  }

  /** Settles once the facts so far satisfy the claim; rejects when the program is gone without doing so. */
  async until(claim: (facts: readonly Fact[]) => boolean): Promise<void> {
    while (!claim(this.facts)) {
      if (this.#gone) throw new Error(`The program ended after ${JSON.stringify(this.facts)}`);
      await once(this.#news, 'news');
    }
  }

  async untilTyped(text: string): Promise<void> {
    await this.until(() => this.typed.toString('latin1').includes(text));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket?.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(socket: Socket): void {
    this.#socket = socket;
    socket.on('error', () => undefined);
    createInterface({ input: socket })
      .on('line', (line) => this.#change(() => this.facts.push(JSON.parse(line) as Fact)))
      .on('close', () => this.#change(() => (this.#gone = true)));
  }

  #change(change: () => void): void {
    change();
    this.#news.emit('news');
  }
}

/** The program without a terminal: its streams are pipes. */
export function spawnPiped(port: number, options: object): ChildProcess {
  return spawn(process.execPath, [program, String(port), JSON.stringify(options)], { stdio: 'pipe' });
}
