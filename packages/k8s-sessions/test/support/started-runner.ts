import { createHash, randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { patient } from '../../../../test/support/patience.js';
import {
  decodeServerFrame,
  encodeClientFrame,
  type ClientFrame,
  type ServerFrame,
  type ViewerRole,
} from '../../src/protocol/index.js';
import {
  dialKey,
  runRunner,
  signDial,
  type Assignment,
  type DialOptions,
  type RunnerAddress,
  type RunnerOptions,
} from '../../src/runner/index.js';
import { memoryControl, type MemoryControl } from './memory-control.js';

/** A runner in this process with a controller in memory. */
export interface StartedRunner extends AsyncDisposable {
  readonly control: MemoryControl;
  readonly address: RunnerAddress;
  readonly secret: string;
  readonly folder: string;
  readonly status: Promise<number>;
  readonly session: string;
  dial(as?: { readonly viewer?: string; readonly role?: ViewerRole; readonly nonce?: string }): DialOptions;
  token(as?: { readonly viewer?: string; readonly role?: ViewerRole; readonly nonce?: string }): string;
  view(as?: { readonly viewer?: string; readonly role?: ViewerRole }, attach?: Partial<Attach>): Promise<TestViewer>;
  terminate(): void;
}

type Attach = Extract<ClientFrame, { type: 'attach' }>;
type FrameOf<Type extends ServerFrame['type']> = Extract<ServerFrame, { type: Type }>;

export async function startRunner(
  assignment: Assignment,
  options: Partial<RunnerOptions> = {},
): Promise<StartedRunner> {
  const folder = await mkdtemp(join(tmpdir(), 'hawser-runner-'));
  const control = memoryControl(assignment);
  const secret = randomBytes(32).toString('base64url');
  const terminate = new AbortController();
  let listening!: (address: RunnerAddress) => void;
  const listens = new Promise<RunnerAddress>((resolve) => (listening = resolve));
  const status = runRunner({
    control,
    session: assignment.session,
    secret,
    host: '127.0.0.1',
    port: 0,
    folder,
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' },
    terminate: terminate.signal,
    graceMs: 2000,
    lingerMs: 200,
    onListening: listening,
    ...options,
  });
  status.catch(() => undefined);
  const address = await listens;
  const viewers: TestViewer[] = [];
  const dial: StartedRunner['dial'] = ({ viewer = 'v1', role = 'control' } = {}) => ({
    address,
    session: assignment.session,
    epoch: control.self!.epoch,
    key: dialKey(secret),
    viewer,
    role,
    nowMs: Date.now,
  });
  const token: StartedRunner['token'] = ({ viewer = 'v1', role = 'control', nonce } = {}) =>
    signDial(dialKey(secret), {
      session: assignment.session,
      viewer,
      role,
      nonce: nonce ?? randomBytes(16).toString('hex'),
      expiresAtMs: Date.now() + 60_000,
    });
  return {
    control,
    address,
    secret,
    folder,
    status,
    session: assignment.session,
    dial,
    token,
    async view(as = {}, attach = {}) {
      while (control.phases.length === 0) await control.called();
      const viewer = new TestViewer(`ws://127.0.0.1:${address.port}/session`, token(as));
      viewers.push(viewer);
      await viewer.attach(attach);
      return viewer;
    },
    terminate: () => terminate.abort(),
    async [Symbol.asyncDispose]() {
      terminate.abort();
      control.away = false;
      for (const viewer of viewers) viewer.cut();
      await status.catch(() => undefined);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A viewer that keeps every frame, and puts the log together from bytes as a client has to. */
export class TestViewer {
  readonly frames: ServerFrame[] = [];
  readonly closed: Promise<number>;
  /** What this viewer has of the log: from where, and the bytes. */
  from = 0;
  output: Buffer = Buffer.alloc(0);
  /** Bytes of all messages so far. */
  bytes = 0;
  /** Bytes of output so far. */
  length = 0;
  /** Output is acknowledged as it comes. */
  acknowledges = true;
  readonly #socket: WebSocket;
  readonly #bell = new EventEmitter();
  #parts: Buffer[] = [];
  #place = 0;
  #seq = 0;

  constructor(url: string, token: string) {
    this.#bell.setMaxListeners(0);
    this.#socket = new WebSocket(url, ['tsess.v1'], { headers: { authorization: `Dial ${token}` } });
    this.#socket.on('message', (data: Buffer) => {
      this.bytes += data.length;
      this.#take(decodeServerFrame(data));
    });
    this.#socket.on('error', (error) => this.#bell.emit('frame', error));
    this.closed = new Promise((resolve) =>
      this.#socket.on('close', (code) => {
        resolve(code);
        this.#bell.emit('frame');
      }),
    );
  }

  async attach(frame: Partial<Attach>): Promise<void> {
    await new Promise((resolve, reject) => this.#socket.once('open', resolve).once('error', reject));
    this.send({ type: 'attach', since: null, size: null, visible: true, want: 'control', ...frame });
  }

  send(frame: ClientFrame): void {
    this.#socket.send(encodeClientFrame(frame));
  }

  type(text: string): void {
    this.#seq += 1;
    this.send({ type: 'in', seq: this.#seq, data: Buffer.from(text) });
  }

  cut(): void {
    this.#socket.terminate();
  }

  /** Stops reading the socket altogether. */
  stall(): void {
    this.#socket.pause();
  }

  get digest(): string {
    return createHash('sha256').update(this.text()).digest('hex');
  }

  text(): Buffer {
    this.output = Buffer.concat([this.output, ...this.#parts]);
    this.#parts = [];
    return this.output;
  }

  async shows(text: string): Promise<void> {
    let known = 0;
    // Joining all that came at every frame would take longer than all the rest.
    const isShown = (): boolean => {
      const fresh = this.#parts.slice(Math.max(0, known - 1));
      const isThere = known === 0 ? this.text().includes(text) : Buffer.concat(fresh).includes(text);
      known = Math.max(1, this.#parts.length);
      return isThere;
    };
    await this.until(isShown, `${JSON.stringify(text)} in the output`);
  }

  /** The first frame of a type that is or comes, from the `after`th frame on. */
  async frame<Type extends ServerFrame['type']>(
    type: Type,
    fits: (frame: FrameOf<Type>) => boolean = () => true,
    after = 0,
  ): Promise<FrameOf<Type>> {
    const find = (): FrameOf<Type> | undefined =>
      this.frames
        .slice(after)
        .find((frame): frame is FrameOf<Type> => frame.type === type && fits(frame as FrameOf<Type>));
    await this.until(() => find() !== undefined, `a frame "${type}"`);
    return find()!;
  }

  async until(holds: () => boolean, what: string): Promise<void> {
    const seen = new Promise<void>((resolve) => {
      const look = (): void => {
        if (!holds()) return;
        this.#bell.off('frame', look);
        resolve();
      };
      this.#bell.on('frame', look);
      look();
    });
    await patient(seen, () => {
      const kinds = this.frames.map((frame) => frame.type).join(' ');
      return `There is no ${what}, but ${kinds} and ${this.text().subarray(-2000).toString()}`;
    });
  }

  #take(frame: ServerFrame): void {
    this.frames.push(frame);
    if (frame.type === 'snapshot') {
      this.from = this.#place = frame.offset;
      this.output = Buffer.alloc(0);
      this.#parts = [];
      this.length = 0;
    }
    if (frame.type === 'out') {
      if (this.length === 0 && this.#place === 0) this.from = this.#place = frame.offset;
      if (frame.offset !== this.#place) throw new Error(`Output came for ${frame.offset}, not ${this.#place}.`);
      this.#parts.push(Buffer.from(frame.data));
      this.length += frame.data.length;
      this.#place += frame.data.length;
    }
    if (this.acknowledges && (frame.type === 'out' || frame.type === 'snapshot'))
      this.send({ type: 'ack', offset: this.#place });
    this.#bell.emit('frame');
  }
}
